import { datasetLook } from '#components/chunks/state.ts';
import { formatBytes, formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import { formatWords } from './reading-words.ts';

export function DatasetTable({ datasets }: { datasets: DatasetView[] }) {
  return (
    <Table
      caption="Datasets"
      head={
        <>
          <HeadCell>Dataset</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Format</HeadCell>
          <HeadCell align="end">Items</HeadCell>
          <HeadCell align="end">Unreadable</HeadCell>
          <HeadCell align="end">Size</HeadCell>
          <HeadCell>Uploaded</HeadCell>
        </>
      }
    >
      {datasets.map((dataset) => (
        <Row key={dataset.id}>
          <Cell className="min-w-48">
            <Link href={`/datasets/${dataset.id}`} className="font-medium break-all underline-offset-2 hover:underline">
              {dataset.name}
            </Link>
            {dataset.supersededBy.length > 0 ? <span className="block text-12 text-muted">a newer one replaces it</span> : null}
          </Cell>
          <Cell>
            <StateBadge {...datasetLook(dataset.state)} />
          </Cell>
          <Cell className="text-muted">{formatWords(dataset)}</Cell>
          <Cell align="end">{formatCount(dataset.itemCount)}</Cell>
          <Cell align="end" className={dataset.unreadableCount > 0 ? 'text-amber' : 'text-muted'}>
            {dataset.unreadableCount > 0 ? formatCount(dataset.unreadableCount) : <span className="sr-only">0</span>}
          </Cell>
          <Cell align="end" className="whitespace-nowrap">
            {formatBytes(dataset.bytes)}
          </Cell>
          <Cell className="whitespace-nowrap text-muted">
            <RelativeTime iso={dataset.createdAt} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
