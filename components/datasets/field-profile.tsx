import { formatCount, formatShare } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { FieldGuess } from '#lib/core/values/meaning.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import { FieldName, FieldValue } from './field-labels.tsx';
import { fieldWords } from './reading-words.ts';
import { ALL_ROWS, rowsAddress, withValue } from './rows-address.ts';

type Props = {
  dataset: Pick<DatasetView, 'id' | 'fields' | 'itemCount'>;
  /** what their values mean */
  guesses: readonly FieldGuess[];
};

/** What each field holds: what its values mean, how often it is filled, and its most frequent values, each of which leads to its rows. */
export function FieldProfile({ dataset: { id, fields, itemCount }, guesses }: Props) {
  const meanings = new Map(guesses.map((guess) => [guess.name, fieldWords(guess)]));
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
          <Cell className="whitespace-nowrap text-muted">{meanings.get(field.name) ?? field.type}</Cell>
          <Cell align="end" className="whitespace-nowrap">
            {formatCount(field.filled)}{' '}
            <span className="text-12 text-muted">{itemCount > 0 ? formatShare(field.filled / itemCount) : ''}</span>
          </Cell>
          <Cell className="max-w-xl">
            <span className="flex flex-wrap gap-x-3 text-12">
              {field.top.slice(0, 4).map(({ value, count }) => (
                <span key={value} className="inline-flex max-w-64 items-baseline gap-1">
                  <Link
                    href={rowsAddress(id, withValue(ALL_ROWS, field.name, value))}
                    className="truncate underline-offset-2 hover:underline"
                  >
                    {value === '' ? '(empty)' : <FieldValue name={field.name} value={value} />}
                  </Link>
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
