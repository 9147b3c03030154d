/**
 * Changes the rules of a batch that runs, for what is not approved yet (docs/rule-revisions.md). What nobody has seen classified takes the new rules; what awaits
 * its review is classified again where the caller names it. What people corrected stays, and what was signed or approved keeps its revision.
 */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { seedOfRevision } from '#lib/core/checkpoints/sampling.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_UNCLASSIFIED, chunkMay } from '#lib/core/lifecycle.ts';
import { DECISION_ITEMS_MAX } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { ring } from '#lib/engine/bell.ts';
import { announce } from '#lib/engine/events.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { planRevised, type RulesChange, type RulesRevised } from '#lib/shapes/plans.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { lockBatch, lockForRevision, takeRevision } from '#lib/store/chunks/chunks.sql.ts';
import { assertUnfinished, type BatchRow, type ChunkRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { discardClassifications } from '#lib/store/chunks/classifications.ts';
import { keepClassifications } from '#lib/store/chunks/kept-classifications.sql.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { readPlanningDataset } from '#lib/store/plans/planning.sql.ts';
import { insertRevision, readLatestPlan, type TaughtBy } from '#lib/store/plans/revisions.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { unlessCrossed } from '#lib/store/postgres/unless-crossed.ts';
import { storeRevision } from '#lib/store/receipts/batch-receipts.ts';
import { readDrawable } from '#lib/store/reviews/evidence.sql.ts';
import { workOut } from './work-out.ts';

const input = z.strictObject({ batchId: z.uuid(), change: planRevised });

export type ReviseInput = z.input<typeof input>;

/**
 * A new revision of the rules, with its receipts in chunk 0. The rules are looked at before anything is locked, in a thread with a deadline.
 *
 * @throws CountersignError `invalid` (rules that can't be used, in words with their places; a member that can't be changed, by its name), `stale` (another
 *   revision came), `conflict` (a chunk to be classified again does not await its review any more; the batch is over, not started, or an undo), `not_found`
 */
export async function reviseRules(actor: Actor, raw: ReviseInput): Promise<RulesRevised> {
  authorise(actor, 'revise');
  const read = input.safeParse(raw);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => ({ path: issue.path.slice(1).join('.'), message: issue.message }));
    throw new CountersignError('invalid', `The rules can't be changed so: ${problems[0]?.message}`, { problems });
  }
  const { batchId, change } = read.data;
  const { plan } = await planOfChange(batchId, change);
  const act = () => inWrite(db().pool, 'revise', (tx) => reviseIn(tx, actor, { batchId, plan, change }));
  const revised = await unlessCrossed(act);
  announce(db().pool, batchId, { kind: 'state' });
  return revised;
}

/**
 * The plan that a change makes, checked against the batch's dataset and what its fields meant when it was planned; and the one that it goes on from. Throws as
 * `reviseRules` does.
 */
export async function planOfChange(
  batchId: string,
  { revision, ...change }: RulesChange,
): Promise<{ batch: BatchRow; plan: Plan }> {
  const { pool } = db();
  const batch = await readBatchRow(db(), batchId);
  const latest = batch && (await readLatestPlan(db(), batchId));
  if (!batch || !latest) throw new CountersignError('not_found', 'There is no such batch.');
  assertRevisable(batch);
  await assertLatest(latest, revision);
  const fields = (await readPlanningDataset(pool, batch.datasetId))?.fields ?? [];
  const meanings = (await readMeanings(pool, { batchId })) ?? {};
  const asked = { plan: latest.plan, change: { revision, ...change }, fields, meanings };
  const plan = await workOut('checkRevision', asked, { plan: { classifier: { ...latest.plan.classifier, ...change } } });
  return { batch, plan };
}

/** Throws `conflict` where a batch has no rules that could be changed, by its kind or its state. */
function assertRevisable(batch: BatchRow): void {
  if (batch.undoes !== null)
    throw new CountersignError('conflict', 'This batch undoes another one: it goes by receipts, and has no rules to change.');
  if (batch.state === 'proposed')
    throw new CountersignError('conflict', 'This batch is not started. Change its plan instead. Nothing was changed.');
  assertUnfinished(batch, 'its rules can’t be changed any more');
}

async function assertLatest({ revision, by }: { revision: number; by: string | null }, from: number): Promise<void> {
  if (revision === from) return;
  const name = by === null ? 'Somebody' : actorName(by, await readNames(db(), [by]));
  const why =
    from > revision ? `The rules have no revision ${from}.` : `${name} changed the rules meanwhile: revision ${revision} holds.`;
  throw new CountersignError('stale', `${why} Read them, and change those. Nothing was changed.`, { facts: { revision } });
}

type Revising = { batchId: string; plan: Plan; change: z.output<typeof planRevised> };

async function reviseIn(tx: Tx, actor: Actor, { batchId, plan, change }: Revising): Promise<RulesRevised> {
  const batch = await lockBatch(tx, batchId);
  const before = batch && (await readLatestPlan(tx, batchId));
  if (!batch || !before) throw new CountersignError('not_found', 'There is no such batch.');
  assertRevisable(batch);
  await assertLatest(before, change.revision);
  const named = [...new Set(change.chunks ?? [])];
  const locked = await lockForRevision(tx, batchId, named);
  assertNamed(locked, named);
  const digest = sha256(canonicalBytes(plan as unknown as Json));
  const same = digest.toString('hex') === before.digest;
  if (same && named.length === 0)
    throw new CountersignError('invalid', 'These are the rules as they are. Change one, or name chunks to classify again.');
  const revision = before.revision + 1;
  const [note, instruction] = [change.note || null, plan.instruction || null];
  const holdsFor = { revision, before: before.digest, plan: digest.toString('hex'), chunks: locked.map(({ number }) => number) };
  if (locked.length === 0) throw new CountersignError('conflict', NOTHING_LEFT);
  const seq = await storeRevision(tx, batchId, holdsFor, { instruction, note }, actor);
  const from: TaughtBy | null = change.from ?? null;
  await insertRevision(tx, { batchId, revision, plan, digest, seq, from, by: actor.id, via: actor.via });
  const { seed } = await readDrawable(tx, batchId);
  // Of the others nobody saw how they are classified.
  await keepClassifications(
    tx,
    locked.filter(({ number }) => named.includes(number)).map(({ id }) => id),
  );
  const classified = await takeRevision(
    tx,
    locked.map(({ id }) => id),
    { revision, seed: seed && seedOfRevision(seed, revision), note },
  );
  if (classified.length > 0) await discardClassifications(tx, classified);
  await ring(tx);
  return { revision, digest: holdsFor.plan, again: named.sort((a, b) => a - b), chunks: locked.length };
}

const NOTHING_LEFT =
  'Every chunk is signed, approved or over, or awaits its review: name the chunks that are to be classified again. Nothing was changed.';

/** What is to be classified again awaits its review still, or nobody has seen it: whoever asks was shown what would change in it. */
function assertNamed(locked: readonly ChunkRow[], named: readonly number[]): void {
  const rows = new Map(locked.map((row) => [row.number, row]));
  for (const number of named) {
    const row = rows.get(number);
    if (!row) throw new CountersignError('not_found', `This batch has no chunk ${number}.`);
    const isUnseen = CHUNK_UNCLASSIFIED.includes(row.state) || (row.state === 'halted' && row.haltedFrom === 'classifying');
    if (isUnseen || chunkMay('classify_again', row.state)) continue;
    const words = row.state === 'awaiting_second' ? 'signed by one person' : chunkWords(row.state);
    throw new CountersignError(
      'conflict',
      `Chunk ${number} is ${words}, so it can't be classified again. Leave it out. Nothing was changed.`,
      { facts: { chunk: number, state: row.state } },
    );
  }
  const items = named.reduce((sum, number) => sum + (rows.get(number)?.itemCount ?? 0), 0);
  if (named.length <= 1 || items <= DECISION_ITEMS_MAX) return;
  const [many, most] = [items, DECISION_ITEMS_MAX].map((count) => count.toLocaleString('en-US'));
  throw new CountersignError(
    'invalid',
    `These chunks have ${many} items together, and at most ${most} are classified again at a time.`,
  );
}
