import type { Metadata } from 'next';
import { requireActor } from '#app/actor.ts';
import { BatchTable } from '#components/batches/batch-table.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readBatches } from '#lib/steps/batches/read-batches.ts';

export const metadata: Metadata = { title: 'Batches' };

export default async function BatchesPage({ searchParams }: { searchParams: Promise<{ cursor?: string }> }) {
  const actor = await requireActor('/batches');
  const { items, next } = await readBatches(actor, { cursor: (await searchParams).cursor });
  const plan = may(actor, 'plan') ? (
    <ButtonLink href="/datasets" kind="primary">
      Plan a batch
    </ButtonLink>
  ) : null;
  return (
    <>
      <PageHeader title="Batches" actions={plan} />
      {items.length > 0 ? (
        <>
          <BatchTable batches={items} decides={may(actor, 'decide')} />
          <NextPage href={next === null ? null : `/batches?cursor=${encodeURIComponent(next)}`} />
        </>
      ) : (
        <EmptyState
          title="No batch yet"
          text="A batch is one run of a plan over a dataset. It begins with an upload."
          action={plan}
        />
      )}
    </>
  );
}
