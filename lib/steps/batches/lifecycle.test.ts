/**
 * The lifecycles walked for real: every transition of lib/core/lifecycle.ts by the verb or the worker that causes it, every change of a state as the
 * database saw it, and every verb in every state in which the tables do not allow it.
 */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import {
  ACTION_TRANSITIONS,
  type ActionReceiptKind,
  BATCH_STATES,
  BATCH_TRANSITIONS,
  type BatchState,
  CHUNK_PAUSABLE,
  CHUNK_RELEASABLE,
  CHUNK_STATES,
  CHUNK_TRANSITIONS,
  CHUNK_UNCLASSIFIED,
  type ChunkState,
  chunkFrom,
  DATASET_STATES,
  DATASET_TRANSITIONS,
} from '#lib/core/lifecycle.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { executeChunk } from '#lib/steps/actions/execute-chunk.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { type DecideInput, decide } from '#lib/steps/checkpoints/decide.ts';
import { classifyChunk } from '#lib/steps/chunks/classify-chunk.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { reviseRules } from '#lib/steps/plans/revise-rules.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { settleBatches } from '#lib/store/actions/execution.sql.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { claimChunk } from '#lib/store/chunks/claims.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type Seed, type SeedChunk, type SeededBatch, type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO, chunkStates, leasesCount, target, workUntil } from '#test/fixtures/started-batch.ts';
import { atSize, FULL } from '#test/size.ts';
import { acceptRest } from './accept-rest.ts';
import { cancel } from './cancel.ts';
import { createBatch } from './create-batch.ts';
import { pause } from './pause.ts';
import { resume } from './resume.ts';
import { retry } from './retry.ts';
import { startBatch } from './start-batch.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool, ownerPool } = await testDatabase();

type Table = 'dataset' | 'batch' | 'chunk' | 'action';
const TABLES = {
  dataset: DATASET_TRANSITIONS,
  batch: BATCH_TRANSITIONS,
  chunk: CHUNK_TRANSITIONS,
  action: ACTION_TRANSITIONS,
} as const satisfies Record<Table, Record<string, { from: readonly string[]; to: string }>>;

/** No connector leaves out what was approved. It is in the receipts' format, so that a reader of a later version's receipts knows it. */
const NOBODY_WRITES = ['action outcome:skipped from planned'];

type Row = { table: Table; name: string; from: string; to: string };
const ROWS: Row[] = Object.entries(TABLES).flatMap(([table, transitions]) =>
  Object.entries(transitions).flatMap(([name, { from, to }]) =>
    from.map((one: string): Row => ({ table: table as Table, name, from: one, to })),
  ),
);
const titleOf = ({ table, name, from }: Row): string => `${table} ${name} from ${from}`;

/** Every change of a state, by whichever statement; a takeover changes the epoch and leaves the state. */
const WATCH = `
CREATE SCHEMA seen;
CREATE TABLE seen.change (id bigserial, what text, "from" text, "to" text);
CREATE FUNCTION seen.changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF current_setting('seen.arranging', true) IS DISTINCT FROM 'on' THEN
    INSERT INTO seen.change (what, "from", "to") VALUES (TG_TABLE_NAME, OLD.state, NEW.state);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER seen_dataset AFTER UPDATE ON dataset FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION seen.changed();
CREATE TRIGGER seen_batch AFTER UPDATE ON batch FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION seen.changed();
CREATE TRIGGER seen_chunk AFTER UPDATE ON chunk FOR EACH ROW
  WHEN (NEW.state <> OLD.state OR (NEW.epoch <> OLD.epoch AND NEW.lease_owner IS NOT NULL)) EXECUTE FUNCTION seen.changed();`;

type Change = { table: Table; from: string; to: string };

async function changesSince(id: number): Promise<Change[]> {
  const { rows } = await ownerPool.query<Change>(
    'SELECT what AS "table", "from", "to" FROM seen.change WHERE id > $1 ORDER BY id',
    [id],
  );
  return rows;
}

async function lastChange(): Promise<number> {
  const { rows } = await ownerPool.query<{ id: number }>('SELECT coalesce(max(id), 0)::int AS id FROM seen.change');
  return rows[0]?.id ?? 0;
}

/** What the test does to the tables behind everybody's back is no transition. */
async function arrange(...statements: string[]): Promise<void> {
  await pool.query(["BEGIN; SET LOCAL seen.arranging = 'on'", ...statements, 'COMMIT'].join('; '));
}

beforeAll(async () => {
  await ownerPool.query(WATCH);
  await leasesCount(pool);
});

/** A worker takes whatever is claimable, so who walks finds nothing that another left. */
const clear = (): Promise<void> =>
  arrange(
    "UPDATE batch SET state = 'cancelled' WHERE state NOT IN ('finished', 'cancelled')",
    "UPDATE chunk SET state = 'cancelled', epoch = epoch + 1, lease_owner = NULL WHERE state NOT IN ('done', 'closed', 'cancelled')",
  );

const PLAN: Partial<PlanInput> = {
  classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
  categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
  execution: { first: 0 },
  receiptFields: [],
};

function http(url: string, execution: object = {}): Partial<PlanInput> {
  const action = { connector: 'http', do: 'POST', with: { url, timeoutMs: 20_000 } };
  return { ...PLAN, categories: [{ name: 'noise', action }], execution: { first: 0, concurrency: 1, ...execution } };
}

const RECEIPTS: Partial<Record<ChunkState, ActionReceiptKind[]>> = {
  unresolved: ['intent', 'outcome:uncertain'],
  done: ['intent', 'outcome:failed'],
};
/** A chunk of two items as it stands in this state. */
function standing(state: ChunkState, ...receipts: ActionReceiptKind[]): SeedChunk {
  const own = receipts.length > 0 ? receipts : (RECEIPTS[state] ?? []);
  const item = (of: ActionReceiptKind[]): SeedItem => ({
    fields: { subject: 'one' },
    ...(!CHUNK_UNCLASSIFIED.includes(state) && { category: 'noise' }),
    ...(of.length > 0 && { receipts: of }),
  });
  const decided = state === 'halted' ? { decidedBy: ADA.id, haltReason: 'a fault' } : {};
  return { state, items: [item(own), item(state === 'done' ? own : [])], ...decided };
}
const TWO: Partial<PlanInput> = { ...PLAN, gates: { approvals: 2 } };
/** What awaits a second signature has a first one: Bo's. */
async function seed(chunk: SeedChunk, more: Partial<Seed> = {}): Promise<SeededBatch> {
  if (chunk.state !== 'awaiting_second') return seedBatch(pool, { plan: PLAN, ...more, chunks: [chunk] });
  const batch = await seedBatch(pool, { plan: TWO, ...more, chunks: [{ ...chunk, state: 'awaiting_review' }] });
  await decides(batch, { execute: true }, BO);
  // It is told of a moment later.
  const told = 'SELECT count(*)::int AS count FROM event WHERE batch_id = $1';
  await expect.poll(async () => (await pool.query(told, [batch.batchId])).rows[0].count, { interval: 10 }).toBe(1);
  return batch;
}
const claim = () => claimChunk(pool, randomUUID());
const until =
  ({ batchId }: SeededBatch, ...states: ChunkState[]) =>
  async () =>
    (await chunkStates(pool, batchId)).every((state) => states.includes(state as ChunkState));
const works = (batch: SeededBatch, ...states: ChunkState[]): Promise<void> => workUntil(pool, until(batch, ...states));

async function digestOf(batch: SeededBatch): Promise<string> {
  const [chunk] = batch.chunks;
  if (chunk?.digest) return chunk.digest;
  return (await buildManifest(pool, { ...batch, chunkId: chunk?.id ?? '' }, requestBuilder)).digest;
}

async function decides(batch: SeededBatch, answers: Partial<DecideInput>, by = ADA): Promise<unknown> {
  const chunks = [{ number: 1, digest: await digestOf(batch) }];
  const said = { next: false, execute: false, override: 'a test looks at nothing', note: 'again', ...answers };
  return decide(by, { batchId: batch.batchId, chunks, ...said });
}

/** Other rules for the batch, its one chunk named. */
const revises = ({ batchId, plan }: SeededBatch): Promise<unknown> => {
  const rules = [{ when: 'true', category: plan.categories[0]?.name ?? '' }];
  return reviseRules(ADA, { batchId, change: { revision: 1, rules, chunks: [1] } });
};

/** Worked by a worker to which `first` happens between its claim and its work. */
const interrupted = (batch: SeededBatch, first: () => Promise<unknown>, ...states: ChunkState[]): Promise<void> =>
  workUntil(pool, until(batch, ...states), {
    classifying: async (task) => {
      await first();
      return classifyChunk(task);
    },
    executing: async (task) => {
      await first();
      return executeChunk(task);
    },
  });

const fails = async (): Promise<never> => {
  throw new Error('a fault');
};

async function cancelled(state: ChunkState): Promise<unknown> {
  const { batchId } = await seed(standing(state));
  return cancel(ADA, { batchId, chunk: 1 });
}

/** A file that is arriving for as long as the test likes. */
async function* lines(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** By title: what makes it happen. */
const WALKS: Record<string, () => Promise<unknown>> = {
  'dataset complete from receiving': () => uploadDataset(ADA, { name: 'a.csv', source: lines('subject\none\n') }),
  'dataset fail from receiving': () => uploadDataset(ADA, { name: 'a.csv', source: lines('subject\n') }).catch(() => {}),

  'batch start from proposed': async () => startBatch(ADA, await named(seed(standing('proposed'), { state: 'proposed' }))),
  'batch pause from running': async () => pause(ADA, await named(seed(standing('queued')))),
  'batch resume from paused': async () => resume(ADA, await named(seed(standing('queued'), { state: 'paused' }))),
  'batch finish from running': async () => works(await seed(standing('approved')), 'done'),
  'batch cancel from proposed': async () => cancel(ADA, await named(seed(standing('proposed'), { state: 'proposed' }))),
  'batch cancel from running': async () => cancel(ADA, await named(seed(standing('queued')))),
  'batch cancel from paused': async () => cancel(ADA, await named(seed(standing('queued'), { state: 'paused' }))),
  'batch retry from finished': async () => retry(ADA, await named(seed(standing('done'), { state: 'finished' }))),

  'chunk open_gate from proposed': async () => startBatch(ADA, await named(seed(standing('proposed'), { state: 'proposed' }))),
  'chunk claim_classify from queued': async () => (await seed(standing('queued'))) && claim(),
  'chunk claim_classify from classifying': async () => (await seed(standing('classifying'))) && claim(),
  'chunk yield_classify from classifying': async () => {
    const { batchId } = await seed(standing('queued'));
    let yielded = false;
    await workUntil(pool, async () => yielded, {
      classifying: async (task) => {
        await pause(ADA, { batchId });
        const how = await classifyChunk(task);
        yielded = true;
        return how;
      },
    });
  },
  'chunk halt_classify from classifying': async () => interrupted(await seed(standing('queued')), fails, 'halted'),
  'chunk classified from classifying': async () => works(await seed(standing('queued')), 'awaiting_review'),
  'chunk approve from awaiting_review': async () => decides(await seed(standing('awaiting_review')), { execute: true }),
  'chunk send_back from awaiting_review': async () => decides(await seed(standing('awaiting_review')), { sendBack: true }),
  'chunk classify_again from classifying': async () => revises(await seed(standing('classifying'))),
  'chunk classify_again from awaiting_review': async () => revises(await seed(standing('awaiting_review'))),
  'chunk approve from awaiting_second': async () => decides(await seed(standing('awaiting_second')), { execute: true }),
  'chunk approve_first_of_two from awaiting_review': async () =>
    decides(await seed(standing('awaiting_review'), { plan: TWO }), { execute: true }),
  'chunk refuse_second from awaiting_second': async () => decides(await seed(standing('awaiting_second')), { sendBack: true }),
  'chunk close from awaiting_review': async () => decides(await seed(standing('awaiting_review')), { close: true }),
  'chunk claim_execute from approved': async () => (await seed(standing('approved'))) && claim(),
  'chunk claim_execute from executing': async () => (await seed(standing('executing'))) && claim(),
  'chunk first_done from executing': async () => {
    const { items, state } = standing('executing');
    const [one, two] = items as [SeedItem, SeedItem];
    return works(await seed({ state, released: false, items: [{ ...one, first: true }, two] }), 'awaiting_release');
  },
  'chunk first_done_elsewhere from approved': async () => {
    await seed({ ...standing('approved'), released: false });
    await settleBatches(pool);
  },
  'chunk release from awaiting_release': async () => decides(await seed(standing('awaiting_release')), { release: true }),
  'chunk executed from executing': async () => works(await seed(standing('executing')), 'done'),
  'chunk executed_with_uncertain from executing': async () => {
    const { url } = await target(() => 500);
    return works(await seed(standing('executing'), { plan: http(url) }), 'unresolved');
  },
  'chunk answer_last_uncertain from unresolved': async () => {
    const { batchId } = await seed(standing('unresolved'));
    await answerUncertain(ADA, { batchId, ordinals: [1], answer: 'happened' });
  },
  'chunk pause from executing': async () => {
    const batch = await seed(standing('executing'));
    await interrupted(batch, () => pause(ADA, { batchId: batch.batchId }), 'paused');
  },
  'chunk resume from paused': async () => resume(ADA, { ...(await named(seed(standing('paused')))), chunk: 1 }),
  'chunk halt_execute from executing': async () => interrupted(await seed(standing('executing')), fails, 'halted'),
  'chunk resume_halted from halted': async () => resume(ADA, await haltedFrom('executing')),
  'chunk reclassify_halted from halted': async () => resume(ADA, await haltedFrom('classifying')),
  'chunk settle_halted from halted': async () => cancel(ADA, await haltedFrom('executing', 'intent')),
  'chunk accept_halted from halted': async () => acceptRest(ADA, await haltedFrom('executing')),
  'chunk accept_halted_with_uncertain from halted': async () =>
    acceptRest(ADA, await haltedFrom('executing', 'intent', 'outcome:uncertain')),
  'chunk retry from done': async () => retry(ADA, await named(seed(standing('done')))),
  ...Object.fromEntries(
    CHUNK_TRANSITIONS.cancel_idle.from.map((state) => [`chunk cancel_idle from ${state}`, () => cancelled(state)]),
  ),
  'chunk cancel_executing from executing': async () => {
    const batch = await seed(standing('executing'));
    await interrupted(batch, () => cancel(ADA, { batchId: batch.batchId }), 'cancelled');
  },

  'action intent from planned': async () => works(await seed(standing('executing')), 'done'),
  'action intent from failed': async () => again('outcome:failed'),
  'action intent from not_executed': async () => again('outcome:uncertain', 'resolution:not_executed'),
  'action outcome:succeeded from intent': async () => works(await seed(standing('executing')), 'done'),
  'action outcome:failed from intent': async () => {
    const { url } = await target(() => 404);
    return works(await seed(standing('executing'), { plan: http(url) }), 'done');
  },
  'action outcome:uncertain from intent': async () => {
    const { url } = await target(() => 500);
    return works(await seed(standing('executing'), { plan: http(url) }), 'unresolved');
  },
  'action resolution:succeeded from uncertain': () => answered('happened'),
  'action resolution:not_executed from uncertain': () => answered('did_not'),
  'action resolution:abandoned from uncertain': () => answered('abandon'),
};

async function named(seeded: Promise<SeededBatch>): Promise<{ batchId: string }> {
  return { batchId: (await seeded).batchId };
}

async function haltedFrom(
  state: 'executing' | 'classifying',
  ...receipts: ActionReceiptKind[]
): Promise<{ batchId: string; chunk: number }> {
  const { batchId } = await seed(standing('halted', ...receipts));
  await arrange(`UPDATE chunk SET halted_from = '${state}' WHERE batch_id = '${batchId}'`);
  return { batchId, chunk: 1 };
}

async function again(...receipts: ActionReceiptKind[]): Promise<void> {
  const batch = await seed(standing('done', 'intent', ...receipts), { state: 'finished' });
  await retry(ADA, { batchId: batch.batchId });
  await works(batch, 'done');
}

async function answered(answer: 'happened' | 'did_not' | 'abandon'): Promise<void> {
  const { batchId } = await seed(standing('unresolved'));
  await answerUncertain(ADA, { batchId, ordinals: [1], answer });
}

/** What was not seeded: seeded receipts all have one time. */
async function actionChanges(): Promise<Map<string, Change>> {
  const { rows } = await pool.query<Change & { key: string }>(
    `SELECT n.batch_id || ' ' || n.chunk || ' ' || n.seq AS key, 'action' AS "table",
       CASE WHEN was.kind IS NULL THEN 'planned' ELSE coalesce(was.result, was.kind) END AS "from", coalesce(n.result, n.kind) AS "to"
     FROM receipt n LEFT JOIN receipt was ON was.batch_id = n.batch_id AND was.ordinal = n.ordinal AND was.step = n.step - 1
     WHERE n.ordinal IS NOT NULL AND convert_from(n.body, 'UTF8')::json ->> 'at' <> '2026-11-23T14:02:00.123Z'`,
  );
  return new Map(rows.map(({ key, table, from, to }) => [key, { table, from, to }]));
}

const walked = new Set<string>();

test.each(ROWS.filter((row) => !NOBODY_WRITES.includes(titleOf(row))).map((row) => [titleOf(row), row] as const))(
  '%s',
  async (title, { table, from, to }) => {
    const walk = WALKS[title];
    if (!walk) throw new Error(`Nothing in this file walks “${title}”.`);
    await clear();
    if (table === 'action') {
      const before = await actionChanges();
      await walk();
      const actions = [...(await actionChanges())].filter(([key]) => !before.has(key)).map(([, change]) => change);
      expect(actions).toContainEqual({ table, from, to });
    } else {
      const since = await lastChange();
      await walk();
      expect(await changesSince(since)).toContainEqual({ table, from, to });
    }
    walked.add(title);
  },
);

test('every transition was walked, but for what nobody writes, and no state changed in another way', async () => {
  expect(ROWS.map(titleOf).filter((title) => !walked.has(title))).toEqual(NOBODY_WRITES);
  expect(Object.keys(WALKS).filter((title) => !walked.has(title))).toEqual([]);
  const allowed = ROWS.map(({ table, from, to }) => `${table}: ${from} -> ${to}`);
  const seen = [...(await changesSince(0)), ...(await actionChanges()).values()];
  expect(
    [...new Set(seen.map(({ table, from, to }) => `${table}: ${from} -> ${to}`))].filter((one) => !allowed.includes(one)),
  ).toEqual([]);
});

test('the states that nothing leads to are those that things begin in', () => {
  const begins = (states: readonly string[], table: keyof typeof TABLES): string[] =>
    states.filter((state) => !ROWS.some((row) => row.table === table && row.to === state));
  expect(begins(DATASET_STATES, 'dataset')).toEqual(['receiving']);
  expect(begins(BATCH_STATES, 'batch')).toEqual(['proposed']);
  expect(begins(CHUNK_STATES, 'chunk')).toEqual(['proposed']);
});

type Verb = {
  act: (batch: SeededBatch) => Promise<unknown>;
  allowed: readonly string[];
  /** it is walked above from all of these states: `npm test` does it no second time */
  walked?: true;
  /** the chunk's receipts, where the verb needs some to have anything to do */
  receipts?: ActionReceiptKind[];
};

/** All that a verb may write. */
async function written({ batchId }: { batchId: string }): Promise<unknown> {
  const { rows } = await pool.query(
    `SELECT to_jsonb(b) AS batch, (SELECT jsonb_agg(c ORDER BY number) FROM chunk c WHERE batch_id = $1) AS chunks,
       (SELECT count(*) FROM receipt WHERE batch_id = $1) AS receipts, (SELECT count(*) FROM decision WHERE batch_id = $1) AS decisions,
       (SELECT count(*) FROM correction WHERE batch_id = $1) AS corrections, (SELECT jsonb_agg(a ORDER BY ordinal) FROM classification a WHERE batch_id = $1) AS answers,
       (SELECT count(*) FROM event WHERE batch_id = $1) AS told
     FROM batch b WHERE id = $1`,
    [batchId],
  );
  return rows[0];
}

/** As they stand, one for all that change nothing: who is refused leaves it as it was, which is what each of them proves. */
const standingStill = new Map<string, Promise<SeededBatch>>();
function once(name: string, seeded: () => Promise<SeededBatch>): Promise<SeededBatch> {
  const own = standingStill.get(name) ?? seeded();
  standingStill.set(name, own);
  return own;
}

async function isRefused(batch: SeededBatch, { act }: Verb): Promise<void> {
  const before = await written(batch);
  const error = await act(batch).then(
    () => null,
    (refusal: unknown) => refusal,
  );
  expect(error).toBeInstanceOf(CountersignError);
  expect(error).toMatchObject({ code: 'conflict', message: expect.stringMatching(/^[A-Z“].{15,}\.$/s) });
  expect(await written(batch)).toEqual(before);
}

const CHUNK_VERBS: Record<string, Verb> = {
  approve: { act: (batch) => decides(batch, { execute: true }), allowed: chunkFrom('approve'), walked: true },
  'send back': {
    act: (batch) => decides(batch, { sendBack: true }),
    allowed: [...chunkFrom('send_back'), ...chunkFrom('refuse_second')],
    walked: true,
  },
  'change the rules': { act: revises, allowed: [...CHUNK_UNCLASSIFIED, ...chunkFrom('classify_again')] },
  close: { act: (batch) => decides(batch, { close: true }), allowed: chunkFrom('close'), walked: true },
  release: { act: (batch) => decides(batch, { release: true }), allowed: CHUNK_RELEASABLE },
  'next chunk only': {
    act: (batch) => decides(batch, { next: true }),
    allowed: CHUNK_STATES.filter((state) => !CHUNK_UNCLASSIFIED.includes(state)),
  },
  correct: {
    act: ({ batchId }) => correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'keep' }] }),
    allowed: ['awaiting_review'],
  },
  pause: { act: ({ batchId }) => pause(ADA, { batchId, chunk: 1 }), allowed: CHUNK_PAUSABLE },
  resume: {
    act: ({ batchId }) => resume(ADA, { batchId, chunk: 1 }),
    allowed: [...chunkFrom('resume'), ...chunkFrom('resume_halted')],
    walked: true,
  },
  cancel: {
    act: ({ batchId }) => cancel(ADA, { batchId, chunk: 1 }),
    allowed: [...chunkFrom('cancel_idle'), ...chunkFrom('cancel_executing')],
    walked: true,
  },
  'accept the rest': {
    act: ({ batchId }) => acceptRest(ADA, { batchId, chunk: 1 }),
    allowed: chunkFrom('accept_halted'),
    walked: true,
  },
  retry: { act: ({ batchId }) => retry(ADA, { batchId, chunk: 1 }), allowed: chunkFrom('retry'), walked: true },
};

/** Each verb in every third of the states in which it is refused, others for each; in `npm run proof` in all. */
const refusedIn = (name: string, { allowed }: Verb): ChunkState[] => {
  const refused = CHUNK_STATES.filter((state) => !allowed.includes(state));
  return atSize(
    refused.filter((_, index) => (index + Object.keys(CHUNK_VERBS).indexOf(name)) % 3 === 0),
    refused,
  );
};

const doneIn =
  ({ allowed, walked }: Verb) =>
  (state: string): boolean =>
    allowed.includes(state) && (FULL || !walked);

describe.each(Object.entries(CHUNK_VERBS))('%s', (name, verb) => {
  // Released or not is what a release asks; the others don't care.
  const released = (state: ChunkState): boolean =>
    name === 'release' ? !CHUNK_RELEASABLE.includes(state) : state !== 'awaiting_release';
  const seeded = (state: ChunkState): Promise<SeededBatch> => seed({ ...standing(state), released: released(state) });

  test.each(refusedIn(name, verb))('a chunk that is %s: refused, and nothing changes', async (state) => {
    await isRefused(await once(`${state}, ${released(state)}`, () => seeded(state)), verb);
  });

  test.each(CHUNK_STATES.filter(doneIn(verb)))('a chunk that is %s: done', async (state) => {
    const batch = await seeded(state);
    const before = await written(batch);
    await verb.act(batch);
    expect(await written(batch)).not.toEqual(before);
  });
});

const BATCH_VERBS: Record<string, Verb> = {
  start: { act: ({ batchId }) => startBatch(ADA, { batchId }), allowed: BATCH_TRANSITIONS.start.from, walked: true },
  pause: { act: ({ batchId }) => pause(ADA, { batchId }), allowed: BATCH_TRANSITIONS.pause.from, walked: true },
  resume: { act: ({ batchId }) => resume(ADA, { batchId }), allowed: BATCH_TRANSITIONS.resume.from, walked: true },
  cancel: { act: ({ batchId }) => cancel(ADA, { batchId }), allowed: BATCH_TRANSITIONS.cancel.from, walked: true },
  // In a running batch it moves chunks, not the batch.
  retry: { act: ({ batchId }) => retry(ADA, { batchId }), allowed: [...BATCH_TRANSITIONS.retry.from, 'running'] },
};

describe.each(Object.entries(BATCH_VERBS))('%s a batch', (_name, verb) => {
  const seeded = (state: BatchState): Promise<SeededBatch> =>
    seed(standing(state === 'proposed' ? 'proposed' : 'done'), { state });

  test.each(BATCH_STATES.filter((state) => !verb.allowed.includes(state)))(
    'that is %s: refused, and nothing changes',
    async (state) => {
      await isRefused(await once(`batch ${state}`, () => seeded(state)), verb);
    },
  );

  test.each(BATCH_STATES.filter(doneIn(verb)))('that is %s: done', async (state) => {
    const batch = await seeded(state);
    const before = await written(batch);
    await verb.act(batch);
    expect(await written(batch)).not.toEqual(before);
  });
});

describe.each(Object.entries(CHUNK_VERBS).filter(([name]) => name !== 'cancel'))('%s a chunk of a batch', (name, verb) => {
  const state = verb.allowed[0] as ChunkState;
  // A retry opens a finished batch again.
  test.each<BatchState>(name === 'retry' ? ['cancelled'] : ['finished', 'cancelled'])('that is %s: refused', async (over) => {
    const seeded = () => seed({ ...standing(state), released: state !== 'approved' }, { state: over });
    await isRefused(await once(`${over} with ${state}`, seeded), verb);
  });
});

test.each(DATASET_STATES.filter((state) => state !== 'ready'))('a dataset that is %s: no batch is made of it', async (state) => {
  const { id } = await uploadDataset(ADA, { name: 'a.csv', source: lines('subject\none\n') });
  await arrange(`UPDATE dataset SET state = '${state}' WHERE id = '${id}'`);
  const { rows: before } = await pool.query('SELECT count(*) FROM batch');
  const made = createBatch(ADA, { datasetId: id, name: 'A', plan: { ...PLAN, chunking: { by: 'size' } } as never });
  await expect(made).rejects.toMatchObject({ code: 'conflict' });
  expect((await pool.query('SELECT count(*) FROM batch')).rows).toEqual(before);
});
