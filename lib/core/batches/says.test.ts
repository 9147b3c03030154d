import { describe, expect, test } from 'vitest';
import type { WaitsFor } from '#lib/core/chunks/waits-for.ts';
import { type Standing, saysOf, waitGroups } from './says.ts';

const NOW = '2026-11-26T14:02:00.000Z';
const wait = (what: WaitsFor['for'], chunks: number, more: Partial<WaitsFor> = {}): Standing => ({
  waitsFor: { for: what, until: null, target: null, ...more },
  chunks,
});
const run = (chunks: number): Standing => ({ waitsFor: null, chunks });
const says = (standing: Standing[], more: Partial<Parameters<typeof saysOf>[0]> = {}) =>
  saysOf({ state: 'running', standing, uncertain: 0, attended: true, now: NOW, ...more });
const CRM = 'https://crm.example';

test.each([
  [[run(4), wait('person', 2), wait('gate', 20)], 'running', '4 chunks run · 2 wait for a person · 20 wait to be let through'],
  [[wait('gate', 21), wait('person', 1)], 'asks', '1 chunk waits for a person · 21 wait to be let through'],
  [[wait('target', 8, { target: CRM })], 'stands', '8 chunks wait for https://crm.example'],
  [
    [wait('target', 1, { target: CRM }), wait('target', 1, { target: 'https://two' })],
    'stands',
    '2 chunks wait for their targets',
  ],
  [
    [wait('retry_after', 1, { until: '2026-11-26T15:01:20.000Z' })],
    'waits',
    '1 chunk waits until 15:02 UTC because the target asked for it',
  ],
  [[wait('rate', 2, { until: '2026-11-26T14:02:00.000Z' })], 'waits', '2 chunks wait for their rate until 14:02 UTC'],
  [[wait('worker', 1_200)], 'waits', '1,200 chunks wait for a worker'],
  [[run(1), wait('predecessor', 3)], 'running', '1 chunk runs · 3 wait for the chunk before them'],
  [[wait('paused', 1), wait('person', 1)], 'asks', '1 chunk waits for a person · 1 is paused'],
  [[], 'running', 'Running'],
] as const)('%j says %s: %s', (standing, mood, words) => {
  expect(says([...standing])).toEqual({ mood, words });
});

describe('what a batch says', () => {
  test('without a worker is that none is running', () => {
    expect(says([wait('worker', 2)], { attended: false })).toEqual({
      mood: 'stands',
      words: '2 chunks wait for a worker, and none is running',
    });
  });

  test('when it is over, or stands still, begins with that', () => {
    expect(says([], { state: 'finished', uncertain: 1 })).toEqual({ mood: 'finished', words: 'Finished · 1 action uncertain' });
    expect(says([run(2)], { state: 'cancelled' }).words).toBe('Cancelled · 2 chunks run');
    expect(says([wait('paused', 9), run(1), wait('person', 2)], { state: 'paused' }).words).toBe(
      'Paused · 1 chunk runs · 2 wait for a person',
    );
    expect(says([wait('gate', 9)], { state: 'proposed' })).toEqual({ mood: 'proposed', words: 'Not started' });
  });
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
