import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { requireActor } from '#app/actor.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { may } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { readDataset } from '#lib/steps/datasets/read-datasets.ts';
import { readReading } from '#lib/steps/datasets/read-reading.ts';
import { draftPlan } from '#lib/steps/plans/draft-plan.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { readPlanForms } from '#lib/steps/plans/plan-forms.ts';
import { PlanDesk } from './plan-desk.tsx';

export const metadata: Metadata = { title: 'Plan a batch' };

export default async function PlanPage({ searchParams }: { searchParams: Promise<{ dataset?: string }> }) {
  const { dataset: datasetId = '' } = await searchParams;
  const actor = await requireActor(`/batches/new?dataset=${encodeURIComponent(datasetId)}`);
  if (!may(actor, 'plan'))
    return (
      <EmptyState
        level={1}
        title="Only an operator or an admin plans batches"
        text="Ask one of them, or ask an admin if your role should change."
      />
    );
  const dataset = await readDataset(actor, { id: datasetId });
  if (dataset === null) redirect('/datasets');
  const reading = await readReading(actor, { datasetId });
  try {
    const { plan, reasons } = await draftPlan(actor, { datasetId });
    const { digest, fields } = reading ?? { digest: '', fields: [] };
    return (
      <PlanDesk
        dataset={dataset}
        draft={parsePlan(plan)}
        forms={readPlanForms()}
        reasons={Object.values(reasons).flat()}
        reading={{ dataset: datasetId, digest, fields }}
      />
    );
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return (
      <EmptyState
        level={1}
        title={`“${dataset.name}” can't be planned`}
        text={error.message}
        action={<ButtonLink href={`/datasets/${dataset.id}`}>Look at its rows</ButtonLink>}
      />
    );
  }
}
