/**
 * Undoes what a batch did, as a new batch over its receipts: with checkpoints, decisions, receipts and an undo of its own. Nothing is changed
 * before somebody approves it there.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { allInto } from '#lib/classifiers/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { route } from '#lib/core/plans/routing.ts';
import { beginOf } from '#lib/core/values/legible.ts';
import { announce } from '#lib/engine/events.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { batchName } from '#lib/shapes/batches.ts';
import { type Undone, undoScope } from '#lib/shapes/undo.ts';
import { startIn } from '#lib/steps/batches/start-batch.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { insertBatch, insertChunks } from '#lib/store/batches/batches.ts';
import { type BatchRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { type ChunkToUndo, lockUndosOf } from '#lib/store/undo/undo.sql.ts';
import { insertUndoItems } from '#lib/store/undo/undo.ts';
import { inWords } from './preview-undo.ts';
import { surveyUndo, type UndoSurvey } from './survey-undo.ts';

const input = z.strictObject({ batchId: z.uuid(), ...undoScope, name: batchName.optional() });

export type UndoInput = z.input<typeof input>;
/**
 * Makes and starts the undo of everything in the scope that can be undone; its chunks follow the original's. Two undos of one batch are made one
 * after the other, so the second finds what the first covers.
 *
 * @throws CountersignError `invalid` (a chunk, category or item that the batch does not have), `conflict` (nothing in it can be undone, or another
 *   unfinished batch may change the same items), `not_found`, `forbidden`.
 */
export async function undoBatch(actor: Actor, raw: UndoInput): Promise<Undone> {
  authorise(actor, 'undo');
  const { batchId, name, ...scope } = readInput(input, raw);
  const { pool } = db();
  const undone = await inWrite(pool, 'undo', async (tx) => {
    const id = randomUUID();
    await lockUndosOf(tx, batchId);
    const original = await readBatchRow(tx, batchId);
    if (!original) throw new CountersignError('not_found', 'There is no such batch.');
    const members = new Map<ChunkToUndo, number[]>();
    const survey = await surveyUndo(tx, tx, original, scope, async (chunk, items) => {
      await insertUndoItems(tx, id, items);
      const own = members.get(chunk) ?? [];
      for (const { ordinal } of items) own.push(ordinal);
      members.set(chunk, own);
    });
    assertSomething(original, survey);
    const plan = undoPlan(original, survey);
    await insertBatch(tx, {
      ...{
        id,
        datasetId: original.datasetId,
        name: name ?? nameOf(original),
        plan,
        undoes: original.id,
        readingId: null,
        agents: false,
        seed: null,
      },
      ...{ planDigest: sha256(canonicalBytes(plan as unknown as Json)), createdBy: actor.id, taskRef: null, pilot: null },
      routing: original.routing === 'sequential' ? 'sequential' : route(survey.restorable, members.size, 0).kind,
    });
    const chunks = await insertOrdered(tx, id, original, members);
    await startIn(tx, actor, id);
    return { id, chunks, ...inWords(original, survey) };
  });
  announce(pool, undone.id, { kind: 'started' });
  announce(pool, batchId, { kind: 'undo' });
  return undone;
}

function assertSomething(original: BatchRow, { restorable, cannot }: UndoSurvey): void {
  if (restorable > 0) return;
  const [first, ...rest] = cannot;
  if (!first) throw new CountersignError('conflict', `“${original.name}” did nothing here, so there is nothing to undo.`);
  const others = rest.reduce((sum, { count }) => sum + count, 0);
  const more = others > 0 ? ` ${others} more can't be undone for other reasons.` : '';
  throw new CountersignError('conflict', `Nothing here can be undone. ${first.count} of these: ${first.why}.${more}`, {
    facts: { cannot },
  });
}

const nameOf = ({ name }: BatchRow): string => {
  const full = `Undo of ${name}`;
  return full.length <= BATCH_NAME_CHARS_MAX ? full : `${beginOf(full, BATCH_NAME_CHARS_MAX - 1)}…`;
};

/** The category of what a person takes out of an undo. */
const LEAVE = 'leave as it is';

/** The original's limits and words with the inverse of its actions; its ground is the receipts, so no sample proves anything. Nothing is classified anew, so all chunks are there at once, unless they depend on each other. */
function undoPlan({ plan, routing }: BatchRow, survey: UndoSurvey): Plan {
  const acting = survey.categories.flatMap(({ name, action }) => (action ? [{ name, action }] : []));
  let leave = LEAVE;
  while (acting.some(({ name }) => name === leave)) leave += ' too';
  return {
    ...plan,
    classifier: allInto(leave),
    categories: [...acting, { name: leave, action: null }],
    chunkEdits: [],
    gates: { ...plan.gates, evidence: null, next: routing === 'sequential' ? 'each' : 'parallel' },
  };
}

/** In the order of the original, or backwards where its chunks or its items had to keep an order: what came last is undone first. */
async function insertOrdered(
  tx: Tx,
  batchId: string,
  { routing }: BatchRow,
  members: Map<ChunkToUndo, number[]>,
): Promise<Undone['chunks']> {
  const ordered = routing === 'sequential' ? [...members].reverse() : [...members];
  const chunks = ordered.map(([{ name, serial, backwards }, own], index) => ({
    ...{ id: randomUUID(), number: index + 1, name, ordinals: Int32Array.from(own).sort() },
    ...{ serial, backwards: serial && !backwards, seed: randomBytes(32) },
  }));
  await insertChunks(tx, batchId, chunks);
  return chunks.map(({ number, name, ordinals }) => ({ number, name, items: ordinals.length }));
}
