import type { Metadata } from 'next';
import { NotForPlanners } from '#app/(desk)/batches/new/not-for-planners.tsx';
import { requireActor } from '#app/actor.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readDataset } from '#lib/steps/datasets/read-datasets.ts';
import { readSavedPlans } from '#lib/steps/plans/read-saved-plans.ts';
import { SavedPlansDesk } from './saved-plans-desk.tsx';

export const metadata: Metadata = { title: 'Saved plans' };

type Query = { dataset?: string; search?: string; cursor?: string };

/** The plans that people keep by name; with `dataset`, to be used on it. */
export default async function SavedPlansPage({ searchParams }: { searchParams: Promise<Query> }) {
  const { dataset: datasetId, search = '', cursor } = await searchParams;
  const kept = { ...(datasetId ? { dataset: datasetId } : {}), ...(search ? { search } : {}) };
  const actor = await requireActor(`/plans?${new URLSearchParams(kept)}`);
  if (!may(actor, 'plan')) return <NotForPlanners />;
  const dataset = datasetId ? await readDataset(actor, { id: datasetId }) : null;
  const { items, next } = await readSavedPlans(actor, { search, cursor });
  const nextPage = next === null ? null : `/plans?${new URLSearchParams({ ...kept, cursor: next })}`;
  const empty = items.length === 0 && !search && !cursor;
  return (
    <>
      <PageHeader
        title="Saved plans"
        meta={dataset ? <span>to be used on {dataset.name}</span> : null}
        actions={dataset ? <ButtonLink href={`/batches/new?dataset=${dataset.id}`}>A new plan</ButtonLink> : null}
      />
      {empty ? (
        <EmptyState
          title="No plan is saved yet"
          text="Plan a batch, and press “Save plan…” there: the plan is then here for the next file."
        />
      ) : (
        <SavedPlansDesk key={`${search} ${cursor}`} plans={items} search={search} dataset={dataset ? { id: dataset.id } : null} />
      )}
      <NextPage href={nextPage} label="Next" />
    </>
  );
}
