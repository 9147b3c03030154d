// biome-ignore-all lint/a11y/useSemanticElements: only some rows exist, absolutely placed, which a <table> can't lay out
// biome-ignore-all lint/a11y/useFocusableInteractive: a table's rows and cells are read, and what is operated in them is a button
'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { classes } from '#components/ui/classes.ts';
import { Link } from '#components/ui/link.tsx';
import { beginOf } from '#lib/core/values/legible.ts';
import type { DatasetItem } from '#lib/shapes/datasets.ts';
import { columnsOf, tracksOf } from './columns.ts';
import { FieldName, FieldValue, useFieldLabel } from './field-labels.tsx';

type Props = {
  items: DatasetItem[];
  fields: string[];
  total: number;
  /** fields whose values are numbers: they stand under each other */
  numbers?: ReadonlySet<string>;
  /** by what the rows are sorted, and where a press on a column's name goes; without it they are not sorted */
  sort?: { field: string | null; descending: boolean; hrefOf: (field: string) => string };
  onOpen?: ((ordinal: number) => void) | undefined;
  onEnd?: (() => void) | undefined;
};

const ROW = 32;
const NUMBER_PX = 68;
const NONE: ReadonlySet<string> = new Set();

/** The rows of a dataset as they were read. Only the rows in view exist, so a million scroll as well as ten. */
export function ItemTable({ items, fields, total, numbers = NONE, sort, onOpen, onEnd }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const label = useFieldLabel();
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 16,
    // Before there is a scroller to measure, a screenful, so that the first page of a slow browser is not empty.
    initialRect: { width: 800, height: 640 },
  });
  const virtual = rows.getVirtualItems();
  const last = virtual.at(-1)?.index ?? -1;
  useEffect(() => {
    if (onEnd && last >= items.length - 20) onEnd();
  }, [last, items.length, onEnd]);
  // Of the first rows: what is read on must not move the columns.
  const first = items[0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows that are read on follow the same first one
  const columns = useMemo(
    () =>
      columnsOf(
        fields.map((name) => ({ name, label: label(name) })),
        items,
      ),
    [fields, first, label],
  );
  const gridTemplateColumns = `${NUMBER_PX}px ${tracksOf(columns)}`;
  const minWidth = NUMBER_PX + columns.reduce((all, { width }) => all + width, 0);

  return (
    <div
      ref={scroller}
      role="table"
      aria-label="Items"
      aria-rowcount={total + 1}
      aria-colcount={fields.length + 1}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      className="relative max-h-[65dvh] overflow-auto rounded-md border border-hairline"
    >
      <div style={{ minWidth }}>
        <div role="rowgroup" className="sticky top-0 z-10 bg-surface">
          <div
            role="row"
            aria-rowindex={1}
            className="grid h-8 items-center border-b border-hairline text-12 font-medium text-muted"
            style={{ gridTemplateColumns }}
          >
            <span role="columnheader" className="px-3 text-right">
              No.
            </span>
            {fields.map((field) => (
              <ColumnName key={field} field={field} end={numbers.has(field)} sort={sort} />
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {virtual.map(({ index, start }) => {
            const item = items[index];
            return item ? (
              // biome-ignore lint/a11y/useKeyWithClickEvents: a shortcut; the button in it does the same
              <div
                key={item.ordinal}
                role="row"
                aria-rowindex={index + 2}
                onClick={onOpen ? () => onOpen(item.ordinal) : undefined}
                className={classes(
                  'absolute inset-x-0 grid h-8 items-center border-b border-hairline hover:bg-surface',
                  onOpen && 'cursor-pointer',
                )}
                style={{ gridTemplateColumns, transform: `translateY(${start}px)` }}
              >
                <span role="cell" className="px-3 text-right text-muted">
                  {onOpen ? (
                    <button
                      type="button"
                      aria-label={`Row ${item.ordinal}`}
                      className="underline-offset-2 hover:underline"
                      onClick={(event) => {
                        event.stopPropagation();
                        onOpen(item.ordinal);
                      }}
                    >
                      {item.ordinal}
                    </button>
                  ) : (
                    item.ordinal
                  )}
                </span>
                {fields.map((field) => (
                  <span key={field} role="cell" className={classes('truncate px-3', numbers.has(field) && 'text-right')}>
                    <FieldValue
                      name={field}
                      value={Object.hasOwn(item.fields, field) ? beginOf(item.fields[field] ?? '', SHOWN) : ''}
                    />
                  </span>
                ))}
              </div>
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}

function ColumnName({ field, end, sort }: { field: string; end: boolean; sort: Props['sort'] }) {
  const sorted = sort?.field === field ? (sort.descending ? 'descending' : 'ascending') : undefined;
  return (
    <span role="columnheader" aria-sort={sorted} className={classes('truncate px-3', end && 'text-right')}>
      {sort ? (
        <Link
          href={sort.hrefOf(field)}
          scroll={false}
          prefetch={false}
          className={classes('underline-offset-2 hover:text-text hover:underline', sorted && 'text-text')}
        >
          <FieldName name={field} />
          {sorted ? <span aria-hidden="true"> {sorted === 'ascending' ? '↑' : '↓'}</span> : null}
        </Link>
      ) : (
        <FieldName name={field} />
      )}
    </span>
  );
}

/** A cell can hold a megabyte; a line shows its beginning. */
const SHOWN = 300;
