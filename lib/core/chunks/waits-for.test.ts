import { describe, expect, test } from 'vitest';
import { BATCH_STATES, CHUNK_OWNED, CHUNK_STATES, CHUNK_TERMINAL, STOPPINGS } from '#lib/core/lifecycle.ts';
import { type Waiter, type WaitFacts, type WaitsFor, waitsFor, waitWords } from './waits-for.ts';

const HOUR = '2026-11-26T15:01:30.000Z';
const TARGET = 'https://crm.example';
const FACTS: WaitFacts = {
  ...{ batchState: 'running', agents: false, owned: false, mayBegin: true, behind: false, haltedAtTarget: false },
  ...{ heldBy: null, givenBackFor: null, notBefore: null, target: null },
};
const chunk = (state: Waiter['state'], wait: Partial<WaitFacts> = {}, stopping: Waiter['stopping'] = null): Waiter => ({
  state,
  stopping,
  wait: { ...FACTS, ...wait },
});
const on = (what: WaitsFor['for'], more: Partial<WaitsFor> = {}) => ({ for: what, until: null, target: null, ...more });
const givenBack = (givenBackFor: WaitFacts['givenBackFor']) => ({ givenBackFor, notBefore: HOUR, target: TARGET });

test.each([
  ['what nobody let through', chunk('proposed'), on('gate')],
  ['what is queued', chunk('queued'), on('worker')],
  ['what a worker classifies', chunk('classifying', { owned: true }), null],
  ['what lost its worker', chunk('classifying'), on('worker')],
  ['what agents classify', chunk('queued', { agents: true }), on('agent')],
  ['what an agent left behind', chunk('classifying', { agents: true }), on('agent')],
  ['what agents classified and a worker executes', chunk('executing', { agents: true }), on('worker')],
  ['what is to be reviewed', chunk('awaiting_review'), on('person')],
  ['what wants a second signature', chunk('awaiting_second'), on('person')],
  ['what wants a release', chunk('awaiting_release'), on('person')],
  ['what wants answers', chunk('unresolved'), on('person')],
  ['what is approved', chunk('approved'), on('worker')],
  ['what begins when another chunk’s first actions were looked at', chunk('approved', { mayBegin: false }), on('person')],
  ['what is executed', chunk('executing', { owned: true, heldBy: TARGET }), null],
  ['what a breaker holds', chunk('executing', { heldBy: TARGET }), on('target', { target: TARGET })],
  ['what is classified meanwhile', chunk('queued', { heldBy: TARGET }), on('worker')],
  ['what halted at a target', chunk('halted', { haltedAtTarget: true, heldBy: TARGET }), on('target', { target: TARGET })],
  ['what halted for a cause of its own', chunk('halted', { heldBy: TARGET }), on('person')],
  ['what its rate holds', chunk('executing', givenBack('rate')), on('rate', { until: HOUR })],
  [
    'what the target told to wait',
    chunk('executing', givenBack('retry_after')),
    on('retry_after', { until: HOUR, target: TARGET }),
  ],
  ['what a target has no room for', chunk('approved', givenBack('target')), on('target', { until: HOUR, target: TARGET })],
  [
    'what a breaker holds longer than its hour',
    chunk('executing', { ...givenBack('rate'), heldBy: TARGET }),
    on('target', { target: TARGET }),
  ],
  ['what depends on another chunk', chunk('queued', { behind: true }), on('predecessor')],
  ['what depends on another chunk to execute', chunk('approved', { behind: true, heldBy: TARGET }), on('predecessor')],
  ['what was paused at work', chunk('paused'), on('paused')],
  ['what was paused before', chunk('queued', {}, 'pause'), on('paused')],
  ['what is just being paused', chunk('executing', { owned: true, batchState: 'paused' }, 'pause'), null],
  ['what nobody brings to its pause', chunk('executing', { batchState: 'paused' }, 'pause'), on('worker')],
  ['what is queued in a paused batch', chunk('queued', { batchState: 'paused' }), on('paused')],
  ['what is reviewed in a paused batch', chunk('awaiting_review', { batchState: 'paused' }), on('person')],
  ['what is being cancelled, held or not', chunk('executing', { ...givenBack('rate'), heldBy: TARGET }, 'cancel'), on('worker')],
  ['what is done', chunk('done', { heldBy: TARGET }), null],
])('%s', (_, waiter, expected) => {
  expect(waitsFor(waiter)).toEqual(expected);
});

test('whatever stands still says what it waits for', () => {
  const flags = [true, false];
  for (const state of CHUNK_STATES)
    for (const stopping of [null, ...STOPPINGS])
      for (const batchState of BATCH_STATES)
        for (const owned of flags)
          for (const mayBegin of flags)
            for (const behind of flags)
              for (const heldBy of [null, TARGET])
                for (const givenBackFor of [null, 'rate', 'retry_after', 'target'] as const) {
                  const wait = { ...FACTS, batchState, owned, mayBegin, behind, heldBy, givenBackFor };
                  const moves = CHUNK_TERMINAL.includes(state) || (CHUNK_OWNED.includes(state) && owned);
                  expect(waitsFor({ state, stopping, wait }) === null, `${state} ${stopping} ${JSON.stringify(wait)}`).toBe(
                    moves,
                  );
                }
});

describe('the words', () => {
  const now = '2026-11-26T14:02:00.000Z';
  test.each([
    [on('retry_after', { until: HOUR }), 'waiting for a target until 15:02 UTC, as the target asked'],
    [on('retry_after', { until: HOUR, target: TARGET }), 'waiting for https://crm.example until 15:02 UTC, as the target asked'],
    [
      on('retry_after', { until: '2026-11-27T00:00:00.001Z' }),
      'waiting for a target until 2026-11-27 00:01 UTC, as the target asked',
    ],
    [on('rate', { until: '2026-11-26T14:02:00.000Z' }), 'waiting for its rate limit until 14:02 UTC'],
    [on('target', { target: TARGET }), 'waiting for https://crm.example'],
    [on('worker'), 'waiting for a worker'],
    [on('agent'), 'waiting for an agent'],
    [on('paused'), 'paused'],
    [on('predecessor'), 'blocked by an earlier chunk'],
  ])('%j: %s', (waits, words) => {
    expect(waitWords(waits, now)).toBe(words);
  });
});
