import { StoryLink } from '#components/items/story-link.tsx';
import { Link } from '#components/ui/link.tsx';
import { Instant, Zoned } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { ReceiptListed } from '#lib/shapes/receipts.ts';
import { receiptLook } from './look.ts';

/** Receipts as rows, in the order in which they are given. */
export function ReceiptTable({ batchId, receipts }: { batchId: string; receipts: ReceiptListed[] }) {
  return (
    <Table
      caption="Receipts"
      className="max-h-[70dvh]"
      head={
        <>
          <HeadCell align="end">Receipt</HeadCell>
          <HeadCell>Kind</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Line</HeadCell>
          <HeadCell>Committed</HeadCell>
          <HeadCell>Hash</HeadCell>
          <HeadCell>Item</HeadCell>
        </>
      }
    >
      {receipts.map((receipt) => (
        <Row key={`${receipt.chunk}.${receipt.seq}`}>
          <Cell align="end">
            <Link
              href={`/batches/${batchId}/receipts/${receipt.chunk}.${receipt.seq}`}
              className="font-mono text-12 underline-offset-2 hover:underline"
            >
              {receipt.chunk}.{receipt.seq}
            </Link>
          </Cell>
          <Cell className="text-muted">{receipt.kind}</Cell>
          <Cell>
            <StateBadge {...receiptLook(receipt)} />
          </Cell>
          <Cell className="max-w-xl truncate font-mono text-12">
            {receipt.ordinal === null ? <Zoned text={receipt.line} /> : receipt.line}
          </Cell>
          <Cell className="whitespace-nowrap text-muted">
            <Instant iso={receipt.committedAt} />
          </Cell>
          <Cell className="font-mono text-12 text-muted">{receipt.leaf.slice(0, 12)}</Cell>
          <Cell>{receipt.ordinal === null ? null : <StoryLink batchId={batchId} ordinal={receipt.ordinal} />}</Cell>
        </Row>
      ))}
    </Table>
  );
}
