'use client';

import { Dialog as Base } from '@base-ui/react/dialog';
import { Search, X } from 'lucide-react';
import { usePathname, useRouter } from 'next/navigation';
import { type KeyboardEvent, useCallback, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { classes } from '#components/ui/classes.ts';
import { type PaletteCommand, usePageActions } from '#components/ui/palette-actions.tsx';
import { useSettled } from '#components/ui/use-settled.ts';
import { type FindQuery, hitsIn, readQuery } from '#lib/core/find/query.ts';
import { FIND_CHARS_MAX } from '#lib/core/limits.ts';
import type { FindKind } from '#lib/shapes/find.ts';
import { type Group, type Option, PaletteList } from './palette-list.tsx';
import { addressOf, batchOf, placesOf } from './places.ts';
import { keepRecent, readRecent } from './recent.ts';
import { lookedWords, summaryOf } from './told.ts';
import { type FoundSoFar, useFound } from './use-found.ts';

type Props = {
  open: boolean;
  onOpen: (open: boolean) => void;
  /** places and acts that every page has */
  commands: PaletteCommand[];
  /** what this person may find */
  kinds: readonly FindKind[];
  /** whose recent things these are */
  who: string;
};

/** What is typed stands still for so long before it is looked for. */
const SETTLED_MS = 120;
/** Of one kind; the others are a press away. */
const SHOWN = 5;

/** Finds everything and does what the page does, on Ctrl or Cmd-K and from the field in the header. */
export function Palette({ open, onOpen, commands, kinds, who }: Props) {
  const router = useRouter();
  const path = usePathname();
  const readActions = usePageActions();
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState<string | null>(null);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [gone, setGone] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  /** done once the palette is closed and the page has its focus back */
  const then = useRef<(() => void) | null>(null);
  const list = useId();
  useShortcut(open, onOpen);

  const settled = useSettled(typed, SETTLED_MS);
  const query = useMemo(() => (typed.trim() === '' ? null : readQuery(typed)), [typed]);
  const asked = open && typed === settled && query !== null && typeof query !== 'string' ? typed.trim() : null;
  const found = useFound(kinds, asked, batchOf(path));
  const sees = kinds.includes('items');

  const close = useCallback(
    (after: (() => void) | null) => {
      then.current = after;
      onOpen(false);
    },
    [onOpen],
  );
  const go = (href: string, label: string, about: string | null) => {
    keepRecent(who, { label, about, href });
    close(() => router.push(href));
  };

  const groups: Group[] = [];
  const add = (title: string, options: Option[], more: Partial<Group> = {}) => {
    if (options.length > 0 || more.note) groups.push({ title, options, note: null, ...more });
  };
  const asOption = (command: PaletteCommand): Option => {
    const { id, label } = command;
    if ('run' in command) return { id, label, choose: () => close(command.run) };
    const { href, download = false } = command;
    return download
      ? { id, label, href, download, choose: () => close(null) }
      : { id, label, href, choose: () => close(() => router.push(href)) };
  };

  if (open) {
    const wanted = (label: string, words = '') =>
      query === null || (typeof query !== 'string' && holds(query, `${label} ${words}`));
    if (query === null) {
      add(
        'Recent',
        readRecent(who).map(({ label, about, href }) => ({
          id: `recent:${href}`,
          label,
          about,
          href,
          choose: () => go(href, label, about),
        })),
      );
    }
    add(
      'This page',
      readActions()
        .filter(({ label }) => wanted(label))
        .map(({ label, press }, index) => ({
          id: `page:${index}:${label}`,
          label,
          choose: () =>
            close(() => {
              if (press()) return;
              setGone(label);
              onOpen(true);
            }),
        })),
    );
    const all = [...placesOf(path, sees), ...commands].filter(({ label, keywords }) => wanted(label, keywords));
    const places = all.filter((command) => 'href' in command);
    for (const title of new Set(places.map(({ group }) => group)))
      add(title, places.filter(({ group }) => group === title).map(asOption));
    for (const one of found) {
      const options = optionsOf(one, { sees, shown: unfolded.has(one.kind) ? one.items.length : SHOWN, go });
      const folded = one.items.length - (unfolded.has(one.kind) ? one.items.length : SHOWN);
      if (folded > 0)
        options.push({
          id: `more:${one.kind}`,
          label: `Show ${folded} more`,
          quiet: true,
          choose: () => setUnfolded(new Set([...unfolded, one.kind])),
        });
      if (one.failed) options.push({ id: `again:${one.kind}`, label: 'Try again', quiet: true, choose: one.failed.again });
      else if (one.stop) options.push({ id: `further:${one.kind}`, label: 'Stop looking', quiet: true, choose: one.stop });
      else if (one.further) options.push({ id: `further:${one.kind}`, label: 'Look further', quiet: true, choose: one.further });
      const tells = one.failed !== null || one.looking || one.items.length > 0 || one.further !== null;
      if (tells) add(one.title, options, { note: one.failed?.message ?? lookedWords(one), alert: one.failed !== null });
    }
    const acts = all.filter((command) => 'run' in command);
    for (const title of new Set(acts.map(({ group }) => group)))
      add(title, acts.filter(({ group }) => group === title).map(asOption));
  }

  const options = groups.flatMap((group) => group.options);
  const at = Math.max(
    0,
    options.findIndex(({ id }) => id === active),
  );
  const current = options[at] ?? null;
  const move = (to: number) => setActive(options[(to + options.length) % options.length]?.id ?? null);

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    // Enter ends a word of an input method; it chooses nothing then.
    if (event.nativeEvent.isComposing || options.length === 0) return;
    if (event.key === 'ArrowDown') move(at + 1);
    else if (event.key === 'ArrowUp') move(at - 1);
    else if (event.key === 'PageDown') move(Math.min(options.length - 1, at + PAGE));
    else if (event.key === 'PageUp') move(Math.max(0, at - PAGE));
    else if (event.key === 'Tab') move(firstOfNext(groups, at, event.shiftKey));
    // As a press: what leads somewhere is a link. Before the answer is there, only what fits what is typed can be chosen.
    else if (event.key === 'Enter') document.getElementById(`${list}-${at}`)?.click();
    else return;
    event.preventDefault();
  };

  const clear = () => {
    setTyped('');
    input.current?.focus();
  };
  const summary = summaryOf(found);
  return (
    <Base.Root
      open={open}
      onOpenChange={(next) => (next ? onOpen(true) : close(null))}
      onOpenChangeComplete={(now) => {
        if (now) return;
        const after = then.current;
        then.current = null;
        after?.();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-overlay" />
        <Base.Popup
          initialFocus={input}
          finalFocus={() => then.current === null}
          className="fixed inset-x-4 top-[8dvh] z-50 mx-auto flex max-h-[80dvh] max-w-2xl flex-col overflow-hidden rounded-md border border-hairline bg-background shadow-float max-sm:inset-0 max-sm:max-h-none max-sm:rounded-none max-sm:border-0"
        >
          <Base.Title className="sr-only">Find or do something</Base.Title>
          <div className="flex items-center gap-2 border-b border-hairline px-3">
            <Search size={16} aria-hidden="true" className="shrink-0 text-muted" />
            <input
              ref={input}
              role="combobox"
              aria-label="Find or do something"
              aria-expanded={options.length > 0}
              aria-controls={groups.length > 0 ? list : undefined}
              aria-autocomplete="list"
              aria-activedescendant={current ? `${list}-${at}` : undefined}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              maxLength={FIND_CHARS_MAX}
              value={typed}
              onFocus={(event) => event.currentTarget.select()}
              onChange={(event) => {
                setTyped(event.currentTarget.value);
                setActive(null);
                setGone(null);
                setUnfolded(new Set());
              }}
              onKeyDown={onKeyDown}
              placeholder={sees ? 'A batch, a sender, an order number, or what to do…' : 'A batch, a receipt, or what to do…'}
              className="h-12 min-w-0 flex-1 bg-transparent text-16 outline-none"
            />
            <Base.Close
              aria-label="Close"
              className="flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-text pointer-coarse:size-11"
            >
              <X size={16} aria-hidden="true" />
            </Base.Close>
          </div>
          {groups.length > 0 ? (
            <PaletteList id={list} groups={groups} at={at} query={typeof query === 'string' ? null : query} onPoint={setActive} />
          ) : null}
          {isNothing(found) ? <Nothing typed={typed.trim()} alone={groups.length === 0} onClear={clear} /> : null}
          <p role="status" className="border-t border-hairline px-3 py-2 text-12 text-muted">
            {gone !== null
              ? `“${gone}” is not offered any more: the page has changed.`
              : typeof query === 'string'
                ? query
                : query === null
                  ? finds(kinds)
                  : asked === null
                    ? 'Looking…'
                    : summary}
          </p>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

const PAGE = 8;

/** Ctrl or Cmd-K, unless another question is open: its answer comes first. */
function useShortcut(open: boolean, onOpen: (open: boolean) => void): void {
  useLayoutEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      if (open || !document.querySelector('[role="dialog"]:not([data-closed]), [role="alertdialog"]:not([data-closed])'))
        onOpen(!open);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [open, onOpen]);
}

function holds(query: FindQuery, text: string): boolean {
  return query.words.every((word) => hitsIn({ ...query, words: [word] }, text).length > 0);
}

type Shown = { sees: boolean; shown: number; go: (href: string, label: string, about: string | null) => void };

function optionsOf({ kind, items }: FoundSoFar, { sees, shown, go }: Shown): Option[] {
  return items.slice(0, shown).map((one, index) => {
    const { title, field, value, state, batch, dataset } = one;
    const href = addressOf(kind, one, sees);
    const within = batch?.name ?? dataset?.name ?? null;
    return {
      id: `${kind}:${index}:${href}`,
      label: title,
      // What the title says is not said again.
      held: value !== null && !title.includes(value) ? { field: field ?? '', value } : null,
      about: [within, state?.replaceAll('_', ' ')].filter(Boolean).join(' · ') || null,
      href,
      choose: () => go(href, title, within),
    };
  });
}

/** The first option of the next group, or of the one before. */
function firstOfNext(groups: readonly Group[], at: number, back: boolean): number {
  const firsts = groups.flatMap((group, index) =>
    group.options.length > 0 ? [groups.slice(0, index).reduce((sum, { options }) => sum + options.length, 0)] : [],
  );
  const own = firsts.findLastIndex((first) => first <= at);
  return firsts[(own + (back ? -1 : 1) + firsts.length) % firsts.length] ?? 0;
}

/** No batch is called so and no value holds it: what to try next. */
function Nothing({ typed, alone, onClear }: { typed: string; alone: boolean; onClear: () => void }) {
  return (
    <div className={classes('flex flex-col items-center gap-3 px-6 text-center', alone ? 'flex-1 py-10' : 'py-4')}>
      <p className="max-w-full break-words">
        Nothing is called “<bdi>{typed}</bdi>”, and nothing holds it.
      </p>
      <p className="text-muted">Each word has to be found. Try fewer of them, or the beginning of one.</p>
      <Button size="small" onClick={onClear}>
        Look for something else
      </Button>
    </div>
  );
}

function isNothing(found: readonly FoundSoFar[]): boolean {
  return (
    found.length > 0 &&
    found.every(({ items, looking, further, failed }) => items.length === 0 && !looking && !further && !failed)
  );
}

/** What can be found at all, before anything is typed. */
function finds(kinds: readonly FindKind[]): string {
  const values = kinds.includes('items') ? 'items by any value' : 'receipts by what they name';
  const names = kinds.filter((kind) => kind !== 'items' && (kind !== 'receipts' || kinds.includes('items')));
  return `Finds ${names.join(', ')} and ${values}. In quotes: exactly so.`;
}
