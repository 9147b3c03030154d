import { describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { DATABASE_FAULTS } from '#lib/core/fleet/database-fault.ts';
import { INCIDENT_KINDS } from '#lib/core/fleet/incident-kinds.ts';
import { ACTION_TRANSITIONS, BATCH_STATES, CHUNK_OWNED, CHUNK_STATES, DATASET_STATES, STOPPINGS } from '#lib/core/lifecycle.ts';
import { NOTICE_CHANNELS, NOTICE_KINDS, NOTICE_PHASES, NOTICE_STATES, NOTICE_WAYS } from '#lib/core/notices/kinds.ts';
import { FACTORS } from '#lib/core/people/factors.ts';
import { AGENT_SCOPES, KEY_ROLES, ROLES } from '#lib/core/people/roles.ts';
import { ROUTINGS } from '#lib/core/plans/kinds.ts';
import type { ReceiptBody } from '#lib/ledger/receipt.ts';
import { ERASURE_KINDS, ERASURE_STATES } from '#lib/shapes/erasure.ts';
import { VERDICTS } from '#lib/shapes/evidence.ts';
import { workerRow, workerWish } from '#lib/shapes/fleet.ts';
import { TASK_ACTS } from '#lib/shapes/tasks.ts';
import type { Wait } from '#lib/store/chunks/claims.sql.ts';
import type { ErrandAnswer, ErrandClosed } from '#lib/store/errands/errands.sql.ts';
import type { Settled } from '#lib/store/models/calls.sql.ts';
import type { InspectedAction } from '#lib/store/uncertain/inspections.sql.ts';
import { testDatabase } from '#test/database.ts';

const { pool } = await testDatabase();

/** The words of a union of the code; one too many or too few does not compile. */
const words = <T extends string>(all: Record<T, true>): string[] => Object.keys(all);

/** kind -> the results that a receipt of it may have, as the transitions have them. */
const RESULTS = new Map<string, string[]>(
  words<ReceiptBody['kind']>({
    ...{ intent: true, outcome: true, resolution: true, decision: true, correction: true },
    ...{ start: true, plan: true, closing: true, attestation: true },
  }).map((kind) => [kind, []]),
);
for (const name of Object.keys(ACTION_TRANSITIONS)) {
  const [kind = '', result] = name.split(':');
  if (result) RESULTS.get(kind)?.push(result);
}
const WITHOUT_ACTION = [...RESULTS.keys()].filter(
  (kind) => !Object.keys(ACTION_TRANSITIONS).some((name) => name.startsWith(kind)),
);

/** In chunk 0, and nowhere else. */
const OF_THE_BATCH = words<'start' | 'plan' | 'closing'>({ start: true, plan: true, closing: true });

/** Every check of the database that lists words, and the set of the code that it is. */
const SETS: Record<string, readonly string[]> = {
  api_key_role_check: KEY_ROLES,
  api_key_scoped_check: ['agent'],
  api_key_scopes_check: AGENT_SCOPES,
  api_key_start_check: ['start', 'supervise'],
  dataset_state_check: DATASET_STATES,
  batch_state_check: BATCH_STATES,
  batch_routing_check: ROUTINGS,
  chunk_state_check: CHUNK_STATES,
  chunk_stopping_check: STOPPINGS,
  chunk_halted_from_check: CHUNK_OWNED,
  chunk_waits_for_check: words<Wait['for']>({ rate: true, retry_after: true, target: true, agent: true }),
  breaker_state_check: ['open', 'probing'],
  decision_via_check: words<Actor['via']>({ page: true, api: true }),
  erasure_confirmed_check: ['erasing', 'done'],
  erasure_kind_check: ERASURE_KINDS,
  erasure_state_check: ERASURE_STATES,
  erasure_wanted_check: ['value', 'looking', 'found', 'erasing'],
  errand_answer_check: words<ErrandAnswer>({ done: true, failed: true }),
  errand_answered_check: ['heard', 'withdrawn'],
  errand_closed_check: words<ErrandClosed>({ heard: true, silent: true, withdrawn: true }),
  follow_up_act_kind_check: TASK_ACTS,
  incident_kind_check: Object.keys(INCIDENT_KINDS),
  matter_kind_check: NOTICE_KINDS,
  model_call_outcome_check: words<'sent' | Settled['outcome']>({ sent: true, answered: true, refused: true, broken: true }),
  notice_channel_check: NOTICE_CHANNELS,
  notice_choice_by_check: NOTICE_WAYS,
  notice_choice_kind_check: NOTICE_KINDS,
  notice_phase_check: NOTICE_PHASES,
  notice_state_check: NOTICE_STATES,
  inspection_finding_check: words<InspectedAction['said']['finding']>({ happened: true, not_there: true, unknown: true }),
  receipt_kind_check: [...RESULTS.keys()],
  receipt_result_check: [...RESULTS].flatMap(([kind, results]) => (results.length > 0 ? [kind, ...results] : [])),
  receipt_seq_check: OF_THE_BATCH,
  receipt_step_check: [...RESULTS.keys()].filter((kind) => !WITHOUT_ACTION.includes(kind)),
  review_verdict_check: VERDICTS,
  session_factor_check: FACTORS,
  setup_link_role_check: ROLES,
  user_role_check: ROLES,
  worker_fault_check: DATABASE_FAULTS,
  worker_state_check: workerRow.shape.state.options,
  worker_wish_check: workerWish.shape.wish.options,
};

test('every set that the database holds a column to is the one that the code has', async () => {
  const { rows } = await pool.query<{ name: string; definition: string }>(
    `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND pg_get_constraintdef(oid) ~ '''\\w+''::text' ORDER BY 1`,
  );
  const held = rows.map(({ name, definition }) => [
    name,
    [...definition.matchAll(/'(\w+)'::text/g)].map(([, word]) => word).sort(),
  ]);
  const wanted = Object.entries(SETS).map(([name, set]) => [name, [...set].sort()]);
  expect(Object.fromEntries(held)).toEqual(Object.fromEntries(wanted));
});

describe.each([...RESULTS])('a receipt that is %s', (kind, results) => {
  const all = [...new Set([...RESULTS.values()].flat())];

  test(`has a result of ${results.join(', ') || 'none'}, and no other`, async () => {
    const [ordinal, step] = WITHOUT_ACTION.includes(kind) ? [null, null] : [1, 1];
    const taken: (string | null)[] = [];
    for (const result of [null, ...all])
      await insertReceipt([kind, result, ordinal, step, '{}', 32]).then(
        () => taken.push(result),
        () => {},
      );
    expect(taken.sort()).toEqual(results.length > 0 ? [...results].sort() : [null]);
  });
});

test.each([
  ['a receipt of an unknown kind', ['guess', null, 1, 1, '{}', 32]],
  ['an outcome without a result', ['outcome', null, 1, 1, '{}', 32]],
  ['a decision on an item', ['decision', null, 1, 1, '{}', 32]],
  ['an intent without an item', ['intent', null, null, null, '{}', 32]],
  ['a step zero', ['intent', null, 1, 0, '{}', 32]],
  ['a leaf that is no SHA-256', ['intent', null, 1, 1, '{}', 31]],
  ['an intent of the batch itself', ['intent', null, 1, 1, '{}', 32, 0]],
  ['a start in a chunk', ['start', null, null, null, '{}', 32, 1]],
  ['a body over the limit', ['intent', null, 1, 1, 'x'.repeat(65_536), 32]],
] as const)('the database refuses %s', async (_what, receipt) => {
  await expect(insertReceipt(receipt)).rejects.toThrow(/violates check constraint "receipt_/);
});

type Row = readonly [
  kind: string,
  result: string | null,
  ordinal: number | null,
  step: number | null,
  body: string,
  leafBytes: number,
  chunk?: number,
];

function insertReceipt([
  kind,
  result,
  ordinal,
  step,
  body,
  leafBytes,
  chunk = OF_THE_BATCH.includes(kind) ? 0 : 1,
]: Row): Promise<unknown> {
  return pool.query(
    `INSERT INTO receipt (batch_id, chunk, seq, kind, result, ordinal, step, body, leaf) VALUES (gen_random_uuid(), $7, 1, $1, $2, $3, $4, $5, $6)`,
    [kind, result, ordinal, step, Buffer.from(body), Buffer.alloc(leafBytes), chunk],
  );
}
