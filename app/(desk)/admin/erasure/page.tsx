import type { Metadata } from 'next';
import { requireActor } from '#app/actor.ts';
import { ErasureList } from '#components/erasure/erasure-list.tsx';
import { LookForm } from '#components/erasure/look-form.tsx';
import { RetentionDue } from '#components/erasure/retention-due.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readErasures } from '#lib/steps/erasure/read-erasure.ts';
import { readRetention } from '#lib/steps/erasure/retention.ts';
import { lookForAction } from './actions.ts';

export const metadata: Metadata = { title: 'Erasure' };

type Props = { searchParams: Promise<{ cursor?: string | string[] }> };

export default async function ErasurePage({ searchParams }: Props) {
  const { cursor } = await searchParams;
  const actor = await requireActor('/admin/erasure');
  if (!may(actor, 'erase'))
    return <EmptyState level={1} title="Only an admin erases data" text="Ask an admin to erase what has to go." />;
  const [erasures, retention] = await Promise.all([
    readErasures(actor, { cursor: typeof cursor === 'string' ? cursor : null }),
    readRetention(actor),
  ]);
  return (
    <>
      <PageHeader title="Erasure" meta="what has to go, goes; what was written about it still verifies" />
      <div className="flex flex-col gap-8">
        <LookForm onLook={lookForAction} />
        <section aria-labelledby="by-age" className="flex flex-col gap-3">
          <h2 id="by-age" className="text-16 font-medium">
            By age
          </h2>
          <RetentionDue retention={retention} />
        </section>
        <section aria-labelledby="erasures" className="flex flex-col gap-3">
          <h2 id="erasures" className="text-16 font-medium">
            Erasures
          </h2>
          <ErasureList erasures={erasures.items} />
          <NextPage href={erasures.next && `/admin/erasure?cursor=${encodeURIComponent(erasures.next)}`} />
        </section>
      </div>
    </>
  );
}
