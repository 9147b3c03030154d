import type { Metadata } from 'next';
import { requireActor } from '#app/actor.ts';
import { batchesAsked } from '#components/batches/batches-address.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readBatches } from '#lib/steps/batches/read-batches.ts';
import { BatchList } from './batch-list.tsx';

export const metadata: Metadata = { title: 'Batches' };

type Query = Record<string, string | string[] | undefined>;

export default async function BatchesPage({ searchParams }: { searchParams: Promise<Query> }) {
  const actor = await requireActor('/batches');
  const asked = batchesAsked(await searchParams);
  const page = await readBatches(actor, asked);
  const plan = may(actor, 'plan') ? (
    <ButtonLink href="/datasets" kind="primary">
      Plan a batch
    </ButtonLink>
  ) : null;
  return (
    <>
      <PageHeader
        title="Batches"
        actions={
          plan && (
            <>
              <ButtonLink href="/plans">Saved plans</ButtonLink>
              {plan}
            </>
          )
        }
      />
      <BatchList page={page} asked={asked} plan={plan} decides={may(actor, 'decide')} sees={may(actor, 'see')} />
    </>
  );
}
