import Link from 'next/link';
import { batchLook } from '#components/chunks/state.ts';
import { formatCount, formatNoun, formatShare } from '#components/ui/format.ts';
import { Progress } from '#components/ui/progress.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { BatchRow } from '#lib/shapes/batches.ts';

export function BatchTable({ batches }: { batches: BatchRow[] }) {
  return (
    <Table
      caption="Batches"
      head={
        <>
          <HeadCell>Batch</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Progress</HeadCell>
          <HeadCell>Needs a person</HeadCell>
          <HeadCell align="end">Items</HeadCell>
          <HeadCell align="end">Chunks</HeadCell>
          <HeadCell>Dataset</HeadCell>
          <HeadCell>Created</HeadCell>
        </>
      }
    >
      {batches.map((batch) => (
        <Row key={batch.id}>
          <Cell className="min-w-48">
            <Link href={`/batches/${batch.id}`} className="font-medium underline-offset-2 hover:underline">
              {batch.name}
            </Link>
            {batch.taskRef ? <span className="ml-2 text-12 text-muted">{batch.taskRef}</span> : null}
          </Cell>
          <Cell>
            <StateBadge {...batchLook(batch.says)} wraps />
          </Cell>
          <Cell>
            <span className="flex w-32 items-center gap-2">
              <span className="flex-1">
                <Progress
                  label={`${batch.name}, ${formatShare(batch.progress)} done`}
                  value={batch.progress}
                  tone={batch.state === 'finished' ? 'green' : batch.state === 'cancelled' ? 'neutral' : 'accent'}
                  hideLabel
                />
              </span>
              <span className="w-9 text-right text-12 text-muted">{Math.floor(batch.progress * 100)} %</span>
            </span>
          </Cell>
          <Cell className="whitespace-nowrap">
            {batch.waiting > 0 ? <StateBadge tone="amber" glyph="◆" word={formatNoun(batch.waiting, 'chunks')} /> : null}
            {batch.doubts > 0 ? (
              <StateBadge tone="magenta" glyph="?" word={`${formatCount(batch.doubts)} uncertain`} className="ml-3" />
            ) : null}
            {batch.waiting + batch.doubts === 0 ? <span className="text-muted">nothing</span> : null}
          </Cell>
          <Cell align="end">{formatCount(batch.itemCount)}</Cell>
          <Cell align="end">{formatCount(batch.chunkCount)}</Cell>
          <Cell>
            <Link href={`/datasets/${batch.datasetId}`} className="underline-offset-2 hover:underline">
              {batch.datasetName}
            </Link>
          </Cell>
          <Cell className="whitespace-nowrap text-muted">
            <RelativeTime iso={batch.createdAt} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
