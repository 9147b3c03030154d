import type { Metadata } from 'next';
import { notFound, redirect } from 'next/navigation';
import { NotForPlanners } from '#app/(desk)/batches/new/not-for-planners.tsx';
import { PlanDesk } from '#app/(desk)/batches/new/plan-desk.tsx';
import { readDesk } from '#app/(desk)/batches/new/read-desk.ts';
import { requireActor } from '#app/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { withoutThrough } from '#lib/steps/connections/through.ts';
import { readDataset } from '#lib/steps/datasets/read-datasets.ts';

export const metadata: Metadata = { title: 'Change the plan' };

/** The plan of a batch that was not started yet. Once it was, its plan is on its own page, and another batch is planned. */
export default async function ChangePlanPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const actor = await requireActor(`/batches/${id}/plan`);
  if (!may(actor, 'plan')) return <NotForPlanners />;
  const batch = await readBatch(actor, { batchId: id });
  if (batch === null) notFound();
  if (batch.state !== 'proposed' || batch.undoes !== null) redirect(`/batches/${id}?tab=plan`);
  const { name, planDigest, planNotes, datasetId, restOf, itemCount } = batch;
  const plan = withoutThrough(batch.plan);
  const dataset = await readDataset(actor, { id: datasetId });
  if (dataset === null) notFound();
  const from = planNotes.length > 0 ? { name, notes: planNotes, misfits: [], saved: null } : null;
  return (
    <PlanDesk
      {...(await readDesk(actor, datasetId))}
      {...{ dataset, from }}
      place={`batch:${id}`}
      draft={plan}
      reasons={[]}
      batch={{ id, planDigest, name, plan }}
      rest={restOf && { of: restOf, items: itemCount }}
    />
  );
}
