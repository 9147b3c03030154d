import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BATCH_STATES, CHUNK_STATES } from '#lib/core/lifecycle.ts';
import { waitingOf } from '#lib/core/receipts/sum.ts';
import { type ChunkProgress, finishedItems, progressOf } from './progress.ts';

/** Counters that a chunk can have: the parts of what was approved, which are items of the chunk. */
const chunk = fc
  .record({
    state: fc.constantFrom(...CHUNK_STATES),
    decided: fc.boolean(),
    parts: fc.array(fc.nat(50), { minLength: 8, maxLength: 8 }),
    abandoned: fc.nat(50),
  })
  .map(({ state, decided, parts, abandoned }): ChunkProgress => {
    const [done = 0, skipped = 0, failed = 0, uncertain = 0, notExecuted = 0, inFlight = 0, waiting = 0, unacted = 0] = parts;
    const approved = done + skipped + failed + uncertain + notExecuted + inFlight + waiting;
    const counters = { approved, done, skipped, failed, uncertain, notExecuted, inFlight };
    return { state, decided, itemCount: approved + unacted, counters, abandoned: Math.min(abandoned, uncertain) };
  });

test('progress is between 0 and 1, and 1 only if every item has its outcome or was closed', () => {
  fc.assert(
    fc.property(fc.array(chunk, { minLength: 1, maxLength: 8 }), fc.constantFrom(...BATCH_STATES), (chunks, state) => {
      const items = chunks.reduce((sum, { itemCount }) => sum + itemCount, 0);
      const finished = chunks.map(finishedItems).reduce((sum, one) => sum + one, 0);
      for (const one of chunks) {
        const of = finishedItems(one);
        expect(of).toBeGreaterThanOrEqual(0);
        expect(of).toBeLessThanOrEqual(one.itemCount);
        const open = waitingOf(one.counters) + one.counters.inFlight + one.counters.uncertain - one.abandoned;
        if (open > 0 && one.state !== 'done' && one.state !== 'closed') expect(of).toBeLessThan(one.itemCount);
      }
      const progress = progressOf(state, finished, items);
      expect(progress).toBeGreaterThanOrEqual(0);
      expect(progress).toBeLessThanOrEqual(1);
      if (state === 'cancelled') expect(progress).toBeLessThan(1);
    }),
  );
});

const COUNTERS = { approved: 0, done: 0, skipped: 0, failed: 0, uncertain: 0, notExecuted: 0, inFlight: 0 };
const of = (state: ChunkProgress['state'], counters: Partial<ChunkProgress['counters']> = {}, abandoned = 0) =>
  finishedItems({
    state,
    itemCount: 100,
    decided: counters.approved !== undefined,
    counters: { ...COUNTERS, ...counters },
    abandoned,
  });

test.each([
  ['what is being classified', of('classifying'), 0],
  ['what was signed by one of two', of('awaiting_second', { approved: 60 }), 0],
  ['what was approved: the 40 that need no action', of('approved', { approved: 60 }), 40],
  ['what is in flight', of('executing', { approved: 60, done: 10, inFlight: 8 }), 50],
  ['what is uncertain', of('unresolved', { approved: 60, done: 58, uncertain: 2 }), 98],
  ['what was accepted as unknown', of('unresolved', { approved: 60, done: 58, uncertain: 2 }, 1), 99],
  ['what was cancelled', of('cancelled', { approved: 60, done: 10, notExecuted: 50 }), 10],
  ['what was cancelled before its review', of('cancelled'), 0],
  ['what was closed', of('closed'), 100],
  ['what is done, its rest left unsent', of('done', { approved: 60, done: 10, notExecuted: 50 }), 100],
])('%s', (_, finished, expected) => {
  expect(finished).toBe(expected);
});

test('a cancelled batch is never finished, and one without items neither', () => {
  expect(progressOf('cancelled', 100, 100)).toBe(0.99);
  expect(progressOf('finished', 100, 100)).toBe(1);
  expect(progressOf('running', 0, 0)).toBe(0);
});
