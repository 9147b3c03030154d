'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useState } from 'react';
import { queries, refusalOf } from '#components/api-client.ts';
import { FieldName, FieldValue } from '#components/datasets/field-labels.tsx';
import { Button } from '#components/ui/button.tsx';
import { classes } from '#components/ui/classes.ts';
import { Dialog } from '#components/ui/dialog.tsx';
import { formatCount } from '#components/ui/format.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import { PAGED } from '#components/ui/pages.ts';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import type { CountedRows, Preview, RowBehind } from '#lib/shapes/plans.ts';

/** What was counted: a plan over a dataset. */
type Counted = Pick<Preview, 'datasetId' | 'plan'>;
type Asked = { of: CountedRows; title: string; fields: readonly string[] };

const Show = createContext<((asked: Asked) => void) | null>(null);

/** Opens the rows behind the counts inside (RowsButton), as the plan that they were counted by has them. */
export function RowsBehind({ counted, children }: { counted: Counted | null; children: ReactNode }) {
  const [asked, setAsked] = useState<(Asked & Counted) | null>(null);
  const [open, setOpen] = useState(false);
  const show = (one: Asked) => {
    if (counted === null) return;
    setAsked({ ...one, datasetId: counted.datasetId, plan: counted.plan });
    setOpen(true);
  };
  return (
    <>
      <Show value={show}>{children}</Show>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={asked?.title ?? ''}
        wide
        footer={<Button onClick={() => setOpen(false)}>Close</Button>}
      >
        {asked ? <Rows asked={asked} /> : null}
      </Dialog>
    </>
  );
}

type ButtonProps = Asked & { className?: string; children: ReactNode };

/** A count, or words with one, that opens the rows it is made of. `fields` are shown first. */
export function RowsButton({ of, title, fields, className, children }: ButtonProps) {
  const show = useContext(Show);
  return (
    <button
      type="button"
      title="Show these rows"
      onClick={() => show?.({ of, title, fields })}
      className={classes(
        'rounded-md text-left underline decoration-control decoration-dotted underline-offset-3 hover:bg-sunken hover:decoration-solid pointer-coarse:min-h-11 pointer-coarse:px-1',
        className,
      )}
    >
      {children}
    </button>
  );
}

const ROWS = 50;

function Rows({ asked }: { asked: Asked & Counted }) {
  const { of, datasetId, plan } = asked;
  const pages = useInfiniteQuery(
    queries.batches.rowsBehind.infiniteOptions({
      input: (cursor: string | undefined) => ({ body: { datasetId, plan, of, limit: ROWS, ...(cursor ? { cursor } : {}) } }),
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
        <RowTable rows={rows} first={asked.fields} title={asked.title} />
      ) : (
        <p className="text-muted">{pages.hasNextPage ? 'None among the first rows.' : 'There is no such row.'}</p>
      )}
      <MorePages pages={pages} {...(rows.length === 0 ? { label: 'Look further' } : {})} />
    </>
  );
}

const COLUMNS_MAX = 12;
const SHOWN_CHARS = 120;

/** With what the rule asks of first, then the other columns, and why each row is where it is. */
function RowTable({ rows, first, title }: { rows: RowBehind[]; first: readonly string[]; title: string }) {
  const names = [...new Set([...first, ...rows.flatMap(({ fields }) => Object.keys(fields))])].slice(0, COLUMNS_MAX);
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
            {formatCount(row.ordinal)}
          </Cell>
          {names.map((name) => (
            <Cell key={name} className="max-w-72 min-w-20 truncate">
              <RowValue name={name} row={row} />
            </Cell>
          ))}
          <Cell className="whitespace-nowrap">{row.category}</Cell>
          <Cell className="min-w-48 text-muted">{row.why}</Cell>
        </Row>
      ))}
    </Table>
  );
}

/** What can't be read is told so, not only in colour. */
function RowValue({ name, row: { fields, unknownFields } }: { name: string; row: RowBehind }) {
  const value = Object.hasOwn(fields, name) ? (fields[name] ?? '') : '';
  if (!unknownFields.includes(name)) return <FieldValue name={name} value={value.slice(0, SHOWN_CHARS)} />;
  return (
    <span className="text-amber">
      {value.trim() === '' ? 'empty' : value.slice(0, SHOWN_CHARS)} <span className="text-12">(can’t be read)</span>
    </span>
  );
}
