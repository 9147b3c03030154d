import { type AskedProps, ConfirmDialog } from '#components/ui/dialog.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import type { RowCounts } from '#lib/core/batches/unreadable.ts';
import { unreadableAsked } from './unreadable-words.ts';

type Props = AskedProps & { datasetId: string; rows: RowCounts; onStart: () => void };

/** Whether a batch may start without the rows that could not be read: with the number that is confirmed. */
export function UnreadableDialog({ datasetId, rows, onStart, ...dialog }: Props) {
  const { title, confirm } = unreadableAsked(rows);
  return (
    <ConfirmDialog {...dialog} title={title} confirm={confirm} cancel="Not yet" onConfirm={onStart}>
      <p>
        The batch will have the {formatCount(rows.read)} that were read. What could not be read is kept, and stays out of it.{' '}
        <Link href={`/datasets/${datasetId}?tab=unreadable`} className="text-accent underline">
          See and fix these rows
        </Link>
      </p>
    </ConfirmDialog>
  );
}
