import { batchLook } from '#components/chunks/state.ts';
import { formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { BatchRow } from '#lib/shapes/batches.ts';
import { BatchShare } from './batch-progress.tsx';
import { claimWords } from './words.ts';

type Props = {
  batches: BatchRow[];
  /** the reader decides on chunks */
  decides: boolean;
  /** the reader may open datasets */
  sees: boolean;
};

/** Batches with their state in words, and how far each came. On a narrow screen that is told under the name. */
export function BatchTable({ batches, decides, sees }: Props) {
  return (
    <Table
      caption="Batches"
      head={
        <>
          <HeadCell>Batch</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell className="max-sm:hidden">Items finished</HeadCell>
          <HeadCell className="max-md:hidden">Dataset</HeadCell>
          <HeadCell className="max-md:hidden">Created</HeadCell>
        </>
      }
    >
      {batches.map((batch) => {
        const claims = claimWords(batch.claims);
        return (
          <Row key={batch.id} className="align-top">
            <Cell className="w-1/3 sm:min-w-48">
              <Link
                href={`/batches/${batch.id}`}
                className="font-medium wrap-anywhere underline-offset-2 hover:underline pointer-coarse:inline-flex pointer-coarse:min-h-11 pointer-coarse:items-center"
              >
                {batch.name}
              </Link>
              {batch.taskRef ? <span className="ml-2 text-12 text-muted">{batch.taskRef}</span> : null}
              <span className="block text-12 text-muted">{formatNoun(batch.chunkCount, 'chunks')}</span>
              <span className="mt-1 block sm:hidden">
                <BatchShare batch={batch} />
              </span>
            </Cell>
            <Cell>
              <StateBadge {...batchLook(batch.says, decides)} wraps />
              {claims ? <span className="block text-12 text-muted">{claims}</span> : null}
            </Cell>
            <Cell className="max-sm:hidden">
              <BatchShare batch={batch} />
            </Cell>
            <Cell className="wrap-anywhere max-md:hidden">
              {sees ? (
                <Link href={`/datasets/${batch.datasetId}`} className="underline-offset-2 hover:underline">
                  {batch.datasetName}
                </Link>
              ) : (
                batch.datasetName
              )}
            </Cell>
            <Cell className="whitespace-nowrap text-muted max-md:hidden">
              <RelativeTime iso={batch.createdAt} />
            </Cell>
          </Row>
        );
      })}
    </Table>
  );
}
