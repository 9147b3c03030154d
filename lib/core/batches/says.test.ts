import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WAITS, type WaitsFor } from '#lib/core/chunks/waits-for.ts';
import { BATCH_STATES, CHUNK_OWNED, CHUNK_STATES, CHUNK_TERMINAL, STOPPINGS } from '#lib/core/lifecycle.ts';
import { type Standing, saysOf, standingOf, toReviewer, waitGroups } from './says.ts';

const NOW = '2026-11-26T14:02:00.000Z';
const wait = (what: WaitsFor['for'], chunks: number, more: Partial<WaitsFor> = {}): Standing => ({
  state: 'approved',
  waitsFor: { for: what, until: null, target: null, ...more },
  chunks,
});
const run = (chunks: number): Standing => ({ state: 'executing', waitsFor: null, chunks });
const halt = (chunks: number): Standing => ({ ...wait('person', chunks), state: 'halted' });
const says = (standing: Standing[], more: Partial<Parameters<typeof saysOf>[0]> = {}) =>
  saysOf({ state: 'running', standing, uncertain: 0, attended: true, now: NOW, ...more });
const CRM = 'https://crm.example';

test.each([
  [
    [run(4), wait('person', 2), wait('gate', 20)],
    'running',
    'Running (4) · waiting for a person (2) · waiting for an earlier review (20)',
  ],
  [[wait('gate', 21), wait('person', 1)], 'asks', 'Waiting for a person (1) · waiting for an earlier review (21)'],
  [[wait('person', 1), halt(2)], 'stands', 'Halted (2) · waiting for a person (1)'],
  [[run(1), halt(2)], 'running', 'Running (1) · halted (2)'],
  [[wait('target', 8, { target: CRM })], 'stands', 'Waiting for https://crm.example (8)'],
  [[wait('target', 1, { target: CRM }), wait('target', 1, { target: 'https://two' })], 'stands', 'Waiting for a target (2)'],
  [
    [wait('retry_after', 1, { until: '2026-11-26T15:01:20.000Z', target: CRM })],
    'waits',
    'Waiting for https://crm.example until 15:02 UTC, as the target asked (1)',
  ],
  [[wait('rate', 2, { until: '2026-11-26T14:02:00.000Z' })], 'waits', 'Waiting for its rate limit until 14:02 UTC (2)'],
  [
    [wait('person', 2), wait('target', 1, { target: CRM })],
    'stands',
    'Waiting for https://crm.example (1) · waiting for a person (2)',
  ],
  [[wait('person', 2), wait('rate', 1)], 'waits', 'Waiting for its rate limit (1) · waiting for a person (2)'],
  [[wait('worker', 1_200)], 'waits', 'Waiting for a worker (1,200)'],
  [[run(1), wait('predecessor', 3)], 'running', 'Running (1) · blocked by an earlier chunk (3)'],
  [[wait('paused', 1), wait('person', 1)], 'asks', 'Waiting for a person (1) · paused (1)'],
  [[], 'running', 'Running'],
] as const)('%j says %s: %s', (standing, mood, words) => {
  expect(says([...standing])).toEqual({ mood, words });
});

describe('what a batch says', () => {
  test('without a worker is that none is running', () => {
    expect(says([wait('worker', 2)], { attended: false })).toEqual({
      mood: 'stands',
      words: 'Waiting for a worker (2), and none is running',
    });
  });

  test('when it is over, or stands still, begins with that', () => {
    expect(says([], { state: 'finished', uncertain: 1 })).toEqual({ mood: 'finished', words: 'Finished · 1 action uncertain' });
    expect(says([run(2)], { state: 'cancelled' }).words).toBe('Cancelled · stopping (2)');
    expect(says([wait('paused', 9), run(1), wait('person', 2)], { state: 'paused' }).words).toBe(
      'Paused · running (1) · waiting for a person (2)',
    );
    expect(says([wait('gate', 9)], { state: 'proposed' })).toEqual({ mood: 'proposed', words: 'Not started' });
  });

  test('to a reviewer is about the reviewer', () => {
    expect(toReviewer(says([wait('person', 2)]).words)).toBe('Waiting for you (2)');
    expect(toReviewer(says([run(1), wait('person', 2)]).words)).toBe('Running (1) · waiting for you (2)');
    expect(toReviewer(says([wait('target', 2, { target: CRM })]).words)).toBe('Waiting for https://crm.example (2)');
  });
});

const HEADS = [
  /^Not started$/,
  /^Running( \([\d,]+\))?$/,
  /^Halted \([\d,]+\)$/,
  /^Waiting for .+ \([\d,]+\)(, and none is running)?$/,
  /^Blocked by .+ \([\d,]+\)$/,
  /^Paused( \([\d,]+\))?$/,
  /^Finished$/,
  /^Cancelled$/,
];
const instant = fc.constantFrom(null, '2026-11-26T15:01:30.000Z', '2026-11-27T00:00:01.000Z');
const target = fc.constantFrom(null, CRM, 'https://two.example');
const waiters = fc.array(
  fc.record({
    state: fc.constantFrom(...CHUNK_STATES.filter((state) => !CHUNK_TERMINAL.includes(state))),
    stopping: fc.constantFrom(null, ...STOPPINGS),
    chunks: fc.integer({ min: 1, max: 2_000 }),
    wait: fc.record({
      batchState: fc.constantFrom(...BATCH_STATES),
      ...{
        agents: fc.boolean(),
        owned: fc.boolean(),
        mayBegin: fc.boolean(),
        behind: fc.boolean(),
        haltedAtTarget: fc.boolean(),
      },
      ...{ heldBy: target, givenBackFor: fc.constantFrom(null, 'rate', 'retry_after', 'target'), notBefore: instant, target },
    }),
  }),
  { maxLength: 12 },
);

test('any set of chunks has exactly one word, and runs only where a worker holds one', () => {
  fc.assert(
    fc.property(waiters, fc.constantFrom(...BATCH_STATES), fc.nat(3), fc.boolean(), (chunks, state, uncertain, attended) => {
      const standing = standingOf(chunks);
      const { words } = says(standing, { state, uncertain, attended });
      const [head = '', ...others] = words.split(' · ');
      expect(HEADS.filter((word) => word.test(head))).toHaveLength(1);
      const held = chunks.some((chunk) => CHUNK_OWNED.includes(chunk.state) && chunk.wait.owned);
      if (!held && standing.length > 0) expect(words).not.toMatch(/(^|· )(running|stopping) \(/i);
      if (state === 'running' && held) expect(head).toMatch(/^Running \(/);
      // Each chunk is counted once.
      const counted = [head, ...others].reduce(
        (sum, part) => sum + Number(/ \(([\d,]+)\)/.exec(part)?.[1]?.replace(',', '') ?? 0),
        0,
      );
      const all = chunks.reduce((sum, one) => sum + one.chunks, 0);
      if (state === 'running') expect(counted).toBe(all);
      if (state === 'cancelled') expect(counted).toBe(all);
    }),
  );
});

test('every wait has words of its own', () => {
  const told = WAITS.map((what) => says([wait(what, 1)]).words);
  expect(new Set(told).size).toBe(WAITS.length);
  expect(says([wait('retry_after', 1)]).words).not.toBe(says([wait('target', 1)]).words);
});

test('groups hold the soonest hour, whatever the order in which it comes', () => {
  const [early, late] = ['2026-11-26T14:10:00.000Z', '2026-11-26T15:00:00.000Z'];
  for (const hours of [
    [early, late],
    [late, early],
  ]) {
    expect(waitGroups(hours.map((until) => wait('retry_after', 1, { until, target: CRM })))).toEqual([
      { for: 'retry_after', until: early, target: CRM, chunks: 2 },
    ]);
  }
});
