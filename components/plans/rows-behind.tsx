'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useState } from 'react';
import { queries, refusalOf } from '#components/api-client.ts';
import { FieldName, FieldValue } from '#components/datasets/field-labels.tsx';
import { Button } from '#components/ui/button.tsx';
import { classes } from '#components/ui/classes.ts';
import { Dialog } from '#components/ui/dialog.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { MorePages } from '#components/ui/more-pages.tsx';
import { PAGED } from '#components/ui/pages.ts';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { beginOf } from '#lib/core/values/legible.ts';
import type { CountedRows, Preview, RowBehind } from '#lib/shapes/plans.ts';
import { reasonWords } from './reason-words.ts';

/** What was counted: a plan over a dataset; `batchId`: over the items alone that this batch reviews again. */
type Counted = Pick<Preview, 'datasetId' | 'plan'> & { batchId: string | null };
type Asked = { of: CountedRows; title: string; fields: readonly string[] };

type Behind = { show: (asked: Asked) => void; noun: string };
const Behind = createContext<Behind>({ show: () => {}, noun: 'rows' });

type Props = {
  counted: Counted | null;
  /** what an item is called, as a plural */
  noun: string;
  /** the names of the dataset's fields in their order */
  columns: readonly string[];
  children: ReactNode;
};

/** Opens the rows behind the counts inside (RowsCount, RowsButton), as the plan that they were counted by has them. */
export function RowsBehind({ counted, noun, columns, children }: Props) {
  const [asked, setAsked] = useState<(Asked & Counted) | null>(null);
  const [open, setOpen] = useState(false);
  const show = (one: Asked) => {
    if (counted === null) return;
    setAsked({ ...one, datasetId: counted.datasetId, plan: counted.plan, batchId: counted.batchId });
    setOpen(true);
  };
  return (
    <>
      <Behind value={{ show, noun }}>{children}</Behind>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={asked?.title ?? ''}
        wide
        footer={<Button onClick={() => setOpen(false)}>Close</Button>}
      >
        {asked ? <Rows asked={asked} columns={columns} /> : null}
      </Dialog>
    </>
  );
}

type ButtonProps = Omit<Asked, 'fields'> & {
  /** the columns that are shown first */
  fields?: readonly string[];
  className?: string;
  children: ReactNode;
};

/** Words with a count in them, which open the rows that it is made of. */
export function RowsButton({ of, title, fields = [], className, children }: ButtonProps) {
  const { show } = useContext(Behind);
  return (
    <button
      type="button"
      title="Show these rows"
      onClick={() => show({ of, title, fields })}
      className={classes(
        'rounded-md text-left underline decoration-control decoration-dotted underline-offset-3 hover:bg-sunken hover:decoration-solid pointer-coarse:min-h-11 pointer-coarse:px-1',
        className,
      )}
    >
      {children}
    </button>
  );
}

/** A count that opens the rows it is made of; `what` goes on after "823 rows". */
export function RowsCount({ count, what, ...rest }: Omit<ButtonProps, 'title' | 'children'> & { count: number; what: string }) {
  const title = `${formatNoun(count, useContext(Behind).noun)} ${what}`;
  return (
    <RowsButton {...rest} title={title}>
      {formatCount(count)}
      <span className="sr-only">{title.slice(formatCount(count).length)}: show them</span>
    </RowsButton>
  );
}

const ROWS = 50;

function Rows({ asked, columns }: { asked: Asked & Counted; columns: readonly string[] }) {
  const { of, datasetId, plan, batchId } = asked;
  const counted = { datasetId, plan, ...(batchId ? { batchId } : {}) };
  const pages = useInfiniteQuery(
    queries.batches.rowsBehind.infiniteOptions({
      input: (cursor: string | undefined) => ({ body: { ...counted, of, limit: ROWS, ...(cursor ? { cursor } : {}) } }),
      ...PAGED,
    }),
  );
  if (pages.isPending) return <p className="text-muted">Looking for the rows…</p>;
  if (pages.isError && !pages.data)
    return (
      <p role="alert" className="text-red">
        {refusalOf(pages.error).message}
      </p>
    );
  const rows = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      {rows.length > 0 ? (
        <RowTable rows={rows} columns={[...new Set([...asked.fields, ...columns])]} title={asked.title} />
      ) : (
        <p className="text-muted">{pages.hasNextPage ? 'None among the first rows.' : 'There is no such row.'}</p>
      )}
      <MorePages pages={pages} {...(rows.length === 0 ? { label: 'Look further' } : {})} />
    </>
  );
}

const COLUMNS_MAX = 12;
const SHOWN_CHARS = 120;

type TableProps = {
  rows: readonly RowBehind[];
  columns: readonly string[];
  title: string;
  /** the address of a row's story, where it has one */
  story?: (ordinal: number) => string;
};

/** With what the rule asks of first, then the other columns, and why each row is where it is. */
export function RowTable({ rows, columns, title, story }: TableProps) {
  const names = columns.slice(0, COLUMNS_MAX);
  return (
    <Table
      caption={title}
      className="max-h-[60dvh]"
      head={
        <>
          <HeadCell align="end">No.</HeadCell>
          {names.map((name) => (
            <HeadCell key={name}>
              <FieldName name={name} />
            </HeadCell>
          ))}
          <HeadCell>Category</HeadCell>
          <HeadCell>Why</HeadCell>
        </>
      }
    >
      {rows.map((row) => (
        <Row key={row.ordinal}>
          <Cell align="end" className="text-muted">
            {story ? (
              <Link
                href={story(row.ordinal)}
                className="underline underline-offset-2"
                aria-label={`Story of item ${row.ordinal}`}
              >
                {formatCount(row.ordinal)}
              </Link>
            ) : (
              formatCount(row.ordinal)
            )}
          </Cell>
          {names.map((name) => (
            <Cell key={name} className="max-w-72 min-w-20 truncate">
              <RowValue name={name} row={row} />
            </Cell>
          ))}
          <Cell className="whitespace-nowrap">{row.category}</Cell>
          <Cell className={row.problem === null ? 'min-w-48 text-muted' : 'min-w-48 text-amber'}>
            {row.problem ?? reasonWords(row.why)}
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

/** What can't be read is told so, not only in colour. */
function RowValue({ name, row: { fields, unknownFields } }: { name: string; row: RowBehind }) {
  const value = Object.hasOwn(fields, name) ? (fields[name] ?? '') : '';
  if (!unknownFields.includes(name)) return <FieldValue name={name} value={beginOf(value, SHOWN_CHARS)} />;
  return (
    <span className="text-amber">
      {value.trim() === '' ? 'empty' : beginOf(value, SHOWN_CHARS)} <span className="text-12">(can’t be read)</span>
    </span>
  );
}
