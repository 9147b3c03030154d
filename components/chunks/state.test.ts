import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type WaitFacts, waitsFor } from '#lib/core/chunks/waits-for.ts';
import { BATCH_STATES, CHUNK_OWNED, CHUNK_STATES, STOPPINGS } from '#lib/core/lifecycle.ts';
import { chunkLook } from './state.ts';

test.each([
  [{ state: 'executing', stopping: 'pause' }, 'Pausing'],
  [{ state: 'executing', stopping: 'cancel' }, 'Stopping'],
  [{ state: 'executing', stopping: 'accept_rest' }, 'Settling open requests'],
  [{ state: 'done', counts: { failed: 0, notExecuted: 1656 } }, 'Done, 1,656 not executed'],
  [{ state: 'done', counts: { failed: 42, notExecuted: 656 } }, 'Done, 42 failed, 656 not executed'],
  [{ state: 'done', counts: { failed: 1, notExecuted: 0 } }, 'Done, some failed'],
  [{ state: 'done', counts: { failed: 0, notExecuted: 0 } }, 'Done'],
  [{ state: 'paused', stopping: null }, 'Paused'],
  // Paused before anybody began: the state says what it goes on with, the page that it stands still.
  [{ state: 'approved', stopping: 'pause' }, 'Paused'],
  [{ state: 'queued', stopping: 'pause', note: 'not all lists are noise' }, 'Paused'],
  [{ state: 'queued', stopping: null, note: 'not all lists are noise' }, 'Sent back'],
  [{ state: 'executing', waitsFor: { for: 'worker' } }, 'Waiting for a worker'],
  [{ state: 'classifying', waitsFor: { for: 'worker' } }, 'Waiting for a worker'],
  [{ state: 'executing', waitsFor: { for: 'rate' } }, 'Waiting for its rate limit'],
  [{ state: 'executing', waitsFor: { for: 'target' } }, 'Waiting for its target'],
  [{ state: 'executing', waitsFor: { for: 'retry_after' } }, 'Waiting as its target asked'],
  [{ state: 'queued', waitsFor: { for: 'predecessor' } }, 'Blocked by an earlier chunk'],
  [{ state: 'queued', waitsFor: { for: 'worker' } }, 'Queued'],
  [{ state: 'classifying', waitsFor: { for: 'agent' } }, 'Waiting for an agent'],
  [{ state: 'approved', waitsFor: { for: 'person' } }, 'Approved, waiting for release'],
  // Its batch was paused.
  [{ state: 'executing', waitsFor: { for: 'paused' } }, 'Paused'],
  [{ state: 'halted', waitsFor: { for: 'target' } }, 'Halted'],
  [{ state: 'unresolved', waitsFor: { for: 'person' } }, 'Uncertain'],
] as const)('%j is shown as %s', (chunk, word) => {
  expect(chunkLook({ waitsFor: null, ...chunk }).word).toBe(word);
});

const target = fc.constantFrom(null, 'https://crm.example');
const facts: fc.Arbitrary<WaitFacts> = fc.record({
  batchState: fc.constantFrom(...BATCH_STATES),
  ...{
    agents: fc.boolean(),
    owned: fc.boolean(),
    mayBegin: fc.boolean(),
    behind: fc.boolean(),
    haltedAtTarget: fc.boolean(),
    heldBy: target,
    target,
  },
  ...{ givenBackFor: fc.constantFrom(null, 'rate', 'retry_after', 'target'), notBefore: fc.constant(null) },
});

test('a chunk that no worker holds never says that it is executing or classifying, and each has a word', () => {
  const one = fc.record({
    state: fc.constantFrom(...CHUNK_STATES),
    stopping: fc.constantFrom(null, ...STOPPINGS),
    wait: facts,
    reviewed: fc.boolean(),
    note: fc.constantFrom(null, 'not all lists are noise'),
  });
  fc.assert(
    fc.property(one, ({ state, stopping, wait, reviewed, note }) => {
      const { word } = chunkLook({ state, stopping, reviewed, note, waitsFor: waitsFor({ state, stopping, wait }) });
      expect(word).toMatch(/^[A-Z]/);
      const held = CHUNK_OWNED.includes(state) && wait.owned;
      if (!held) expect(word).not.toMatch(/^(Executing|Classifying)$/);
      if (held && stopping === null && state === 'executing') expect(word).toBe('Executing');
    }),
  );
});
