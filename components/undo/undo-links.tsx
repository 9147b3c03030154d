import { Banner } from '#components/ui/banner.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { BATCH_UNFINISHED } from '#lib/core/lifecycle.ts';
import type { BatchView, UndoneBy } from '#lib/shapes/batches.ts';

const LINK = 'font-medium underline underline-offset-2';

/** Which batch this one undoes, and which ones undo it, with how far they came. Nothing where there is neither. */
export function UndoLinks({
  undoes,
  undoneBy,
  done,
}: {
  undoes: BatchView['undoes'];
  undoneBy: UndoneBy[];
  /** how many actions of this batch were done */
  done: number;
}) {
  const told = undoneBy.filter((undo) => undo.done > 0 || BATCH_UNFINISHED.includes(undo.state));
  if (undoes === null && told.length === 0) return null;
  return (
    <div className="flex flex-col gap-2">
      {undoes ? (
        <Banner>
          Undoes{' '}
          <Link href={`/batches/${undoes.id}`} className={LINK}>
            {undoes.name}
          </Link>
          . It restores only what that batch changed and nobody changed afterwards.
        </Banner>
      ) : null}
      {told.map((undo) => (
        <Banner key={undo.id}>
          {formatCount(undo.done)} of {formatCount(done)} undone by{' '}
          <Link href={`/batches/${undo.id}`} className={LINK}>
            {undo.name}
          </Link>
          {undo.done < undo.items && BATCH_UNFINISHED.includes(undo.state)
            ? `; ${formatCount(undo.items - undo.done)} more are in it and are not undone yet.`
            : '.'}
          {undo.takenBack > 0
            ? ` ${undo.takenBack === undo.done ? (undo.done === 1 ? 'It' : 'All of them') : formatCount(undo.takenBack)} ${undo.takenBack === 1 ? 'was' : 'were'} undone in turn, so what was done stands again.`
            : ''}
        </Banner>
      ))}
    </div>
  );
}
