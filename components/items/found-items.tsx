import { receiptLook } from '#components/receipts/look.ts';
import { Link } from '#components/ui/link.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { ReceiptFound } from '#lib/shapes/stories.ts';

/** Items that were found by their receipts, each with the line of its last one; a press opens its story. */
export function FoundItems({ items }: { items: ReceiptFound[] }) {
  return (
    <Table
      caption="Items that were found"
      head={
        <>
          <HeadCell>Item</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Batch</HeadCell>
          <HeadCell>Last receipt</HeadCell>
        </>
      }
    >
      {items.map(({ batch, ordinal, line, kind, result, committedAt }) => (
        <Row key={`${batch.id}.${ordinal}`}>
          <Cell className="min-w-64 break-words">
            <Link href={`/batches/${batch.id}/items/${ordinal}`} className="font-mono text-12 underline underline-offset-2">
              {line}
            </Link>
          </Cell>
          <Cell>
            <StateBadge {...receiptLook({ kind, result })} />
          </Cell>
          <Cell>
            <Link href={`/batches/${batch.id}`} className="underline-offset-2 hover:underline">
              {batch.name}
            </Link>
          </Cell>
          <Cell className="whitespace-nowrap text-muted">
            <Instant iso={committedAt} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
