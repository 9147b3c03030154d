'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { ItemEffect } from '#components/actions/item-effect.tsx';
import type { ChangeAsked } from '#components/plans/change-rules-dialog.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Sheet } from '#components/ui/sheet.tsx';
import { writing } from '#components/ui/writing.ts';
import type { Rule } from '#lib/classifiers/rules/part.ts';
import type { Alike, RestRefused, Sample } from '#lib/shapes/checkpoints.ts';
import { alikeOptions, groundLine, type MovedItems } from './alike.ts';
import { AlikeOffer } from './alike-offer.tsx';
import { Became, becameLook } from './became.tsx';
import { categoriesSeen, categoryLines } from './category-lines.ts';
import { CategoryList } from './category-list.tsx';
import { Changes } from './changes.tsx';
import { CheckpointHeader } from './checkpoint-header.tsx';
import type { ChangeMeanwhile, CheckpointView, DecisionInput } from './checkpoint-view.ts';
import { useColumns } from './columns-menu.tsx';
import { CompanyLine, MovedLine } from './company-line.tsx';
import { DecidedLine } from './decided-line.tsx';
import { DecisionBar, GoOnBar } from './decision-bar.tsx';
import { DecisionDialogs } from './decision-dialogs.tsx';
import { Elsewhere } from './evidence-line.tsx';
import { lackingOf } from './evidence-words.ts';
import { ItemDetail } from './item-detail.tsx';
import { ItemMark } from './item-mark.tsx';
import { NOT_FILTERED, NOT_SORTED } from './list-asked.ts';
import { ListPane } from './list-pane.tsx';
import { markOn, marksHeard, nextLook } from './marks.ts';
import { afterPicked, NOTHING_PICKED } from './picked.ts';
import { PickedBar } from './picked-bar.tsx';
import { RefuseRest } from './refuse-rest.tsx';
import { categoryIn, type Move, movedTo, samplesOf } from './review.ts';
import { StaleBanner, StatePanel } from './status-panels.tsx';
import { NotMarked, NotSaved, Problems } from './troubles.tsx';
import { useActs } from './use-acts.ts';
import { useCheckpointKeys } from './use-checkpoint-keys.ts';
import { useCompany } from './use-company.ts';
import { type Answer, useDecision } from './use-decision.ts';
import { queueOf, useMarks } from './use-marks.ts';
import { usePicked } from './use-picked.ts';
import { useReview } from './use-review.ts';
import { useSeen } from './use-seen.ts';
import { useSelection } from './use-selection.ts';
import { actingCategories, executeWords, releaseWords, type Signature } from './words.ts';

type Props = {
  view: CheckpointView;
  /** Refused as `stale`, `facts.changes` lists what others did; the view must be read anew. */
  onDecide: (decision: DecisionInput) => Promise<Outcome>;
  onReload: () => void;
  onResume?: () => Promise<Outcome>;
  onRetry?: () => Promise<Outcome>;
  /** leaves the rest of an approval unsent, and undoes its first few */
  onRefuseRest?: () => Promise<Outcome<RestRefused>>;
  /** plans what a cancelled chunk left unsent again, and opens its plan */
  onAgain?: () => Promise<Outcome>;
  /** leaves a halted chunk as it is */
  onAcceptRest?: () => Promise<Outcome>;
  onUpdateConnection?: () => void;
  /** tries a target that failed; by its incident */
  onResumeTarget?: (id: string) => Promise<Outcome>;
  /** buttons for the chunk as a whole: pause, stop, undo, as far as they can be */
  buttons?: ReactNode;
  /** of a decided chunk, the button that undoes an item; null where it can't be */
  undoItem?: (sample: Sample) => ReactNode;
};

/** Counts, samples and the exact action of each category; corrections; and the decision, which says what it will do. */
export function Checkpoint({ view, onDecide, onReload, buttons, undoItem, onUpdateConnection, onResumeTarget, ...steps }: Props) {
  const { batch, chunk, categories } = view;
  const router = useRouter();
  const nextHref = `/batches/${batch.id}${view.next ? `/chunks/${view.next.number}` : ''}`;
  const of = useMemo(() => ({ id: batch.id, n: chunk.number }), [batch.id, chunk.number]);
  const { review, move, moveAllThatMatch, settle, bind } = useReview(of, view, onReload);
  const { marks, mark, change, saved } = useMarks(of, view, queueOf(of));
  const { company, claim } = useCompany(of, review.revision, (heard) => change((before) => marksHeard(before, heard)));
  const names = useMemo(() => categories.map(({ name }) => name), [categories]);
  const selection = useSelection(
    of,
    review,
    names,
    actingCategories(categories)[0]?.name ?? categories.find(({ count }) => count > 0)?.name ?? categories[0]?.name ?? '',
  );
  const { category, current, list, ordinals } = selection;
  const picked = usePicked(of, selection, settle);
  const columns = useColumns(of, view.columns, view.decided ? 'became' : 'marked');
  const [filtering, setFiltering] = useState(false);
  const pane = useRef<HTMLElement>(null);
  const [seen, setSeen] = useState<ReadonlyMap<number, string>>(new Map());
  const observe = useSeen((ordinals) =>
    setSeen((now) => new Map([...now, ...ordinals.map((ordinal) => [ordinal, category] as const)])),
  );
  const [moved, setMoved] = useState<MovedItems | null>(null);
  const [teaching, setTeaching] = useState<ChangeAsked | null>(null);
  const dismiss = useCallback(() => setMoved(null), []);
  const { data: alike } = useQuery(alikeOptions(of, moved));
  const searchBox = useRef<HTMLInputElement>(null);
  const decision = useDecision(of, {
    // The receipt of a decision has the marks: they are stored before it.
    bind: async () => {
      await saved();
      return bind();
    },
    seen: seen.keys(),
    onDecide,
  });

  const reviewing = chunk.state === 'awaiting_review';
  const signed = chunk.state === 'awaiting_second';
  const deciding = (reviewing || signed) && view.may.decide;
  const due: Signature = view.two ? (signed ? 'second' : 'first') : null;
  const mayCorrect = reviewing && view.may.correct;
  const mayMark = view.may.mark && (reviewing || signed || view.decided);

  const lines = useMemo(() => categoryLines(categories, review, seen), [categories, review, seen]);
  const acting = actingCategories(lines);
  const claimed = company?.reviewer && !company.reviewer.you ? company.reviewer : null;
  const words = executeWords(acting, batch.noun, view.first, due);
  const lookedAt = categoriesSeen(review, seen);
  // The ground of an undo is its receipts: no sample is asked for.
  const isUndo = batch.undoes !== null;
  const unseen = isUndo ? [] : acting.flatMap(({ name }) => (lookedAt.has(name) ? [] : [name]));
  const notLoaded =
    (reviewing || signed) &&
    !isUndo &&
    actingCategories(categories).some(({ name }) => samplesOf(review, name).length === 0 && !lookedAt.has(name));
  const lacking = marks.evidence ? lackingOf(marks.evidence) : [];
  const meanwhile = useMemo(() => new Map(company?.moved.map(({ ordinal, by, to }) => [ordinal, { by, to }])), [company]);
  const corrected = review.waiting.length > 0 || review.moved.size > 0;
  const locked =
    notLoaded ||
    (view.two?.notYou ?? null) !== null ||
    review.problems.length > 0 ||
    // The answer of a correction to a large chunk has none; the decision asks for it then.
    (review.digest === null && !corrected);

  const { assign, assignSet, moveAll, give, takeBack, told, forget, moving } = useActs({
    ...{ review, marks, noun: batch.noun, mayCorrect, mayMark, move, moveAllThatMatch, mark },
    jump: selection.jump,
    onMoved: setMoved,
  });
  const markOf = (sample: Sample) => markOn(marks, sample, categoryIn(review, sample));
  const evidence = marks.evidence;
  const walk = () => {
    const to = evidence && nextLook(evidence, marks, current?.ordinal ?? null);
    if (typeof to === 'number') selection.jump(to);
  };

  const movePicked = (to: string) => {
    if (picked.whole) {
      void assignSet(picked.whole, category, to).then((done) => done && picked.clear());
      return;
    }
    const moves = list.flatMap((sample): Move[] => {
      const from = categoryIn(review, sample);
      return picked.ordinals.has(sample.ordinal) && from !== to ? [{ ordinal: sample.ordinal, from, category: to }] : [];
    });
    moveAll(moves);
    selection.select(afterPicked({ ...NOTHING_PICKED, ordinals: picked.ordinals }, ordinals, current?.ordinal ?? null));
    picked.clear();
  };
  const pickedShown = useMemo(
    () => (picked.whole ? new Set(ordinals) : picked.ordinals),
    [picked.whole, picked.ordinals, ordinals],
  );

  useCheckpointKeys({
    next: () => selection.step(1),
    previous: () => selection.step(-1),
    assign: mayCorrect
      ? (place) => {
          const name = names[place];
          if (name === undefined) return;
          if (picked.ordinals.size > 0) return movePicked(name);
          if (!current) return;
          assign(current, name);
          selection.step(1);
        }
      : null,
    accept: mayMark
      ? () => {
          if (!current) return;
          give(current, true);
          selection.step(1);
        }
      : null,
    takeBack: mayMark ? takeBack : null,
    pick: mayCorrect ? () => current && picked.toggle(current.ordinal) : null,
    pickDown: mayCorrect ? () => picked.extend(1) : null,
    pickUp: mayCorrect ? () => picked.extend(-1) : null,
    pickAll: mayCorrect ? picked.all : null,
    open: () => {
      if (!current) return;
      selection.select(current.ordinal);
      requestAnimationFrame(() => pane.current?.focus());
    },
    close: () => {
      if (picked.ordinals.size > 0) picked.clear();
      else if (selection.over) selection.select(null);
      else pane.current?.blur();
    },
    walk: mayMark && evidence ? walk : null,
    category: () => selection.choose(names[(names.indexOf(category) + 1) % names.length] ?? category),
    toggleAll: () => selection.change(selection.read ? { ...NOT_FILTERED, ...NOT_SORTED, all: false } : { all: true }),
    search: () => searchBox.current?.focus(),
    filter: () => setFiltering(!filtering),
    help: () => decision.ask('help'),
    decide: () => {
      if (deciding && !locked) decision.ask('execute');
      else if (chunk.state === 'awaiting_release' && view.may.decide) decision.answer({ release: true });
    },
    nextChunk: deciding && !chunk.reviewed ? () => router.push(nextHref) : null,
  });

  const stale = decision.refusal?.code === 'stale' ? decision.refusal : null;
  const error = decision.refusal && !stale ? decision.refusal.message : null;
  const resume = useStep(['chunks', batch.id, chunk.number, 'resume'], steps.onResume);
  const retry = useStep(['chunks', batch.id, chunk.number, 'retry'], steps.onRetry);
  const acceptRest = useStep(['chunks', batch.id, chunk.number, 'accept-rest'], steps.onAcceptRest);

  return (
    // As high as the window: what is told above takes from the list, which scrolls, and the decision stays where it is.
    <div className="flex flex-col gap-3 lg:-mb-12 lg:h-[calc(100dvh-4.5rem)] lg:min-h-[36rem]">
      <CheckpointHeader
        view={view}
        changes={
          batch.changesFiles && (reviewing || signed || view.decided) ? (
            <Changes of={of} decided={view.decided} revision={review.revision} onItem={selection.jump} />
          ) : null
        }
        company={
          <CompanyLine
            company={company}
            claim={
              (reviewing || signed) && view.may.mark
                ? { pending: claim.isPending, error: claim.error?.message ?? null, run: claim.mutate }
                : null
            }
          />
        }
      />
      <div className="flex shrink-0 flex-col gap-3 empty:hidden lg:max-h-[40dvh] lg:overflow-y-auto">
        {view.decided ? <DecidedLine view={view} /> : null}
        {stale ? null : <MovedLine company={company} noun={batch.noun} onReload={onReload} />}
        {stale ? (
          <StaleBanner
            message={stale.message}
            changes={(stale.facts?.changes as ChangeMeanwhile[] | undefined) ?? []}
            onReload={() => {
              decision.forget();
              onReload();
            }}
          />
        ) : null}
        {notLoaded ? (
          <Banner kind="warning" actions={<Button onClick={onReload}>Try again</Button>}>
            The samples did not load. Approval stays locked.
          </Banner>
        ) : null}
        <Problems problems={review.problems} noun={batch.noun} />
        {review.refused ? <NotSaved refused={review.refused} onRetry={move} /> : null}
        {marks.refused ? <NotMarked refused={marks.refused} noun={batch.noun} onRetry={mark} /> : null}
        <StatePanel
          view={view}
          release={{
            words: releaseWords(acting, chunk.counts),
            pending: decision.doing?.release === true,
            error,
            run: () => decision.answer({ release: true }),
          }}
          refuse={steps.onRefuseRest ? <RefuseRest view={view} acting={acting} onRefuse={steps.onRefuseRest} /> : null}
          resume={resume}
          acceptRest={acceptRest}
          retry={retry}
          onUpdateConnection={onUpdateConnection ?? null}
          onResumeTarget={onResumeTarget ?? null}
          onAgain={steps.onAgain ?? null}
        />
      </div>

      <div className="grid min-h-0 min-w-0 flex-1 overflow-hidden rounded-md border border-hairline max-lg:divide-y max-lg:divide-hairline lg:min-h-64 lg:grid-cols-[minmax(12rem,15rem)_minmax(22rem,1.25fr)_minmax(20rem,1fr)] lg:grid-rows-[minmax(0,1fr)] lg:divide-x lg:divide-hairline">
        <section aria-label="Categories" className="relative min-w-0 bg-surface lg:overflow-y-auto">
          <CategoryList
            categories={lines}
            total={view.total}
            selected={category}
            onSelect={selection.choose}
            evidence={evidence}
            decided={view.decided}
          />
          {evidence ? <Elsewhere evidence={evidence} batchId={batch.id} noun={batch.noun} /> : null}
          {moved && mayCorrect && alike && alike.grounds.length > 0 ? (
            <AlikeOffer
              alike={alike as Alike}
              noun={batch.noun}
              onMove={(ordinals) => {
                const { from, to } = moved;
                moveAll(
                  ordinals.map((ordinal) => ({ ordinal, category: to, from: movedTo(review, ordinal) ?? from, how: 'like' })),
                );
                setMoved(null);
              }}
              onRule={
                view.may.decide
                  ? ({ rule }) => {
                      const { first: ordinal } = alike.of;
                      setTeaching({
                        first: rule as Rule,
                        ...(ordinal === null ? {} : { from: { chunk: chunk.number, ordinal } }),
                      });
                      decision.ask('send-back');
                    }
                  : null
              }
              onLine={
                view.may.decide && batch.byInstruction
                  ? (ground, fieldLabel) => {
                      const { first: ordinal } = alike.of;
                      setTeaching({
                        line: groundLine(ground, moved, fieldLabel) ?? '',
                        ...(ordinal === null ? {} : { from: { chunk: chunk.number, ordinal } }),
                      });
                      decision.ask('send-back');
                    }
                  : null
              }
              onDismiss={dismiss}
            />
          ) : null}
        </section>
        <ListPane
          of={of}
          selection={selection}
          count={lines.find(({ name }) => name === category)?.count ?? 0}
          fields={view.columns.fields}
          columns={columns}
          searchBox={searchBox}
          filtering={filtering}
          onFiltering={setFiltering}
          picked={mayCorrect ? pickedShown : null}
          onPick={(ordinal, how) => (how === 'toggle' ? picked.toggle(ordinal) : picked.extendTo(ordinal))}
          categoryOf={(sample) => categoryIn(review, sample)}
          markOf={markOf}
          meanwhile={meanwhile}
          becameOf={view.decided ? (sample) => becameLook(view, sample) : null}
          observe={observe}
          foot={
            <PickedBar
              picked={picked}
              category={category}
              categories={names}
              noun={batch.noun}
              told={told}
              moving={moving}
              onMove={movePicked}
              onForget={forget}
            />
          }
        />
        <Sheet ref={pane} label="The chosen item" shown={selection.over} onClose={() => selection.select(null)}>
          {current ? (
            <ItemMark
              mark={markOf(current)}
              decided={view.decided}
              onMark={mayMark ? (right) => give(current, right) : null}
              undo={undoItem?.(current) ?? null}
            />
          ) : null}
          <ItemDetail
            sample={current}
            category={current ? categoryIn(review, current) : ''}
            action={current ? (categories.find(({ name }) => name === categoryIn(review, current))?.action ?? null) : null}
            categories={categories.map(({ name }) => name)}
            mayCorrect={mayCorrect}
            became={view.decided && current ? <Became view={view} sample={current} /> : null}
            onCorrect={(name) => current && assign(current, name)}
            effect={
              current ? (
                <ItemEffect
                  of={of}
                  ordinal={current.ordinal}
                  category={categoryIn(review, current)}
                  receipt={current.outcome?.seq ?? null}
                />
              ) : null
            }
          />
        </Sheet>
      </div>

      {deciding ? (
        <DecisionBar
          view={view}
          execute={words.button}
          locked={locked}
          doing={decision.asking === null ? decision.doing : null}
          saving={review.waiting.length}
          unseen={unseen}
          lacking={lacking}
          error={decision.asking === null ? error : null}
          onAsk={decision.ask}
          onAnswer={decision.answer}
          onSkip={() => router.push(nextHref)}
        />
      ) : (
        // What was refused because somebody else decided first is said where it was pressed.
        <GoOnBar
          view={view}
          acts={buttons}
          error={decision.asking === null && chunk.state !== 'awaiting_release' ? error : null}
        />
      )}

      <DecisionDialogs
        view={view}
        of={of}
        asking={decision.asking}
        due={due}
        reviewedBy={claimed?.name ?? null}
        acting={acting}
        unseen={unseen}
        lacking={lacking}
        pending={decision.doing !== null}
        error={error}
        onClose={() => {
          decision.ask(null);
          setTeaching(null);
        }}
        onReload={onReload}
        teaching={teaching}
        onLook={(name) => {
          decision.ask(null);
          selection.change({ ...NOT_FILTERED, ...NOT_SORTED, category: name, all: false });
        }}
        onAnswer={(answer: Answer) => decision.answer(answer)}
      />
    </div>
  );
}

/** A verb on the chunk as a whole, as its panel shows it; null where this person has none. */
function useStep(key: (string | number)[], act: (() => Promise<Outcome>) | undefined) {
  const { mutate, isPending, error } = useMutation(writing(key, act));
  return act ? { pending: isPending, error: error?.message ?? null, run: () => mutate() } : null;
}
