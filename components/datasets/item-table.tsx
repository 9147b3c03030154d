// biome-ignore-all lint/a11y/useSemanticElements: only some rows exist, absolutely placed, which a <table> can't lay out
// biome-ignore-all lint/a11y/useFocusableInteractive: a table's rows and cells are read, not operated
'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { DatasetItem } from '#lib/shapes/datasets.ts';
import { FieldName, FieldValue } from './field-labels.tsx';

type Props = { items: DatasetItem[]; fields: string[]; total: number; onEnd?: (() => void) | undefined };

const ROW = 32;

/** The rows of a dataset as they were read. Only the rows in view exist, so a million scroll as well as ten. */
export function ItemTable({ items, fields, total, onEnd }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 16,
  });
  const virtual = rows.getVirtualItems();
  const last = virtual.at(-1)?.index ?? -1;
  useEffect(() => {
    if (onEnd && last >= items.length - 20) onEnd();
  }, [last, items.length, onEnd]);
  const columns = `64px ${fields.map((field) => (WIDE.test(field) ? 'minmax(16rem,2fr)' : 'minmax(9rem,1fr)')).join(' ')}`;

  return (
    <div
      ref={scroller}
      role="table"
      aria-label="Items"
      aria-rowcount={total + 1}
      aria-colcount={fields.length + 1}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      className="relative max-h-[60dvh] overflow-auto rounded-md border border-hairline"
    >
      <div className="min-w-max">
        <div role="rowgroup" className="sticky top-0 z-10 bg-surface">
          <div
            role="row"
            aria-rowindex={1}
            className="grid h-8 items-center border-b border-hairline text-12 font-medium text-muted"
            style={{ gridTemplateColumns: columns }}
          >
            <span role="columnheader" className="px-3 text-right">
              No.
            </span>
            {fields.map((field) => (
              <span key={field} role="columnheader" className="truncate px-3">
                <FieldName name={field} />
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {virtual.map(({ index, start }) => {
            const item = items[index];
            return item ? (
              <div
                key={item.ordinal}
                role="row"
                aria-rowindex={index + 2}
                className="absolute inset-x-0 grid h-8 items-center border-b border-hairline hover:bg-surface"
                style={{ gridTemplateColumns: columns, transform: `translateY(${start}px)` }}
              >
                <span role="cell" className="px-3 text-right text-muted">
                  {item.ordinal}
                </span>
                {fields.map((field) => (
                  <span key={field} role="cell" className="truncate px-3">
                    <FieldValue
                      name={field}
                      value={Object.hasOwn(item.fields, field) ? (item.fields[field]?.slice(0, SHOWN) ?? '') : ''}
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

const WIDE = /subject|title|text|body|description|message$/i;
/** A cell can hold a megabyte; a line shows its beginning. */
const SHOWN = 300;
