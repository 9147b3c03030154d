import { expect, test } from 'vitest';
import { answeredWords, CANNOT_ASK, groupTitle, inspectedWords } from './words.ts';

const at = { from: '2026-11-23T14:05:10.000Z', to: '2026-11-23T14:07:59.000Z' };
test.each([
  [
    { cause: 'without an answer', worker: '4711 on host', count: 24, ...at },
    '24 from worker 4711 on host, lost at 2026-11-23 14:05 UTC',
  ],
  [{ cause: 'not answered in time', worker: null, count: 3, ...at }, '3 not answered in time, 2026-11-23 14:05 UTC to 14:07 UTC'],
  [
    { cause: 'without an answer', worker: null, count: 1200, ...at, to: '2026-11-24T00:01:00.000Z' },
    '1,200 without an answer, 2026-11-23 14:05 UTC to 2026-11-24 00:01 UTC',
  ],
])('%j: %s', (group, title) => expect(groupTitle(group)).toBe(title));

test('no code reaches the screen', () => {
  for (const reason of ['worker_lost', 'timeout', 'reset', 'aborted', 'http_500', 'too_long', 'something_new', null]) {
    expect(inspectedWords({ finding: 'unknown', reason })).not.toMatch(/_/);
  }
});

const answered = (more: object) => ({ answered: 0, skipped: [], left: 0, said: [], ...more });
test.each([
  ['did_not', answered({ answered: 4 }), 'Recorded for 4 actions: it didn’t happen. Nothing was sent.'],
  ['happened', answered({ answered: 1, skipped: [2, 3] }), 'Recorded for 1 action: it happened. 2 had already been answered.'],
  ['happened', answered({ skipped: [2] }), 'Nothing was recorded. 1 had already been answered.'],
  ['later', answered({}), 'Left open. Nothing was recorded.'],
  ['ask', answered({ said: [{ finding: 'cannot_ask', reason: null }] }), CANNOT_ASK],
  ['ask', answered({ said: [{ finding: 'happened', reason: null }], answered: 1 }), 'The target says that it happened.'],
  [
    'ask',
    answered({ said: ['happened', 'happened', 'not_there', 'unknown'].map((finding) => ({ finding, reason: null })), left: 3 }),
    'The target was asked: 2 happened, 1 not there, 1 unclear. 3 are left. Answer again.',
  ],
] as const)('%s, %j: %s', (answer, outcome, words) => expect(answeredWords(answer, outcome as never)).toBe(words));
