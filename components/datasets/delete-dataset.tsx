'use client';

import { useMutation } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import { deletionWords } from './deletion-words.ts';

type Props = {
  dataset: Pick<DatasetView, 'id' | 'name' | 'itemCount' | 'bytes' | 'noun'>;
  /** how many batches were made of it */
  batches: number;
  onDelete: () => Promise<Outcome>;
};

/** Takes a dataset away, once it was said what is lost by that and what stays. */
export function DeleteDataset({ dataset, batches, onDelete }: Props) {
  const [asking, setAsking] = useState(false);
  const remove = useMutation(writing(['datasets', dataset.id, 'delete'], onDelete));
  const { lost, stays } = deletionWords(dataset, batches);
  return (
    <>
      <Button kind="ghost" icon={<Trash2 size={14} aria-hidden="true" />} onClick={() => setAsking(true)}>
        Delete…
      </Button>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Delete “${dataset.name}”?`}
        kind="danger"
        confirm={batches > 0 ? 'Delete it from the list' : 'Delete it for good'}
        cancel="Keep it"
        pending={remove.isPending || remove.isSuccess}
        error={remove.error?.message ?? null}
        onConfirm={() => remove.mutate()}
      >
        <dl className="flex flex-col gap-2">
          <div>
            <dt className="font-medium">What is lost</dt>
            <dd>{lost}</dd>
          </div>
          <div>
            <dt className="font-medium">What stays</dt>
            <dd>{stays}</dd>
          </div>
        </dl>
      </ConfirmDialog>
    </>
  );
}
