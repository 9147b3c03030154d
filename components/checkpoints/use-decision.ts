'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { DecisionInput, OfChunk } from './checkpoint-view.ts';
import type { Bound } from './use-review.ts';

/** What of a decision its button says. */
export type Answer = Partial<Omit<DecisionInput, 'revision' | 'digest' | 'seen'>>;
export type Asking = 'execute' | 'send-back' | 'close' | 'help' | null;

const NOTHING = { next: false, execute: false, sendBack: false, close: false, release: false, override: null, note: null };

/**
 * The decision, and the question that is open about it. From the press on it is pending: first the moves are saved, then what they gave is signed. Nothing
 * of it is painted before its commit.
 */
export function useDecision(
  { id, n }: OfChunk,
  {
    bind,
    seen,
    onDecide,
  }: {
    bind: () => Promise<Outcome<Bound>>;
    seen: Iterable<number>;
    onDecide: (decision: DecisionInput) => Promise<Outcome>;
  },
) {
  const [asking, setAsking] = useState<Asking>(null);
  const { mutate, reset, isPending, variables, error } = useMutation(
    writing(['chunks', id, n, 'decide'], async (answer: Answer): Promise<Outcome> => {
      const bound = await bind();
      if (!bound.ok) return bound;
      return onDecide({ ...NOTHING, ...bound.value, seen: [...seen].sort((one, other) => one - other), ...answer });
    }),
  );
  const close = () => setAsking(null);
  const answer = (given: Answer) =>
    mutate(given, { onSuccess: close, onError: ({ refusal }) => (refusal.code === 'stale' ? close() : undefined) });
  return {
    asking,
    ask: setAsking,
    answer,
    /** what is being decided at this moment */
    doing: isPending ? variables : null,
    refusal: error?.refusal ?? null,
    forget: reset,
  };
}
