'use client';

import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { classes } from '#components/ui/classes.ts';
import { formatCount } from '#components/ui/format.ts';
import { useCopy } from '#components/ui/use-copy.ts';
import { type JsonNode, jsonPath, jsonWords } from '#lib/core/values/json-tree.ts';
import { beginOf } from '#lib/core/values/legible.ts';
import { MEMBERS_SHOWN, type TreeRow, treeRows } from './tree-rows.ts';

/** JSON as a tree: the arrows walk and open it, and what has the focus can be copied. */
export function JsonTree({ text, root, label }: { text: string; root: JsonNode; label: string }) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [shown, setShown] = useState<ReadonlyMap<number, number>>(new Map());
  const rows = useMemo(() => treeRows(text, root, open, shown), [text, root, open, shown]);
  const [focused, setFocused] = useState<number | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const at = Math.max(
    0,
    rows.findIndex(({ id }) => id === focused),
  );
  const here = rows[at];

  const goTo = (index: number) => {
    const row = rows[index];
    if (!row) return;
    setFocused(row.id);
    list.current?.querySelectorAll<HTMLElement>('[role="treeitem"]')[index]?.focus();
  };
  const toggle = (row: TreeRow, wanted?: boolean) => {
    if (row.kind === 'more') {
      setShown(new Map([...shown, [row.of, (shown.get(row.of) ?? MEMBERS_SHOWN) + MEMBERS_SHOWN]]));
      return;
    }
    if (!row.members || wanted === row.open) return;
    const now = new Set(open);
    if (row.open) now.delete(row.id);
    else now.add(row.id);
    setOpen(now);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
    const opened = here.kind === 'value' && here.open;
    if (event.key === 'ArrowDown') goTo(at + 1);
    else if (event.key === 'ArrowUp') goTo(at - 1);
    else if (event.key === 'Home') goTo(0);
    else if (event.key === 'End') goTo(rows.length - 1);
    else if (event.key === 'ArrowRight' && opened) goTo(at + 1);
    else if (event.key === 'ArrowRight') toggle(here, true);
    else if (event.key === 'ArrowLeft' && opened) toggle(here, false);
    else if (event.key === 'ArrowLeft') goTo(parentOf(rows, at));
    else if (event.key === 'Enter' || event.key === ' ') toggle(here);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="min-w-0 rounded-md border border-hairline">
      <div
        ref={list}
        role="tree"
        aria-label={label}
        className="max-h-[60dvh] overflow-auto py-1 font-mono text-12 leading-[18px]"
      >
        {rows.map((row, index) => (
          <div
            key={row.id}
            role="treeitem"
            aria-level={row.level}
            aria-selected={index === at}
            {...(row.kind === 'value' && row.members ? { 'aria-expanded': row.open } : {})}
            tabIndex={index === at ? 0 : -1}
            onFocus={() => setFocused(row.id)}
            onClick={() => toggle(row)}
            onKeyDown={onKeyDown}
            style={{ paddingLeft: `${0.5 + Math.min(row.level - 1, INDENTED_LEVELS)}rem` }}
            className={classes(
              'row-item flex min-h-6 items-start gap-2 pr-2 break-all whitespace-pre-wrap focus-visible:-outline-offset-2',
              (row.kind === 'more' || (row.members ?? 0) > 0) && 'cursor-pointer hover:bg-sunken',
            )}
          >
            {row.kind === 'more' ? (
              <span className="text-muted underline underline-offset-2">show the next of {formatCount(row.left)} more</span>
            ) : (
              <Value text={text} row={row} />
            )}
          </div>
        ))}
      </div>
      {focused !== null && here?.kind === 'value' ? <CopyLine text={text} row={here} /> : null}
    </div>
  );
}

/** Deeper ones stand under each other, or a narrow pane would show nothing of them. */
const INDENTED_LEVELS = 8;
const VALUE_CHARS_SHOWN = 1_000;

type ValueRow = Extract<TreeRow, { kind: 'value' }>;

function Value({ text, row: { keys, node, members, open } }: { text: string; row: ValueRow }) {
  const key = keys.at(-1);
  const words = members === null ? jsonWords(text, node) : '';
  const shown = beginOf(words, VALUE_CHARS_SHOWN);
  const bracket = node.kind === 'object' ? '{}' : '[]';
  return (
    <>
      <span aria-hidden="true" className="w-3 shrink-0 text-muted select-none">
        {members ? (open ? '▾' : '▸') : ''}
      </span>
      <span className="max-w-[50%] shrink-0 text-muted">{key}:</span>
      <span className={classes('min-w-0', node.kind === 'number' && 'text-blue', node.kind === 'word' && 'text-violet')}>
        {members === null ? (
          <>
            {shown}
            {shown === words ? '' : `… ${formatCount(words.length)} characters`}
          </>
        ) : (
          <span className="text-muted">
            {bracket[0]} {formatCount(members)} {bracket[1]}
          </span>
        )}
      </span>
    </>
  );
}

function CopyLine({ text, row: { keys, node } }: { text: string; row: ValueRow }) {
  const value = useCopy();
  const path = useCopy();
  const named = jsonPath(keys);
  return (
    <p className="flex flex-wrap items-center gap-x-3 border-t border-hairline px-2 text-12 text-muted">
      <span className="min-w-0 flex-1 truncate font-mono">{named}</span>
      <button type="button" onClick={() => path.copy(named)} className="row-item underline underline-offset-2 hover:text-text">
        {path.told ?? 'copy path'}
      </button>
      <button
        type="button"
        onClick={() => value.copy(jsonWords(text, node))}
        className="row-item underline underline-offset-2 hover:text-text"
      >
        {value.told ?? 'copy value'}
      </button>
    </p>
  );
}

function parentOf(rows: readonly TreeRow[], at: number): number {
  const level = rows[at]?.level ?? 1;
  for (let index = at - 1; index >= 0; index--) if ((rows[index]?.level ?? 0) < level) return index;
  return at;
}
