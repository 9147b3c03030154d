import { expect, test } from 'vitest';
import { chunkLook } from './state.ts';

test.each([
  [{ state: 'executing', stopping: 'pause' }, 'Pausing'],
  [{ state: 'executing', stopping: 'cancel' }, 'Stopping'],
  [{ state: 'executing', stopping: 'accept_rest' }, 'Settling what is out'],
  [{ state: 'done', counts: { failed: 0, notExecuted: 1656 } }, 'Done, 1,656 not executed'],
  [{ state: 'done', counts: { failed: 42, notExecuted: 656 } }, 'Done, 42 failed, 656 not executed'],
  [{ state: 'done', counts: { failed: 1, notExecuted: 0 } }, 'Done, some failed'],
  [{ state: 'done', counts: { failed: 0, notExecuted: 0 } }, 'Done'],
  [{ state: 'paused', stopping: null }, 'Paused'],
  // Paused before anybody began: the state says what it goes on with, the page that it stands still.
  [{ state: 'approved', stopping: 'pause' }, 'Paused'],
  [{ state: 'queued', stopping: 'pause', note: 'not all lists are noise' }, 'Paused'],
  [{ state: 'queued', stopping: null, note: 'not all lists are noise' }, 'Sent back'],
] as const)('%j is shown as %s', (chunk, word) => {
  expect(chunkLook(chunk).word).toBe(word);
});
