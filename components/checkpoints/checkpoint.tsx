'use client';

import { Ellipsis } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Menu } from '#components/ui/menu.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { useAct } from '#components/ui/use-act.ts';
import { useKeys } from '#components/ui/use-keys.ts';
import { CHUNK_HELD, type ChunkState } from '#lib/core/lifecycle.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import { CategoryList } from './category-list.tsx';
import { CheckpointHeader } from './checkpoint-header.tsx';
import type {
  Alike,
  ChangeMeanwhile,
  CheckpointView,
  CorrectionInput,
  DecisionInput,
  ItemPage,
  ItemQuery,
} from './checkpoint-view.ts';
import { ExecuteDialog } from './execute-dialog.tsx';
import { ItemDetail } from './item-detail.tsx';
import { ItemPane } from './item-pane.tsx';
import { KeyHelp } from './key-help.tsx';
import { NextChunk } from './next-chunk.tsx';
import { SendBackDialog } from './send-back-dialog.tsx';
import { StaleBanner, StatePanel } from './status-panels.tsx';
import { type CorrectionAnswer, useCorrections } from './use-corrections.ts';
import { useItems } from './use-items.ts';
import { useSamples } from './use-samples.ts';
import { useSeen } from './use-seen.ts';
import { actingCategories, executeWords, notYouWords, releaseWords, type Signature } from './words.ts';

type Props = {
  view: CheckpointView;
  loadItems: (query: ItemQuery) => Promise<Outcome<ItemPage>>;
  /** Once it is answered, `view` is to be read anew: a decision signs the digest of the view. */
  onCorrect: (corrections: CorrectionInput[]) => Promise<Outcome<CorrectionAnswer>>;
  /** Refused as `stale`, `facts.changes` lists what others did; the view must be read anew. */
  onDecide: (decision: DecisionInput) => Promise<Outcome>;
  onReload: () => void;
  onResume?: () => Promise<Outcome>;
  onRetry?: () => Promise<Outcome>;
  /** leaves a halted chunk as it is */
  onAcceptRest?: () => Promise<Outcome>;
  onUpdateConnection?: () => void;
  /** tries a target that failed; by its incident */
  onResumeTarget?: (id: string) => Promise<Outcome>;
  onSeen?: (ordinals: number[]) => void;
  /** buttons for the chunk as a whole: pause, stop, undo, as far as they can be */
  acts?: ReactNode;
  /** the others that a correction of this item suggests moving too */
  findAlike?: (question: { ordinal: number; from: string; to: string }) => Promise<Outcome<Alike | null>>;
};

const CATCH_UP_MS = 15_000;

type Asking = 'execute' | 'send-back' | 'close' | 'help' | null;
/** In these the panel above asks for something: going on is second to it. */
const ASKS_HERE: readonly ChunkState[] = [...CHUNK_HELD, 'unresolved'];
const ACTION_BAR =
  'sticky bottom-0 z-20 -mx-4 flex flex-wrap items-center gap-2 border-t border-hairline bg-background px-4 py-2.5 max-sm:bottom-12 sm:-mx-6 sm:-mb-12 sm:px-6';
const NOTHING: DecisionInput = {
  digest: null,
  next: false,
  execute: false,
  sendBack: false,
  close: false,
  release: false,
  seen: [],
  override: null,
  note: null,
};
const nothingToDo = async (): Promise<Outcome> => ({ ok: true, value: null });

/** Counts, samples and the exact action of each category; corrections; and the decision, which says what it will do. */
export function Checkpoint({
  view,
  loadItems,
  onCorrect,
  onDecide,
  onReload,
  onResume,
  onRetry,
  onAcceptRest,
  onUpdateConnection,
  onResumeTarget,
  onSeen,
  findAlike,
  acts,
}: Props) {
  const { batch, chunk, categories } = view;
  const router = useRouter();
  const nextHref = `/batches/${batch.id}${view.next ? `/chunks/${view.next.number}` : ''}`;
  const [category, setCategory] = useState(
    () => actingCategories(categories)[0]?.name ?? categories.find(({ count }) => count > 0)?.name ?? categories[0]?.name ?? '',
  );
  const [showAll, setShowAll] = useState(false);
  const [search, setSearch] = useState('');
  const [selected, setSelected] = useState<number | null>(null);
  const [accepted, setAccepted] = useState<ReadonlySet<number>>(new Set());
  // ordinal -> the category it was looked at in
  const [seen, setSeen] = useState<ReadonlyMap<number, string>>(new Map());
  const [asking, setAsking] = useState<Asking>(null);
  const [alike, setAlike] = useState<(Alike & { from: string; to: string }) | null>(null);
  const searchBox = useRef<HTMLInputElement>(null);

  const samples = useSamples(categories);
  const items = useItems(loadItems, category, search, showAll);
  const corrections = useCorrections(onCorrect);
  const decide = useAct(onDecide);
  const resume = useAct(onResume ?? nothingToDo);
  const retry = useAct(onRetry ?? nothingToDo);
  const acceptRest = useAct(onAcceptRest ?? nothingToDo);
  const observe = useSeen((ordinals) => {
    setSeen((now) => new Map([...now, ...ordinals.map((ordinal) => [ordinal, category] as const)]));
    onSeen?.(ordinals);
  });

  const latest = useRef(view);
  latest.current = view;

  const reviewing = chunk.state === 'awaiting_review';
  const signed = chunk.state === 'awaiting_second';
  const deciding = (reviewing || signed) && view.may.decide;
  const notYou = view.two?.notYou ?? null;
  const due: Signature = view.two ? (signed ? 'second' : 'first') : null;
  const mayCorrect = reviewing && view.may.correct;
  const list = showAll ? items.items : samples.of(category);
  const current =
    list.find(({ ordinal }) => ordinal === selected) ??
    (selected === null ? undefined : samples.find(selected)) ??
    list[0] ??
    null;
  const categoryOf = useCallback(
    (sample: Sample) => corrections.shown.get(sample.ordinal) ?? sample.category,
    [corrections.shown],
  );

  const lines = useMemo(() => {
    const newer = corrections.answer && corrections.answer.revision > view.revision ? corrections.answer.counts : null;
    const counts = new Map(categories.map(({ name, count }) => [name, newer ? (newer[name] ?? 0) : count]));
    for (const { from, category: to } of corrections.unsaved.values()) {
      if (from === to) continue;
      counts.set(from, (counts.get(from) ?? 0) - 1);
      counts.set(to, (counts.get(to) ?? 0) + 1);
    }
    return categories.map(({ name, action }) => {
      const reviewed = [...samples.randomIn]
        .filter(([ordinal, drawnIn]) => drawnIn === name && seen.has(ordinal))
        .map(([ordinal]) => ordinal);
      const wrong = reviewed.filter(
        (ordinal) => (corrections.shown.get(ordinal) ?? samples.find(ordinal)?.category) !== name,
      ).length;
      return { name, action, count: counts.get(name) ?? 0, reviewed: reviewed.length, wrong };
    });
  }, [categories, view.revision, corrections.answer, corrections.unsaved, corrections.shown, samples, seen]);

  const acting = actingCategories(lines);
  const words = executeWords(acting, batch.noun, view.first, due);
  const seenIn = new Set(
    [...seen].map(([ordinal, lookedAtIn]) => corrections.shown.get(ordinal) ?? samples.find(ordinal)?.category ?? lookedAtIn),
  );
  const unseen = acting.filter(({ name }) => !seenIn.has(name));
  const notLoaded =
    (reviewing || signed) && actingCategories(categories).some(({ name }) => samples.of(name).length === 0 && !seenIn.has(name));
  const locked =
    notLoaded ||
    notYou !== null ||
    view.problems.length > 0 ||
    (view.digest === null && corrections.unsaved.size === 0 && corrections.answer === null);

  const move = (step: number) => {
    const at = list.findIndex(({ ordinal }) => ordinal === current?.ordinal);
    const next = list[Math.min(list.length - 1, Math.max(0, at + step))];
    if (next) setSelected(next.ordinal);
  };

  const assign = async (sample: Sample, to: string) => {
    if (!mayCorrect) return;
    const from = categoryOf(sample);
    if (from === to) return;
    setAlike(null);
    corrections.correct([{ ordinal: sample.ordinal, category: to, from }]);
    const found = await findAlike?.({ ordinal: sample.ordinal, from, to }).catch(() => null);
    if (found?.ok && found.value && found.value.ordinals.length > 0) setAlike({ ...found.value, from, to });
  };

  const answer = async (given: Partial<DecisionInput>) => {
    if (!(await corrections.flush())) return;
    // What is signed is the manifest with the corrections in it: wait until the page has it.
    for (let waited = 0; waited < CATCH_UP_MS && behind(); waited += 50) await new Promise((resolve) => setTimeout(resolve, 50));
    const outcome = await decide.run({
      ...NOTHING,
      digest: latest.current.digest,
      seen: [...seen.keys()].sort((one, other) => one - other),
      ...given,
    });
    if (outcome.ok || outcome.code === 'stale') setAsking(null);
  };

  const behind = () => {
    const { digest, revision } = latest.current;
    return digest === null || revision < corrections.savedRevision.current;
  };

  const chooseCategory = (name: string) => {
    setCategory(name);
    setSelected(null);
    setSearch('');
  };

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    a: () => {
      if (!current) return;
      setAccepted((now) => new Set([...now, current.ordinal]));
      move(1);
    },
    c: () => chooseCategory(lines[(lines.findIndex(({ name }) => name === category) + 1) % lines.length]?.name ?? category),
    s: () => setShowAll(!showAll),
    e: () => {
      if (deciding && !locked) setAsking('execute');
      else if (chunk.state === 'awaiting_release' && view.may.decide) void answer({ release: true });
    },
    '/': () => {
      setShowAll(true);
      requestAnimationFrame(() => searchBox.current?.focus());
    },
    '?': () => setAsking('help'),
    // Where the page shows "Review next", that has the key.
    ...(deciding && !chunk.continued ? { n: () => router.push(nextHref) } : {}),
    ...Object.fromEntries(
      categories.slice(0, 9).map(({ name }, index) => [String(index + 1), () => current && void assign(current, name)]),
    ),
  });

  const stale = decide.refusal?.code === 'stale' ? decide.refusal : null;
  const refused =
    decide.refusal && !stale
      ? decide.refusal.message
      : corrections.failed
        ? 'Some corrections were not saved. Nothing was approved.'
        : null;

  return (
    <div className="flex flex-col gap-3">
      <CheckpointHeader view={view} />
      {stale ? (
        <StaleBanner
          message={stale.message}
          changes={(stale.facts?.changes as ChangeMeanwhile[] | undefined) ?? []}
          onReload={() => {
            decide.forget();
            onReload();
          }}
        />
      ) : null}
      {notLoaded ? (
        <Banner kind="warning" actions={<Button onClick={onReload}>Try again</Button>}>
          The samples did not load. Approval stays locked.
        </Banner>
      ) : null}
      {view.problems.length > 0 ? <Problems view={view} /> : null}
      {corrections.failed ? (
        <Banner kind="danger" actions={<Button onClick={corrections.retry}>Try again</Button>}>
          {formatNoun(corrections.failed.corrections.length, 'corrections')} not saved: {corrections.failed.message}
        </Banner>
      ) : null}
      <StatePanel
        view={view}
        release={{
          words: releaseWords(acting, chunk.counts),
          pending: decide.pending,
          error: refused,
          run: () => void answer({ release: true }),
        }}
        resume={
          onResume ? { pending: resume.pending, error: resume.refusal?.message ?? null, run: () => void resume.run() } : null
        }
        acceptRest={
          onAcceptRest
            ? { pending: acceptRest.pending, error: acceptRest.refusal?.message ?? null, run: () => void acceptRest.run() }
            : null
        }
        retry={onRetry ? { pending: retry.pending, error: retry.refusal?.message ?? null, run: () => void retry.run() } : null}
        onUpdateConnection={onUpdateConnection ?? null}
        onResumeTarget={onResumeTarget ?? null}
      />

      <div className="grid min-w-0 overflow-hidden rounded-md border border-hairline max-lg:divide-y max-lg:divide-hairline lg:h-[calc(100dvh-14.5rem)] lg:min-h-96 lg:grid-cols-[minmax(13rem,17rem)_minmax(18rem,1fr)_minmax(20rem,1.15fr)] lg:divide-x lg:divide-hairline">
        <section aria-label="Categories" className="relative min-w-0 bg-surface lg:overflow-y-auto">
          <CategoryList categories={lines} total={view.total} selected={category} onSelect={chooseCategory} />
        </section>
        <ItemPane
          category={category}
          count={lines.find(({ name }) => name === category)?.count ?? 0}
          samples={list}
          showAll={showAll}
          search={search}
          searchBox={searchBox}
          items={items}
          selected={current?.ordinal ?? null}
          categoryOf={categoryOf}
          accepted={accepted}
          observe={observe}
          onSelect={setSelected}
          onShowAll={setShowAll}
          onSearch={setSearch}
        />
        <section
          aria-label="The chosen item"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a pane that scrolls must be reachable by keyboard
          tabIndex={0}
          className="relative min-w-0 focus-visible:-outline-offset-2 lg:overflow-y-auto"
        >
          <ItemDetail
            sample={current}
            category={current ? categoryOf(current) : ''}
            action={current ? (categories.find(({ name }) => name === categoryOf(current))?.action ?? null) : null}
            categories={categories.map(({ name }) => name)}
            mayCorrect={mayCorrect}
            onCorrect={(name) => current && void assign(current, name)}
          />
        </section>
      </div>

      {deciding ? (
        <fieldset aria-label="Decision" className={ACTION_BAR}>
          <Button kind="primary" disabled={locked} onClick={() => setAsking('execute')}>
            {words.button}
          </Button>
          <Button
            title="The next chunk is classified. This chunk waits, and nothing of it is sent."
            onClick={() => void answer({ next: true })}
            pending={decide.pending && asking === null}
            disabled={chunk.continued}
          >
            Next chunk only
          </Button>
          <Button onClick={() => setAsking('send-back')}>{signed ? 'Do not sign…' : 'Send back…'}</Button>
          <Menu
            align="start"
            trigger={<Button kind="ghost" aria-label="More decisions" icon={<Ellipsis size={16} aria-hidden="true" />} />}
            items={[
              ...(reviewing ? [{ id: 'close', label: 'Close without executing…', onSelect: () => setAsking('close') }] : []),
              ...(view.next && !chunk.continued
                ? [{ id: 'next', label: `Skip to ${view.next.name}`, onSelect: () => router.push(nextHref) }]
                : []),
              { id: 'keys', label: 'Keys', onSelect: () => setAsking('help') },
            ]}
          />
          {chunk.continued ? <NextChunk view={view} kind="primary" /> : null}
          <p aria-live="polite" className="text-12 text-muted max-sm:w-full sm:ml-auto">
            {corrections.unsaved.size > 0
              ? `Saving ${formatNoun(corrections.unsaved.size, 'corrections')}…`
              : notYou
                ? notYouWords(notYou)
                : unseen.length > 0
                  ? `Not looked at yet: ${unseen.map(({ name }) => name).join(', ')}`
                  : 'Every category with an action was looked at'}
          </p>
          {asking === null && refused && !corrections.failed ? (
            <p role="alert" className="w-full text-red">
              {refused}
            </p>
          ) : null}
          {/* It lies over the list, so that the buttons stay where the pointer is going. */}
          {alike ? (
            <Banner
              className="absolute inset-x-4 bottom-full mb-2 shadow-float sm:inset-x-6 lg:left-auto lg:w-[28rem]"
              actions={
                <>
                  <Button
                    size="small"
                    kind="primary"
                    onClick={() => {
                      corrections.correct(alike.ordinals.map((ordinal) => ({ ordinal, category: alike.to, from: alike.from })));
                      setAlike(null);
                    }}
                  >
                    Move {formatCount(alike.ordinals.length)} to {alike.to}
                  </Button>
                  <Button size="small" kind="ghost" onClick={() => setAlike(null)}>
                    Only this one
                  </Button>
                </>
              }
            >
              {alike.what}: {formatCount(alike.ordinals.length)} more?
            </Banner>
          ) : null}
        </fieldset>
      ) : (
        <div className={ACTION_BAR}>
          <NextChunk view={view} kind={ASKS_HERE.includes(chunk.state) ? 'secondary' : 'primary'} />
          {acts}
        </div>
      )}

      <ExecuteDialog
        open={asking === 'execute'}
        onClose={() => setAsking(null)}
        words={words}
        acting={acting}
        noun={batch.noun}
        unseen={unseen.map(({ name }) => name)}
        nextWaits={view.nextWaits}
        onLook={(name) => {
          setAsking(null);
          setShowAll(false);
          chooseCategory(name);
        }}
        pending={decide.pending}
        error={refused}
        onConfirm={({ next, override }) => void answer({ execute: true, next, override })}
      />
      <SendBackDialog
        open={asking === 'send-back'}
        onClose={() => setAsking(null)}
        name={chunk.name}
        signed={signed}
        pending={decide.pending}
        error={refused}
        onConfirm={(note) => void answer({ sendBack: true, note })}
      />
      <ConfirmDialog
        open={asking === 'close'}
        onClose={() => setAsking(null)}
        title={`Close ${chunk.name} without executing?`}
        description={`Nothing is sent for its ${formatNoun(view.total, batch.noun)}, now or later. A closed chunk can’t be opened again.`}
        confirm="Close without executing"
        pending={decide.pending}
        error={refused}
        onConfirm={() => void answer({ close: true, next: true })}
      />
      <KeyHelp open={asking === 'help'} onClose={() => setAsking(null)} />
    </div>
  );
}

function Problems({ view }: { view: CheckpointView }) {
  const [first, ...rest] = view.problems;
  if (!first) return null;
  return (
    <Banner kind="danger">
      {formatNoun(view.problems.length, view.batch.noun)} can't be sent as planned. Move{' '}
      {view.problems.length === 1 ? 'it' : 'them'} to another category, or send the chunk back. Item {formatCount(first.ordinal)}{' '}
      ({first.category}): {first.message}
      {rest.length > 0 ? ` ${formatCount(rest.length)} more can’t be sent either.` : ''}
    </Banner>
  );
}
