'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import type { Outcome } from '#components/ui/outcome.ts';
import type { Corrected } from '#lib/shapes/checkpoints.ts';
import type { CorrectionInput } from './checkpoint-view.ts';

export type CorrectionAnswer = Pick<Corrected, 'revision' | 'counts'>;

const GATHER_MS = 400;

type Waiting = { category: string; from: string };

/**
 * Corrections show at once and travel in batches, one batch at a time. What is refused is taken back on the screen and can be
 * tried again. `flush` answers whether everything given so far has been saved.
 */
export function useCorrections(onCorrect: (corrections: CorrectionInput[]) => Promise<Outcome<CorrectionAnswer>>) {
  // What the screen shows: ordinal -> category, saved or on its way.
  const [shown, setShown] = useState<ReadonlyMap<number, string>>(new Map());
  const [unsaved, setUnsaved] = useState<ReadonlyMap<number, Waiting>>(new Map());
  const [failed, setFailed] = useState<{ message: string; corrections: (CorrectionInput & { from: string })[] } | null>(null);
  const [answer, setAnswer] = useState<CorrectionAnswer | null>(null);

  const queue = useRef(new Map<number, Waiting>());
  // Known at once, where the state waits for the next rendering: a decision must not overtake its own corrections.
  const savedRevision = useRef(0);
  const saving = useRef<Promise<boolean> | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef(onCorrect);
  latest.current = onCorrect;

  const save = useCallback(async (): Promise<boolean> => {
    const batch = [...queue.current].map(([ordinal, { category, from }]) => ({ ordinal, category, from }));
    if (batch.length === 0) return true;
    queue.current = new Map();
    const outcome = await latest
      .current(batch.map(({ ordinal, category }) => ({ ordinal, category })))
      .catch((): Outcome<CorrectionAnswer> => ({ ok: false, code: 'unanswered', message: 'The server did not answer.' }));
    const stillWaiting = (ordinal: number) => queue.current.has(ordinal);
    setUnsaved((now) => without(now, batch, stillWaiting));
    if (outcome.ok) {
      savedRevision.current = Math.max(savedRevision.current, outcome.value.revision);
      setAnswer((now) => (now && now.revision > outcome.value.revision ? now : outcome.value));
    } else {
      setShown((now) => without(now, batch, stillWaiting));
      setFailed({ message: outcome.message, corrections: batch });
    }
    return outcome.ok;
  }, []);

  const flush = useCallback(async (): Promise<boolean> => {
    clearTimeout(timer.current);
    let saved = true;
    while (saving.current || queue.current.size > 0) {
      saving.current ??= save().finally(() => {
        saving.current = null;
      });
      saved = (await saving.current) && saved;
    }
    return saved;
  }, [save]);

  const correct = useCallback(
    (corrections: (CorrectionInput & { from: string })[]) => {
      setFailed(null);
      for (const { ordinal, category, from } of corrections) {
        queue.current.set(ordinal, { category, from: queue.current.get(ordinal)?.from ?? from });
      }
      const entries = corrections.map(({ ordinal, category }) => [ordinal, category] as const);
      setShown((now) => new Map([...now, ...entries]));
      setUnsaved(
        (now) =>
          new Map([
            ...now,
            ...corrections.map(
              ({ ordinal, category, from }) => [ordinal, { category, from: now.get(ordinal)?.from ?? from }] as const,
            ),
          ]),
      );
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void flush(), GATHER_MS);
    },
    [flush],
  );

  const retry = useCallback(() => {
    if (failed) correct(failed.corrections);
  }, [failed, correct]);

  useEffect(() => () => void flush(), [flush]);

  return { shown, unsaved, failed, answer, savedRevision, correct, flush, retry };
}

function without<Value>(
  map: ReadonlyMap<number, Value>,
  batch: { ordinal: number }[],
  keep: (ordinal: number) => boolean,
): ReadonlyMap<number, Value> {
  const next = new Map(map);
  for (const { ordinal } of batch) if (!keep(ordinal)) next.delete(ordinal);
  return next;
}
