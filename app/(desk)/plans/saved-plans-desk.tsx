'use client';

import { useRouter } from 'next/navigation';
import { api, asOutcome } from '#components/api-client.ts';
import { SavedPlanList } from '#components/plans/saved-plan-list.tsx';
import { SearchForm } from '#components/ui/search-form.tsx';
import type { SavedPlanRow } from '#lib/shapes/saved-plans.ts';

type Props = { plans: SavedPlanRow[]; search: string; dataset: { id: string } | null };

/** The list with its search; what was changed is read again. */
export function SavedPlansDesk({ plans, search, dataset }: Props) {
  const router = useRouter();
  const after = async <Value,>(call: Promise<Value>) => {
    const outcome = await asOutcome(call);
    if (outcome.ok) router.refresh();
    return outcome;
  };
  const to = (text: string) => {
    const query = new URLSearchParams({ ...(dataset ? { dataset: dataset.id } : {}), ...(text ? { search: text } : {}) });
    return `/plans${query.size > 0 ? `?${query}` : ''}`;
  };
  return (
    <div className="flex flex-col gap-3">
      <SearchForm label="Search the names of plans" value={search} onFind={(text) => router.push(to(text))} />
      <SavedPlanList
        plans={plans}
        dataset={dataset}
        onRename={({ id, revision }, name) => after(api.plans.change({ params: { id }, body: { revision, name } }))}
        onDelete={({ id }) => after(api.plans.delete({ params: { id } }))}
      />
    </div>
  );
}
