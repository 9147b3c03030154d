import Link from 'next/link';
import { type AskedProps, ConfirmDialog } from '#components/ui/dialog.tsx';
import { formatCount } from '#components/ui/format.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import { unreadableAsked } from './unreadable-words.ts';

type Props = AskedProps & { dataset: Pick<DatasetView, 'id' | 'itemCount' | 'unreadableCount'>; onStart: () => void };

/** Whether a batch may start without the rows that could not be read: with the number that is confirmed. */
export function UnreadableDialog({ dataset, onStart, ...dialog }: Props) {
  const { title, confirm } = unreadableAsked(dataset);
  return (
    <ConfirmDialog {...dialog} title={title} confirm={confirm} cancel="Not yet" onConfirm={onStart}>
      <p>
        The batch will have the {formatCount(dataset.itemCount)} that were read. What could not be read is kept, and stays out of
        it.{' '}
        <Link href={`/datasets/${dataset.id}?tab=unreadable`} className="text-accent underline">
          See and fix these rows
        </Link>
      </p>
    </ConfirmDialog>
  );
}
