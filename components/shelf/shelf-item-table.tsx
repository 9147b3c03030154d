import { FieldName, FieldValue } from '#components/datasets/field-labels.tsx';
import { StoryLink } from '#components/items/story-link.tsx';
import { Link } from '#components/ui/link.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { beginOf } from '#lib/core/values/legible.ts';
import type { ShelfItem } from '#lib/shapes/shelf.ts';

/** The items of a group, each with the receipt that says that it was put there. */
export function ShelfItemTable({ batchId, items, columns }: { batchId: string; items: ShelfItem[]; columns: string[] }) {
  return (
    <Table
      caption="Items on the shelf"
      head={
        <>
          <HeadCell align="end">No.</HeadCell>
          {columns.map((name) => (
            <HeadCell key={name}>
              <FieldName name={name} />
            </HeadCell>
          ))}
          <HeadCell>Since</HeadCell>
          <HeadCell align="end">Receipt</HeadCell>
          <HeadCell>Item</HeadCell>
        </>
      }
    >
      {items.map(({ ordinal, fields, since, receipt }) => (
        <Row key={ordinal}>
          <Cell align="end" className="text-muted">
            {ordinal}
          </Cell>
          {columns.map((name) => (
            <Cell key={name} className="max-w-md truncate">
              <FieldValue name={name} value={Object.hasOwn(fields, name) ? beginOf(fields[name] ?? '', SHOWN_CHARS) : ''} />
            </Cell>
          ))}
          <Cell className="whitespace-nowrap text-muted">
            <RelativeTime iso={since} />
          </Cell>
          <Cell align="end">
            {receipt ? (
              <Link
                href={`/batches/${batchId}/receipts/${receipt.chunk}.${receipt.seq}`}
                className="font-mono text-12 underline-offset-2 hover:underline"
              >
                {receipt.chunk}.{receipt.seq}
              </Link>
            ) : null}
          </Cell>
          <Cell>
            <StoryLink batchId={batchId} ordinal={ordinal} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

/** A cell can hold a page of text; a line shows its beginning. */
const SHOWN_CHARS = 300;
