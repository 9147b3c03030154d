import { formatCount, formatShare } from '#components/ui/format.ts';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import { FieldName, FieldValue } from './field-labels.tsx';

/** What each field holds: its type, how often it is filled, and its most frequent values. */
export function FieldProfile({ fields, itemCount }: { fields: DatasetView['fields']; itemCount: number }) {
  return (
    <Table
      caption="Fields"
      className="max-h-[60dvh]"
      head={
        <>
          <HeadCell>Field</HeadCell>
          <HeadCell>Type</HeadCell>
          <HeadCell align="end">Filled</HeadCell>
          <HeadCell>Most frequent</HeadCell>
        </>
      }
    >
      {fields.map((field) => (
        <Row key={field.name}>
          <Cell className="font-medium whitespace-nowrap">
            <FieldName name={field.name} />
          </Cell>
          <Cell className="text-muted">{field.type}</Cell>
          <Cell align="end" className="whitespace-nowrap">
            {formatCount(field.filled)}{' '}
            <span className="text-12 text-muted">{itemCount > 0 ? formatShare(field.filled / itemCount) : ''}</span>
          </Cell>
          <Cell className="max-w-xl">
            <span className="flex flex-wrap gap-x-3 text-12">
              {field.top.slice(0, 4).map(({ value, count }) => (
                <span key={value} className="inline-flex max-w-64 items-baseline gap-1">
                  <span className="truncate">{value === '' ? '(empty)' : <FieldValue name={field.name} value={value} />}</span>
                  <span className="text-muted">{formatCount(count)}</span>
                </span>
              ))}
            </span>
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
