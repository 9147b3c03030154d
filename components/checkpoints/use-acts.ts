'use client';

import { useRef, useState } from 'react';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { Outcome, Refusal } from '#components/ui/outcome.ts';
import type { Corrected, Sample } from '#lib/shapes/checkpoints.ts';
import type { ChunkFilter, ItemSet, MoveOfAll } from '#lib/shapes/chunk-items.ts';
import { type MovedItems, movedTogether } from './alike.ts';
import { type Given, type Marks, markOn } from './marks.ts';
import { categoryIn, type Move, movedTo, type Review } from './review.ts';

/** All that matched a query when they were counted. */
export type WholeSet = ItemSet & { query: ChunkFilter };
/** As they were moved: the revision that it made, and where they came from. */
type MovedSet = ItemSet & { revision: number; from: string };

/** What its person did last, for taking it back: moves as they were made, the mark as it was before, or the set that was moved. */
type Act = { moves: readonly Move[] } | { given: Given } | { set: MovedSet };

type With = {
  review: Review;
  marks: Marks;
  noun: string;
  mayCorrect: boolean;
  mayMark: boolean;
  move: (moves: readonly Move[]) => void;
  moveAllThatMatch: (asked: MoveOfAll) => Promise<Outcome<Corrected>>;
  mark: (given: readonly Given[]) => void;
  /** shows an item */
  jump: (ordinal: number, to?: string) => void;
  /** what was moved last, together; null when that was taken back */
  onMoved: (moved: MovedItems | null) => void;
};

/** What became of the last act over many, or of taking one back, in words. */
export type Told = { words: string; refusal: Refusal | null } | null;

/** What a person does to the items of a checkpoint, and takes back again, the last first. */
export function useActs(given: With) {
  const { review, marks, noun, mayCorrect, mayMark, move, moveAllThatMatch, mark, jump, onMoved } = given;
  const acts = useRef<Act[]>([]);
  const [told, setTold] = useState<Told>(null);
  const [moving, setMoving] = useState(false);
  const moveAll = (moves: readonly Move[]) => {
    setTold(null);
    if (moves.length === 0) return;
    acts.current.push({ moves });
    onMoved(movedTogether(moves));
    move(moves);
  };
  const tell = (words: string, refusal: Refusal | null = null) => setTold({ words, refusal });
  const onSet = async (asked: MoveOfAll, words: string): Promise<Corrected | null> => {
    setMoving(true);
    const outcome = await moveAllThatMatch(asked);
    setMoving(false);
    tell(outcome.ok ? words : outcome.message, outcome.ok ? null : outcome);
    return outcome.ok ? outcome.value : null;
  };
  /** Null takes a mark back. */
  const give = (sample: Sample, right: boolean | null) => {
    const category = categoryIn(review, sample);
    const stands = markOn(marks, sample, category);
    const before = stands?.category === category ? stands.verdict === 'right' : null;
    if (!mayMark || before === right) return;
    const { ordinal } = sample;
    setTold(null);
    acts.current.push({ given: { ordinal, category, right: before } });
    mark([{ ordinal, category, right }]);
  };
  return {
    moveAll,
    told,
    forget: () => setTold(null),
    /** a set of items is on its way */
    moving,
    /** Whoever says of an item that it belongs where it is says that this is right. */
    assign(sample: Sample, to: string) {
      const from = categoryIn(review, sample);
      if (from === to) return give(sample, true);
      if (!mayCorrect) return;
      moveAll([{ ordinal: sample.ordinal, from, category: to }]);
    },
    /** @returns whether they were moved */
    async assignSet({ query, ...set }: WholeSet, from: string, to: string): Promise<boolean> {
      if (!mayCorrect || moving || from === to) return false;
      onMoved(null);
      const moved = await onSet({ query, ...set, category: to }, `${formatNoun(set.count, noun)} moved to ${to}.`);
      if (moved) {
        acts.current.push({ set: { ...set, from, revision: moved.revision } });
        onMoved({ revision: moved.revision, from, to });
      }
      return moved !== null;
    },
    give,
    takeBack() {
      if (moving) return;
      const last = acts.current.pop();
      if (!last) return tell('There is nothing to take back.');
      if ('given' in last) {
        if (!mayMark) return;
        mark([last.given]);
        tell(`Taken back: the mark of item ${formatCount(last.given.ordinal)}.`);
        return jump(last.given.ordinal);
      }
      if (!mayCorrect) return;
      onMoved(null);
      if ('set' in last) {
        const { revision, from, ...set } = last.set;
        const words = `Taken back: ${formatNoun(set.count, noun)} are in ${from} again.`;
        void onSet({ query: { revision }, ...set, category: from }, words);
        return;
      }
      const [first] = last.moves;
      if (!first) return;
      move(
        last.moves.map(({ ordinal, from, category }) => ({
          ordinal,
          from: movedTo(review, ordinal) ?? category,
          category: from,
        })),
      );
      tell(takenBackWords(last.moves, noun));
      jump(first.ordinal, first.from);
    },
  };
}

function takenBackWords(moves: readonly Move[], noun: string): string {
  const [first] = moves;
  if (moves.length === 1 && first) return `Taken back: item ${formatCount(first.ordinal)} is in ${first.from} again.`;
  const from = new Set(moves.map((move) => move.from));
  return `Taken back: ${formatNoun(moves.length, noun)} are ${from.size === 1 ? `in ${first?.from} again` : 'where they were'}.`;
}
