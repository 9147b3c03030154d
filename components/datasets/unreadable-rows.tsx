import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { UnreadableRow } from '#lib/shapes/datasets.ts';

/** Rows that could not be parsed: kept, with their line and the reason, and never part of a batch. */
export function UnreadableRows({ rows }: { rows: UnreadableRow[] }) {
  if (rows.length === 0) return <EmptyState title="Every row could be read" level={3} />;
  return (
    <Table
      caption="Unreadable rows"
      className="max-h-[60dvh]"
      head={
        <>
          <HeadCell align="end">Line</HeadCell>
          <HeadCell>Why</HeadCell>
          <HeadCell>It begins</HeadCell>
        </>
      }
    >
      {rows.map((row) => (
        <Row key={row.line}>
          <Cell align="end">{formatCount(row.line)}</Cell>
          <Cell className="min-w-64">{row.reason}</Cell>
          <Cell className="max-w-xl truncate font-mono text-12">{row.excerpt}</Cell>
        </Row>
      ))}
    </Table>
  );
}
