import { EmptyState } from '#components/ui/empty-state.tsx';

/** In the place of every page of datasets, for whoever may not see them. */
export function DatasetsNotForAuditors() {
  return (
    <EmptyState level={1} title="An auditor does not see datasets" text="Batches, receipts and decisions are open to you." />
  );
}
