'use client';

import { useRouter } from 'next/navigation';
import type { ReactNode } from 'react';
import { deleteDatasetAction, renameDatasetAction } from '#app/(desk)/datasets/actions.ts';
import { useRefresh } from '#app/(desk)/use-changed.ts';
import { DeleteDataset } from '#components/datasets/delete-dataset.tsx';
import { RenameTitle } from '#components/datasets/rename-title.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import type { DatasetView } from '#lib/shapes/datasets.ts';

type Props = {
  dataset: Pick<DatasetView, 'id' | 'name' | 'state' | 'itemCount' | 'bytes' | 'noun'>;
  /** how many batches were made of it */
  batches: number;
  /** the last batch of a file with the same fields; null where there is none */
  like: { id: string; name: string } | null;
  may: { plan: boolean; keep: boolean };
  meta: ReactNode;
};

/** A dataset's name, and what can be done with it. */
export function DatasetHeader({ dataset, batches, like, may, meta }: Props) {
  const router = useRouter();
  const refresh = useRefresh();
  const { id, state } = dataset;
  const rename = async (name: string) => {
    const outcome = await renameDatasetAction({ datasetId: id, name });
    if (outcome.ok) await refresh();
    return outcome;
  };
  const remove = async () => {
    const outcome = await deleteDatasetAction({ datasetId: id });
    if (outcome.ok) router.push('/datasets');
    return outcome;
  };
  return (
    <PageHeader
      title={<RenameTitle datasetId={id} name={dataset.name} onRename={may.keep ? rename : null} />}
      meta={meta}
      actions={
        <>
          {state === 'ready' && may.plan ? (
            <>
              <ButtonLink kind="primary" href={`/batches/new?dataset=${id}`}>
                Plan a batch
              </ButtonLink>
              {like ? (
                <ButtonLink href={`/batches/new?dataset=${id}&batch=${like.id}`} className="max-w-72">
                  <span className="truncate">…as “{like.name}”</span>
                </ButtonLink>
              ) : null}
              <ButtonLink href={`/plans?dataset=${id}`}>…by a saved plan</ButtonLink>
            </>
          ) : null}
          {state !== 'receiving' && may.keep ? <DeleteDataset dataset={dataset} batches={batches} onDelete={remove} /> : null}
        </>
      }
    />
  );
}
