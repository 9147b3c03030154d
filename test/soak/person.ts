/** A person who brings a batch to its end: puts right, teaches rules, looks, approves, releases, resumes, and answers uncertain actions by what the targets' logs say. */
import { requestBuilder } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { UNDER_BOUND_SHARE_MAX } from '#lib/core/limits.ts';
import type { Json } from '#lib/ledger/canonical.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { findAlike } from '#lib/steps/checkpoints/find-alike.ts';
import { readBatchLooks } from '#lib/steps/checkpoints/read-batch-looks.ts';
import { countChunkItems } from '#lib/steps/checkpoints/read-chunk-items.ts';
import { refuseRest } from '#lib/steps/checkpoints/refuse-rest.ts';
import { resumeIncident } from '#lib/steps/fleet/resume-incident.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { reviseRules } from '#lib/steps/plans/revise-rules.ts';
import { markItems } from '#lib/steps/reviews/mark-items.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { readUncertain } from '#lib/steps/uncertain/read-uncertain.ts';
import { readTargetIncidents } from '#lib/store/actions/breakers.sql.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { readLatestPlan } from '#lib/store/plans/revisions.ts';
import { db } from '#lib/store/postgres/db.ts';
import { ADA, type SoakBatch, type Targets } from './batches.ts';
import type { Fleet } from './fleet.ts';
import { truthOf, type Witness } from './oracle.ts';
import { patiently, type SoakServer } from './server.ts';

export type World = { server: SoakServer; fleet: Fleet; targets: Targets; witnesses: readonly Witness[] };

type ChunkRow = {
  id: string;
  number: number;
  state: string;
  stopping: string | null;
  revision: number;
  undo: boolean;
  digest: string | null;
};

/** Chunks in these need nothing more; uncertain actions may be left. */
const SETTLED = ['done', 'closed', 'cancelled', 'unresolved'];

const HELD = ['halted', 'paused'];
const IDLE = ['queued', 'approved'];

/**
 * One look at the batch, and whatever a person would do then. True when nothing is left to do for anybody, but for the batch's own end, which a
 * chore may have to find.
 */
export async function look(world: World, batch: SoakBatch): Promise<boolean> {
  try {
    return await act(world, batch);
  } catch (error) {
    // It changed while they looked; the next look shows what is so.
    if (error instanceof CountersignError) return false;
    if (world.server.restarts().away || isAway(error)) return false;
    throw error;
  }
}

async function act(world: World, batch: SoakBatch): Promise<boolean> {
  const { batchId } = batch;
  const { state, chunks } = await stateOf(world.server, batchId);
  if (state === 'paused') {
    await resume(ADA, { batchId });
    return false;
  }
  const review = chunks.filter((chunk) => chunk.state === 'awaiting_review');
  for (const chunk of review) await putRight(batchId, chunk);
  if (review.length > 0 && (await teach(batch, chunks))) return false;
  if (review.length > 0) await approve(batch, review);
  const waiting = chunks.find((chunk) => chunk.state === 'awaiting_release');
  // The No undoes what was done of some, as the page proposes, and leaves it with others.
  if (waiting && batch.saysNo) await refuseRest(ADA, { batchId, chunk: waiting.number, undo: numberOf(batch.name) % 2 === 0 });
  else if (waiting) {
    const released = { number: waiting.number, digest: waiting.digest ?? '' };
    await decide(ADA, { batchId, chunks: [released], next: false, execute: false, release: true });
  }
  // What was paused before anybody began to work on it keeps its state.
  const held = chunks.find(({ state: its, stopping }) => HELD.includes(its) || (stopping === 'pause' && IDLE.includes(its)));
  if (held) await resume(ADA, { batchId, chunk: held.number });
  // Another batch's chunk may have halted at a target that this one waits for, and be over by now.
  for (const { id, probing } of await readTargetIncidents(db().pool, { batchId }))
    if (!probing) await resumeIncident(ADA, { id });
  const open = await answer(world, batch);
  return open === 0 && chunks.every((chunk) => SETTLED.includes(chunk.state));
}

/**
 * Labels what the rules kept, with a note: some of it by name or, in every other chunk, all that matches as it was counted. Once, for a chunk that was put right has
 * another revision. Nothing is classified in an undo.
 */
async function putRight(batchId: string, { id, number, revision, undo }: ChunkRow): Promise<void> {
  if (undo || revision > 1) return;
  const note = 'kept by mistake';
  if (number % 2 === 0) {
    const query = { category: 'keep' };
    const set = await countChunkItems(ADA, { batchId, chunk: number, ...query });
    if (set && set.count > 0)
      await correct(ADA, { batchId, chunk: number, corrections: { query, ...set, category: 'label', note } });
    return;
  }
  const { rows } = await db().pool.query<{ ordinal: number }>(
    "SELECT ordinal FROM classification WHERE chunk_id = $1 AND category = 'keep' ORDER BY ordinal LIMIT 2",
    [id],
  );
  if (rows.length === 0) return;
  const corrections = rows.map(({ ordinal }) => ({ ordinal, category: 'label', note }));
  await correct(ADA, { batchId, chunk: number, corrections, how: 'like' });
}

/**
 * In every other batch what was put right becomes a rule before the others, once: what awaits its review is classified again by it, and what nobody has seen takes it.
 * @returns whether it did
 */
async function teach({ name, batchId }: SoakBatch, chunks: readonly ChunkRow[]): Promise<boolean> {
  if (numberOf(name) % 2 === 1 || chunks.some(({ undo }) => undo)) return false;
  const latest = await readLatestPlan(db(), batchId);
  if (!latest || latest.revision > 1) return false;
  const { rows } = await db().pool.query<{ chunk: number; ordinals: number[] }>(
    'SELECT chunk, array_agg(ordinal ORDER BY ordinal) AS ordinals FROM correction WHERE batch_id = $1 GROUP BY chunk ORDER BY chunk LIMIT 1',
    [batchId],
  );
  const [taught] = rows;
  if (!taught) return false;
  const { chunk, ordinals } = taught;
  const { grounds } = await findAlike(ADA, { batchId, chunk, ordinals, from: 'keep', to: 'label' });
  const first = grounds.find(({ kind, rule }) => kind === 'field' && rule !== null)?.rule ?? {
    when: `item.kind == 'keep'`,
    category: 'label',
  };
  const { rules = [] } = latest.plan.classifier as { rules?: Json[] };
  const again = chunks.filter(({ state }) => state === 'awaiting_review').map(({ number }) => number);
  const from = { chunk, ordinal: ordinals[0] ?? 0 };
  await reviseRules(ADA, {
    batchId,
    change: { revision: 1, rules: [first, ...rules], chunks: again, from, note: 'taught in the soak' },
  });
  return true;
}

/** Which of the batches of a soak it is: what its person does in it follows from that. */
function numberOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0] ?? 0);
}

/** All that wait together. In every third batch on what random looks over all of them prove; else, and where they do not prove it, unseen, with a reason. */
async function approve({ name, batchId }: SoakBatch, chunks: readonly ChunkRow[]): Promise<void> {
  const asked = await askedFor(batchId, chunks);
  const answers = { batchId, chunks: asked, next: true, execute: true, note: 'by the soak' };
  if (numberOf(name) % 3 === 0 && chunks.every(({ undo }) => !undo)) {
    await markErrand(batchId, chunks);
    await lookAround(batchId);
    try {
      return void (await decide(ADA, { ...answers, atMost: UNDER_BOUND_SHARE_MAX }));
    } catch (error) {
      if (!(error instanceof CountersignError && error.code === 'invalid')) throw error;
    }
  }
  await decide(ADA, { ...answers, override: 'the soak looks at nothing' });
}

/** What can't be undone is approved on looks only where somebody marked one of it. */
async function markErrand(batchId: string, chunks: readonly ChunkRow[]): Promise<void> {
  const { rows } = await db().pool.query<{ ordinal: number; chunk: number }>(
    "SELECT a.ordinal, c.number AS chunk FROM classification a JOIN chunk c ON c.id = a.chunk_id WHERE c.id = ANY($1) AND a.category = 'errand' ORDER BY a.ordinal LIMIT 1",
    [chunks.map(({ id }) => id)],
  );
  for (const { ordinal, chunk } of rows) await markItems(ADA, { batchId, chunk, reviews: [{ ordinal, right: true }] });
}

/** Marks as right what the batch's bound wants to be looked at, until it wants nothing more. */
async function lookAround(batchId: string): Promise<void> {
  for (let rounds = 0; rounds < LOOK_ROUNDS; rounds += 1) {
    const items = (await readBatchLooks(ADA, { batchId }))?.items ?? [];
    if (items.length === 0) return;
    for (const [chunk, own] of Map.groupBy(items, (item) => item.chunk))
      await markItems(ADA, { batchId, chunk, reviews: own.map(({ ordinal }) => ({ ordinal, right: true })) });
  }
}

const LOOK_ROUNDS = 5;

async function askedFor(batchId: string, chunks: readonly ChunkRow[]): Promise<{ number: number; digest: string }[]> {
  const { pool } = db();
  const { rows } = await pool.query<{ plan: unknown; datasetId: string }>(
    'SELECT plan, dataset_id AS "datasetId" FROM batch WHERE id = $1',
    [batchId],
  );
  const found = rows[0];
  if (!found) throw new Error('The batch is gone.');
  const plan = parsePlan(found.plan);
  const asked = [];
  for (const { id, number } of chunks) {
    const { digest } = await buildManifest(pool, { batchId, datasetId: found.datasetId, plan, chunkId: id }, requestBuilder);
    asked.push({ number, digest });
  }
  return asked;
}

/** Answers what can be known by now; gives how many are still uncertain. */
async function answer({ server, fleet, targets, witnesses }: World, batch: SoakBatch): Promise<number> {
  const { batchId } = batch;
  const { rows } = await server.pool.query<{ ordinal: number; key: string; by: string }>(UNCERTAIN_ACTIONS, [batchId]);
  const known = new Map<number, string>();
  const calm = new Map<string, boolean>();
  for (const { ordinal, key, by } of rows) {
    if (!calm.has(by)) calm.set(by, await fleet.calm(by.replace('worker:', '')));
    if (calm.get(by)) known.set(ordinal, key);
  }
  if (known.size === 0) return rows.length;
  // Nothing can be on its way to the targets any more; what has come is in their logs after this.
  await Promise.all(Object.values(targets).map((target) => target?.decided()));
  const truth = await truthOf(server.pool, witnesses, batch, known);
  for (const happened of [true, false]) {
    const ordinals = [...truth].filter(([, was]) => was === happened).map(([ordinal]) => ordinal);
    if (ordinals.length > 0) await answerUncertain(ADA, { batchId, ordinals, answer: happened ? 'happened' : 'did_not' });
  }
  return rows.length;
}

/** What the product says of a batch that is over: its sum, and the uncertain actions that it lists by name. */
export async function told(batch: SoakBatch): Promise<{ addsUp: boolean; sum: unknown; open: number[] }> {
  const view = await patiently(() => readBatch(ADA, { batchId: batch.batchId }));
  const uncertain = await patiently(() => readUncertain(ADA, { batchId: batch.batchId, limit: 500 }));
  return {
    // Of this very moment: a batch of the soak is small enough for a look to read all of it.
    addsUp: view?.sum.addsUp === true && view.sum.checked.receipts === view.sum.checked.of,
    sum: view?.sum ?? null,
    open: uncertain?.items.map(({ ordinal }) => ordinal) ?? [],
  };
}

export async function stateOf(server: SoakServer, batchId: string): Promise<{ state: string; chunks: ChunkRow[] }> {
  const { rows } = await server.pool.query<ChunkRow & { batch: string }>(
    `SELECT b.state AS batch, b.undoes IS NOT NULL AS undo, c.id, c.number, c.state, c.stopping, c.revision, encode(d.digest, 'hex') AS digest
     FROM batch b JOIN chunk c ON c.batch_id = b.id
     LEFT JOIN decision_chunk d ON d.decision_id = c.decision_id AND d.chunk_id = c.id
     WHERE b.id = $1 ORDER BY c.number`,
    [batchId],
  );
  return { state: rows[0]?.batch ?? 'gone', chunks: rows };
}

/** Whether this says that the database can't be reached, or was left in the middle. */
export function isAway(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return /^(08|57P|ECONN|EPIPE)/.test(code) || /terminat|connect|ended|closed|starting up|shutting down/i.test(message);
}

const UNCERTAIN_ACTIONS = `
SELECT r.ordinal, convert_from(i.body, 'UTF8')::jsonb ->> 'idempotencyKey' AS key, convert_from(i.body, 'UTF8')::jsonb ->> 'by' AS by
FROM receipt r
JOIN receipt i ON i.batch_id = r.batch_id AND i.ordinal = r.ordinal AND i.step = r.step - 1
WHERE r.batch_id = $1 AND r.kind = 'outcome' AND r.result = 'uncertain'
  AND NOT EXISTS (SELECT FROM receipt later WHERE later.batch_id = r.batch_id AND later.ordinal = r.ordinal AND later.step > r.step)
ORDER BY r.ordinal`;
