import type { Metadata } from 'next';
import { notFound, redirect } from 'next/navigation';
import { requireActor } from '#app/actor.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { readDataset, readDatasets } from '#lib/steps/datasets/read-datasets.ts';
import { draftPlan } from '#lib/steps/plans/draft-plan.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { planAgain } from '#lib/steps/plans/plan-again.ts';
import { NotForPlanners } from './not-for-planners.tsx';
import { PlanDesk, type TakenFrom } from './plan-desk.tsx';
import { readDesk } from './read-desk.ts';

export const metadata: Metadata = { title: 'Plan a batch' };

/** `plan`: the saved plan, and `batch`: the batch that the plan is taken from; without either it is drafted. */
type Query = { dataset?: string; plan?: string; batch?: string; cursor?: string };

export default async function PlanPage({ searchParams }: { searchParams: Promise<Query> }) {
  const { dataset: datasetId = '', plan: saved, batch, cursor } = await searchParams;
  const own = { ...(saved ? { plan: saved } : {}), ...(batch ? { batch } : {}) };
  const actor = await requireActor(
    `/batches/new?${new URLSearchParams({ ...(datasetId ? { dataset: datasetId } : {}), ...own })}`,
  );
  if (!may(actor, 'plan')) return <NotForPlanners />;
  if (datasetId === '' && batch) return <ChooseFile actor={actor} batchId={batch} cursor={cursor} />;
  const dataset = await readDataset(actor, { id: datasetId });
  if (dataset === null) redirect('/datasets');
  const chosen = saved ? { saved } : batch ? { batch } : null;
  try {
    const { plan, reasons, from } = chosen ? await taken(actor, datasetId, chosen) : await drafted(actor, datasetId);
    const place = ['dataset', datasetId, ...Object.entries(own).flat()].join(':');
    return (
      <PlanDesk
        {...(await readDesk(actor, datasetId))}
        {...{ place, dataset, reasons, from }}
        draft={plan}
        batch={null}
        rest={null}
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

async function drafted(actor: Actor, datasetId: string) {
  const { plan, reasons } = await draftPlan(actor, { datasetId });
  return { plan: parsePlan(plan), reasons: Object.values(reasons).flat(), from: null };
}

async function taken(actor: Actor, datasetId: string, from: Parameters<typeof planAgain>[1]['from']) {
  const { plan, ...about } = await planAgain(actor, { datasetId, from });
  return { plan, reasons: [], from: about satisfies TakenFrom };
}

/** The files that a batch's plan can be used on. */
async function ChooseFile({ actor, batchId, cursor }: { actor: Actor; batchId: string; cursor: string | undefined }) {
  const batch = await readBatch(actor, { batchId });
  if (batch === null) notFound();
  const { items, next } = await readDatasets(actor, { cursor });
  const ready = items.filter(({ state }) => state === 'ready');
  const to = (query: Record<string, string>) => `/batches/new?${new URLSearchParams({ batch: batchId, ...query })}`;
  return (
    <>
      <PageHeader title={`Plan again as “${batch.name}”: for which file?`} />
      {ready.length === 0 ? <EmptyState title="No file is ready" text="Upload a file under Datasets first." /> : null}
      <ul className="flex max-w-3xl flex-col divide-y divide-hairline">
        {ready.map(({ id, name, itemCount, noun }) => (
          <li key={id}>
            <Link href={to({ dataset: id })} className="row-item flex flex-wrap items-center gap-x-3 py-2 hover:bg-surface">
              <span className="min-w-0 flex-1 font-medium wrap-anywhere">{name}</span>
              <span className="text-muted">{formatNoun(itemCount, noun)}</span>
            </Link>
          </li>
        ))}
      </ul>
      <NextPage href={next === null ? null : to({ cursor: next })} />
    </>
  );
}
