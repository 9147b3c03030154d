import { batchLook } from '#components/chunks/state.ts';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { BatchRow } from '#lib/shapes/batches.ts';
import { BatchShare } from './batch-progress.tsx';

/** `decides`: the reader decides on chunks. */
export function BatchTable({ batches, decides }: { batches: BatchRow[]; decides: boolean }) {
  return (
    <Table
      caption="Batches"
      head={
        <>
          <HeadCell>Batch</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Items finished</HeadCell>
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
            <StateBadge {...batchLook(batch.says, decides)} wraps />
          </Cell>
          <Cell>
            <BatchShare batch={batch} />
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
