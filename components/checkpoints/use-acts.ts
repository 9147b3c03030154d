'use client';

import { useRef } from 'react';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import { type Given, type Marks, markOn } from './marks.ts';
import { categoryIn, type Move, movedTo, type Review } from './review.ts';

/** What its person did last, for taking it back: moves as they were made, or the mark as it was before. */
type Act = { moves: readonly Move[] } | { given: Given };

type With = {
  review: Review;
  marks: Marks;
  mayCorrect: boolean;
  mayMark: boolean;
  move: (moves: readonly Move[]) => void;
  mark: (given: readonly Given[]) => void;
  /** shows an item */
  jump: (ordinal: number) => void;
  /** an item was moved; null when that was taken back */
  onAssign: (sample: Sample | null, move: Move | null) => void;
};

/** What a person does to the items of a checkpoint, and takes back again, the last first. */
export function useActs({ review, marks, mayCorrect, mayMark, move, mark, jump, onAssign }: With) {
  const acts = useRef<Act[]>([]);
  const moveAll = (moves: readonly Move[]) => {
    acts.current.push({ moves });
    move(moves);
  };
  return {
    moveAll,
    assign(sample: Sample, to: string) {
      const from = categoryIn(review, sample);
      if (!mayCorrect || from === to) return;
      const one = { ordinal: sample.ordinal, from, category: to };
      onAssign(sample, one);
      moveAll([one]);
    },
    /** Null takes a mark back. */
    give(sample: Sample, right: boolean | null) {
      const category = categoryIn(review, sample);
      const stands = markOn(marks, sample, category);
      const before = stands?.category === category ? stands.verdict === 'right' : null;
      if (!mayMark || before === right) return;
      const { ordinal } = sample;
      acts.current.push({ given: { ordinal, category, right: before } });
      mark([{ ordinal, category, right }]);
    },
    takeBack() {
      const last = acts.current.pop();
      if (!last) return;
      if ('given' in last) {
        if (mayMark) mark([last.given]);
        return jump(last.given.ordinal);
      }
      const [first] = last.moves;
      if (!mayCorrect || !first) return;
      onAssign(null, null);
      move(
        last.moves.map(({ ordinal, from, category }) => ({
          ordinal,
          from: movedTo(review, ordinal) ?? category,
          category: from,
        })),
      );
      jump(first.ordinal);
    },
  };
}
