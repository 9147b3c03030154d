import { spendWords } from '#components/batches/words.ts';
import { batchLook } from '#components/chunks/state.ts';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatCount, formatDuration, formatNoun, formatRate, formatShare } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Progress } from '#components/ui/progress.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { BoardBatch } from '#lib/shapes/board.ts';

/** Every batch that is under way, the oldest first. */
export function BoardBatches({ batches, count }: { batches: BoardBatch[]; count: number }) {
  if (batches.length === 0)
    return <EmptyState title="No batch is under way" text="A batch appears here as soon as it is started." level={3} />;
  return (
    <>
      <Table
        caption="Batches under way"
        className="max-h-[60dvh]"
        head={
          <>
            <HeadCell>Batch</HeadCell>
            <HeadCell className="max-sm:hidden">State</HeadCell>
            <HeadCell>Items finished</HeadCell>
            <HeadCell align="end">Rate</HeadCell>
            <HeadCell align="end">Left</HeadCell>
            <HeadCell>Waiting since</HeadCell>
          </>
        }
      >
        {batches.map((batch) => (
          <Row key={batch.id}>
            <Cell className="min-w-40">
              <Link href={`/batches/${batch.id}`} className="font-medium underline-offset-2 hover:underline">
                {batch.name}
              </Link>
              <span className="block text-12 sm:hidden">
                <StateBadge {...batchLook(batch.says, true)} wraps />
              </span>
            </Cell>
            <Cell className="min-w-56 max-sm:hidden">
              <StateBadge {...batchLook(batch.says, true)} wraps />
            </Cell>
            <Cell>
              <Finished batch={batch} />
              {batch.spend ? <span className="block text-12 text-muted">{spendWords(batch.spend)}</span> : null}
            </Cell>
            <Cell align="end" className="whitespace-nowrap">
              {batch.rate === null ? <None /> : `${formatRate(batch.rate)}/s`}
            </Cell>
            <Cell align="end" className="whitespace-nowrap">
              {batch.etaSeconds === null ? <None /> : formatDuration(batch.etaSeconds)}
            </Cell>
            <Cell className="whitespace-nowrap">
              {batch.askedSince === null ? <None /> : <RelativeTime iso={batch.askedSince} />}
            </Cell>
          </Row>
        ))}
      </Table>
      {count > batches.length ? (
        <p className="text-muted">
          The {formatCount(batches.length)} that were started first, of {formatCount(count)}. All are under{' '}
          <Link href="/batches" className="underline">
            Batches
          </Link>
          .
        </p>
      ) : null}
    </>
  );
}

function Finished({ batch: { name, items, itemsDone, noun } }: { batch: BoardBatch }) {
  const share = items === 0 ? 0 : itemsDone / items;
  return (
    <span
      className="flex items-center gap-x-2 gap-y-1 max-sm:flex-col max-sm:items-start sm:min-w-44"
      title={`${formatCount(itemsDone)} of ${formatNoun(items, noun)}`}
    >
      <span className="w-16 shrink-0">
        <Progress label={`${name}, ${formatShare(share)} finished`} value={share} hideLabel />
      </span>
      <span className="whitespace-nowrap">
        {formatCount(itemsDone)}
        <span className="text-muted">/{formatCount(items)}</span>
      </span>
    </span>
  );
}

/** Nothing to say, for the eye and for the ear. */
function None() {
  return (
    <span className="text-muted">
      <span aria-hidden="true">–</span>
      <span className="sr-only">none</span>
    </span>
  );
}
