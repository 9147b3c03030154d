/**
 * A person's decision at one or several checkpoints. It is bound to what was on the screen: chunk, revision and manifest digest. Chunks that
 * changed meanwhile drop out and are named; when that leaves none, nothing was decided. Where the plan wants two signatures, the first `execute` only
 * signs, and the second, by another person over the same manifest, approves; `sendBack` between them refuses to sign.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { requestBuilder, targetOfRequest } from '#lib/connectors/registry.ts';
import { decisionRoot } from '#lib/core/checkpoints/manifest.ts';
import { needsTwo } from '#lib/core/checkpoints/signatures.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import {
  CHUNK_IN_REVIEW,
  CHUNK_RELEASABLE,
  CHUNK_UNCLASSIFIED,
  type ChunkState,
  chunkFrom,
  chunkMay,
} from '#lib/core/lifecycle.ts';
import { openNext } from '#lib/core/plans/gates.ts';
import { ring } from '#lib/engine/bell.ts';
import { announce } from '#lib/engine/events.ts';
import { type DecisionAnswers, type DecisionBody, sealReceipt, seenDigest } from '#lib/ledger/receipt.ts';
import { type Decided, decidedChunks, decisionAnswers } from '#lib/shapes/checkpoints.ts';
import { settleBatch } from '#lib/store/actions/execution.sql.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { type DecidedChunk, insertDecision, readFirstSignature } from '#lib/store/checkpoints/decisions.ts';
import { type BuiltManifest, buildManifest, freezeRows, targetsOf } from '#lib/store/checkpoints/manifest.sql.ts';
import { lockChunks, lockForRelease, openGates } from '#lib/store/chunks/chunks.sql.ts';
import { assertUnfinished, type BatchRow, type ChunkRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { correctionsSince } from '#lib/store/chunks/classifications.sql.ts';
import { discardClassifications } from '#lib/store/chunks/classifications.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { type DecidedTransition, takeSequence } from '#lib/store/receipts/receipts.sql.ts';
import { storeReceipts } from '#lib/store/receipts/receipts.ts';

const input = z.strictObject({ batchId: z.uuid(), chunks: decidedChunks, ...decisionAnswers });

export type DecideInput = z.input<typeof input>;
/**
 * Answers the two questions of a checkpoint (may the next chunk be worked on, may these actions run), or sends it back (does not sign it, where it
 * awaits a second signature), closes it, or releases the rest of an approval whose first actions are done.
 *
 * @throws CountersignError `invalid` (answers that exclude each other, a category nobody looked at, a request that can't be built), `stale`
 *   (what was on the screen is no longer so; `facts.changes` says what moved), `conflict` (the chunk's state does not allow it, or who signed it
 *   first would sign again), `forbidden` (also for whoever started the batch, where two others have to sign), `not_found`.
 */
export async function decide(actor: Actor, raw: DecideInput): Promise<Decided> {
  authorise(actor, 'decide');
  const asked = parse(raw);
  if (asked.release) authorise(actor, 'release');
  const decided = await inWrite(db().pool, 'decide', (tx) => decideIn(tx, actor, asked));
  if (asked.close) await settleBatch(db().pool, asked.batchId);
  announce(db().pool, asked.batchId, { kind: 'decision' });
  return decided;
}

type Asked = z.output<typeof input>;

function parse(raw: DecideInput): Asked {
  const read = input.safeParse(raw);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw new CountersignError('invalid', `The decision can't be read at ${problems[0]?.path}: ${problems[0]?.message}`, {
      problems,
    });
  }
  const asked = read.data;
  const chosen = [asked.execute, asked.sendBack, asked.close, asked.release].filter(Boolean).length;
  if (chosen > 1) throw new CountersignError('invalid', 'Choose one of execute, sendBack, close and release.');
  if (chosen === 0 && !asked.next)
    throw new CountersignError('invalid', 'This decision says nothing. Set next, execute, sendBack, close or release.');
  if (asked.sendBack && !asked.note)
    throw new CountersignError(
      'invalid',
      'A note is missing. Say why the chunk goes back or is not signed: whoever works on it next reads the note.',
    );
  return asked;
}

async function decideIn(tx: Tx, actor: Actor, asked: Asked): Promise<Decided> {
  const batch = await readBatchRow(tx, asked.batchId);
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  assertUnfinished(batch, 'there is nothing to decide');
  if (asked.execute) assertMaySign(actor, batch);
  const numbers = asked.chunks.map(({ number }) => number);
  const rows = asked.release ? await lockForRelease(tx, batch.id, numbers) : await lockChunks(tx, batch.id, numbers);
  const locked = new Map(rows.map((row) => [row.number, row]));
  const decisionId = randomUUID();
  const covered: Covered[] = [];
  const dropped: Decided['dropped'] = [];
  let moved = false;
  for (const one of [...asked.chunks].sort((a, b) => a.number - b.number)) {
    const row = locked.get(one.number);
    if (!row) throw new CountersignError('not_found', `This batch has no chunk ${one.number}.`);
    try {
      covered.push(await cover(tx, actor, batch, row, one, asked));
    } catch (error) {
      if (asked.chunks.length === 1 || !(error instanceof CountersignError) || !['stale', 'conflict'].includes(error.code))
        throw error;
      dropped.push({ number: one.number, why: error.message });
      moved ||= error.code === 'stale';
    }
  }
  if (covered.length === 0) {
    const message = moved
      ? 'Every chunk changed while you looked. Nothing was decided.'
      : `None of these chunks can take this decision. ${dropped[0]?.why}`;
    throw new CountersignError(moved ? 'stale' : 'conflict', message, { facts: { dropped } });
  }
  if (asked.release) covered.push(...(await othersOfDecision(tx, locked, covered)));

  const root = decisionRoot(
    covered.map(({ row, manifest }) => ({ number: row.number, revision: row.revision, digest: manifest.digest })),
  );
  const answers: DecisionAnswers = {
    next: asked.next,
    execute: asked.execute,
    sendBack: asked.sendBack,
    close: asked.close,
    release: asked.release,
  };
  await insertDecision(
    tx,
    { decisionId, batchId: batch.id, root, answers, actor, override: asked.override ?? null, note: asked.note ?? null },
    covered.map(asDecided),
  );
  const approved = covered.filter(({ transition }) => transition === 'approve');
  await freeze(tx, batch, decisionId, approved);
  for (const one of covered) await record(tx, actor, batch, decisionId, root, answers, asked, one);

  const reviewed = asked.next ? covered.filter(({ row }) => !row.continued).length : 0;
  const opening = openNext(batch.plan.gates.next ?? 'each', reviewed);
  const opened = opening === null ? [] : await openGates(tx, batch.id, opening);
  await ring(tx);
  return { decisionId, decided: covered.map(({ row }) => row.number), dropped, opened };
}

/** One chunk of the decision: its locked row, what becomes of it (null: it stays as it is), what the manifest is now, and the ordinals that were seen. */
type Covered = { row: ChunkRow; transition: DecidedTransition | null; manifest: BuiltManifest; seen: number[] };

/** What the answer means for this chunk: each moves by its own state. */
function transitionOf({ plan }: BatchRow, { state }: ChunkRow, asked: Asked): DecidedTransition | null {
  const signed = state === 'awaiting_second';
  if (asked.execute) return needsTwo(plan) && !signed ? 'approve_first_of_two' : 'approve';
  if (asked.sendBack) return signed ? 'refuse_second' : 'send_back';
  if (asked.close) return 'close';
  return asked.release ? 'release' : null;
}

/** Two others sign what somebody starts. An API key is somebody, by its id. */
function assertMaySign(actor: Actor, { plan, startedBy }: BatchRow): void {
  if (!needsTwo(plan) || actor.id !== startedBy) return;
  throw new CountersignError(
    'forbidden',
    'You started this batch, and its plan requires the signatures of two other people. Ask them to sign. Nothing was decided.',
  );
}

/** The second signature is somebody else's, and over the same manifest as the first. */
async function assertSecond(tx: Tx, actor: Actor, row: ChunkRow, manifest: BuiltManifest): Promise<void> {
  const first = await readFirstSignature(tx, row.id);
  if (!first) {
    const message = `The receipt of chunk ${row.number}'s first signature was altered. Refuse the second signature (sendBack, with a note), so that two people sign again. Nothing was decided.`;
    throw new CountersignError('conflict', message);
  }
  if (first.by === actor.id) {
    const message = `You signed chunk ${row.number} first. Another person has to sign second. Nothing was decided.`;
    throw new CountersignError('conflict', message);
  }
  if (first.manifest === manifest.digest && first.revision === row.revision) return;
  const message = `Chunk ${row.number} is not what the first person signed. Refuse the second signature (sendBack, with a note), so that two people review and sign again. Nothing was decided.`;
  throw new CountersignError('conflict', message);
}

/** I5: under the row's lock, what was on the screen must still be so. */
async function cover(
  tx: Tx,
  actor: Actor,
  batch: BatchRow,
  row: ChunkRow,
  one: Asked['chunks'][number],
  asked: Asked,
): Promise<Covered> {
  const transition = transitionOf(batch, row, asked);
  if (transition === 'release') return coverRelease(tx, batch, row, one);
  const open = transition === null ? !CHUNK_UNCLASSIFIED.includes(row.state) : chunkMay(transition, row.state);
  if (!open)
    throw new CountersignError(
      'conflict',
      row.state === 'awaiting_second'
        ? `Chunk ${row.number} awaits a second signature. Sign it or refuse to sign (sendBack, with a note) before any other decision. Nothing was decided.`
        : `Chunk ${row.number} is ${chunkWords(row.state)} now. Nothing was decided.`,
    );
  if (transition === null && !CHUNK_IN_REVIEW.includes(row.state))
    return { row, transition, manifest: await approvedManifest(tx, row), seen: await membersOf(tx, row, one.seen) };
  const manifest = await buildManifest(
    tx,
    { chunkId: row.id, batchId: batch.id, datasetId: batch.datasetId, plan: batch.plan },
    requestBuilder,
  );
  if (manifest.digest !== one.digest) throw await stale(tx, row, one.revision);
  const seen = await membersOf(tx, row, one.seen);
  if (asked.execute && row.state === 'awaiting_second') await assertSecond(tx, actor, row, manifest);
  if (asked.execute) await assertApprovable(tx, batch, row, manifest, seen, asked);
  return { row, transition, manifest, seen };
}

/** Those of the ordinals that are in this chunk: a receipt counts no item as seen here that is elsewhere. */
async function membersOf(tx: Tx, row: ChunkRow, ordinals: number[] = []): Promise<number[]> {
  if (ordinals.length === 0) return [];
  const { rows } = await tx.query<{ ordinal: number }>(
    'SELECT ordinal FROM chunk_item WHERE chunk_id = $1 AND ordinal = ANY($2) ORDER BY ordinal',
    [row.id, ordinals],
  );
  return rows.map(({ ordinal }) => ordinal);
}

async function coverRelease(tx: Tx, batch: BatchRow, row: ChunkRow, one: Asked['chunks'][number]): Promise<Covered> {
  const waits = CHUNK_RELEASABLE.includes(row.state) && !row.released;
  if (!waits)
    throw new CountersignError('conflict', `Chunk ${row.number} has nothing to release: it is ${chunkWords(row.state)}.`);
  if (batch.state === 'paused') throw new CountersignError('conflict', 'The batch is paused. Resume it, then release the rest.');
  const manifest = await approvedManifest(tx, row);
  if (manifest.digest !== one.digest)
    throw new CountersignError(
      'stale',
      `Chunk ${row.number} was approved with another manifest than this one. Nothing was released.`,
    );
  return { row, transition: 'release', manifest, seen: await membersOf(tx, row, one.seen) };
}

/** A release covers every chunk of the approval that it releases, for their first actions were the same ones. */
async function othersOfDecision(tx: Tx, locked: Map<number, ChunkRow>, covered: Covered[]): Promise<Covered[]> {
  const decisions = new Set(covered.map(({ row }) => row.decisionId));
  const named = new Set(covered.map(({ row }) => row.number));
  const others = [...locked.values()].filter(
    (row) => decisions.has(row.decisionId) && !named.has(row.number) && !row.released && CHUNK_RELEASABLE.includes(row.state),
  );
  const also: Covered[] = [];
  for (const row of others) also.push({ row, transition: 'release', manifest: await approvedManifest(tx, row), seen: [] });
  return also;
}

async function approvedManifest(tx: Tx, row: ChunkRow): Promise<BuiltManifest> {
  const { rows } = await tx.query<{ digest: string }>(
    "SELECT encode(digest, 'hex') AS digest FROM decision_chunk WHERE decision_id = $1 AND chunk_id = $2",
    [row.decisionId, row.id],
  );
  const counts = await tx.query<{ category: string; count: number }>(
    'SELECT category, count(*)::int AS count FROM classification WHERE chunk_id = $1 GROUP BY category',
    [row.id],
  );
  return {
    digest: rows[0]?.digest ?? '',
    acting: 0,
    problems: [],
    counts: Object.fromEntries(counts.rows.map(({ category, count }) => [category, count])),
  };
}

async function assertApprovable(
  tx: Tx,
  batch: BatchRow,
  row: ChunkRow,
  manifest: BuiltManifest,
  seen: number[],
  asked: Asked,
): Promise<void> {
  const problem = manifest.problems[0];
  if (problem) {
    const more = manifest.problems.length > 1 ? ` ${manifest.problems.length - 1} more can't be carried out either.` : '';
    const message = `Item ${problem.ordinal} (${problem.category}) can't be carried out: ${problem.message}${more} Move it to another category, then approve.`;
    throw new CountersignError('invalid', message, { facts: { problems: manifest.problems } });
  }
  if (asked.override) return;
  const acting = batch.plan.categories
    .filter(({ name, action }) => action !== null && Object.hasOwn(manifest.counts, name))
    .map(({ name }) => name);
  const looked = await tx.query<{ category: string }>(
    'SELECT DISTINCT category FROM classification WHERE chunk_id = $1 AND ordinal = ANY($2)',
    [row.id, seen],
  );
  const missing = acting.filter((name) => !looked.rows.some(({ category }) => category === name));
  if (missing.length === 0) return;
  const names = missing.map((name) => `“${name}”`).join(' and ');
  const message = `Chunk ${row.number}: nobody looked at any item of ${names}. Look at one of each, or approve unseen and say why (override).`;
  throw new CountersignError('invalid', message, { facts: { unseen: missing } });
}

async function stale(tx: Tx, row: ChunkRow, since: number | undefined): Promise<CountersignError> {
  const changes = await correctionsSince(tx, row.id, since ?? 0);
  const facts = { changes, revision: row.revision, chunk: row.number };
  const last = changes[changes.length - 1];
  if (!last)
    return new CountersignError('stale', `Chunk ${row.number} changed while you looked. Nothing was approved.`, { facts });
  const by = changes.filter((change) => change.name === last.name && change.to === last.to).length;
  const rest = changes.length - by;
  const what = `${last.name} moved ${by} ${by === 1 ? 'item' : 'items'} to ${last.to}${rest > 0 ? `, and ${rest} more moved,` : ''} while you looked.`;
  return new CountersignError('stale', `${what} Nothing was approved.`, { facts });
}

/** I5: builds once more under the same lock and stores the rows; the first n of each connector or connection are marked. */
async function freeze(tx: Tx, batch: BatchRow, decisionId: string, covered: Covered[]): Promise<void> {
  const sent = new Map<string, number>();
  for (const { row, manifest } of covered) {
    let hasFirst = false;
    const targets = new Set<string>();
    const chunk = { chunkId: row.id, batchId: batch.id, datasetId: batch.datasetId, plan: batch.plan };
    const own = row.backwards ? await countByTarget(tx, chunk) : new Map<string, number>();
    const ahead = new Map(own);
    const built = await buildManifest(tx, chunk, requestBuilder, async (rows) => {
      const first = new Set<number>();
      for (const { ordinal, action } of rows) {
        if (!action) continue;
        const key = targetKey(action);
        const count = sent.get(key) ?? 0;
        // Where it runs backwards the first to run are the last of the rows.
        const before = row.backwards ? (ahead.get(key) ?? 0) - 1 : 0;
        ahead.set(key, before);
        if (count + before < batch.plan.execution.first) first.add(ordinal);
        if (!row.backwards) sent.set(key, count + 1);
      }
      hasFirst ||= first.size > 0;
      await freezeRows(tx, { decisionId, chunkId: row.id, first }, rows);
      for (const target of await targetsOf(tx, rows, targetOfRequest)) targets.add(target);
    });
    for (const [key, count] of own) sent.set(key, (sent.get(key) ?? 0) + count);
    if (built.digest !== manifest.digest) throw new Error(`The manifest of chunk ${row.number} moved under its own lock.`);
    // Without actions there is nothing to wait for: the worker settles it at once.
    const released = batch.plan.execution.first === 0 || manifest.acting === 0;
    await tx.query(
      'UPDATE chunk SET has_first = $2, released = $3, approved_actions = $4, decision_id = $5, targets = $6 WHERE id = $1',
      [row.id, hasFirst, released, manifest.acting, decisionId, [...targets].sort()],
    );
  }
}

const targetKey = ({ connector, connection }: { connector: string; connection: string | null }): string =>
  JSON.stringify([connector, connection]);

async function countByTarget(tx: Tx, chunk: Parameters<typeof buildManifest>[1]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await buildManifest(tx, chunk, requestBuilder, async (rows) => {
    for (const { action } of rows) if (action) counts.set(targetKey(action), (counts.get(targetKey(action)) ?? 0) + 1);
  });
  return counts;
}

/** The state's change and its receipt, numbered by the one guarded statement. */
async function record(
  tx: Tx,
  actor: Actor,
  batch: BatchRow,
  decisionId: string,
  root: string,
  answers: DecisionAnswers,
  asked: Asked,
  one: Covered,
): Promise<void> {
  const { row, transition, manifest } = one;
  const says = { decided: transition, continued: asked.next || transition === null, note: asked.note };
  const from = fromOf(transition, row);
  const seq = await takeSequence(tx, 1, { chunkId: row.id, from, revision: row.revision, says });
  if (seq === null)
    throw new CountersignError('conflict', `Chunk ${row.number} changed while this was decided. Nothing was decided.`);
  if (transition === 'send_back') await discardClassifications(tx, [row.id]);
  const body: DecisionBody = {
    v: 1,
    kind: 'decision',
    batch: batch.id,
    chunk: row.number,
    decision: decisionId,
    root,
    manifest: manifest.digest,
    revision: row.revision,
    answers,
    counts: manifest.counts,
    seenCount: one.seen.length,
    seen: seenDigest(one.seen),
    override: asked.override ?? null,
    by: actor.id,
    via: actor.via,
    at: new Date().toISOString(),
  };
  await storeReceipts(tx, batch.id, [
    { ...sealReceipt(body), chunk: row.number, seq, ordinal: null, step: null, kind: 'decision', result: null },
  ]);
}

/** The states that it may find: its transition's, those of all that a release covers, or the one that stays. */
function fromOf(transition: DecidedTransition | null, row: ChunkRow): readonly ChunkState[] {
  if (transition === null) return [row.state];
  return transition === 'release' ? CHUNK_RELEASABLE : chunkFrom(transition);
}

function asDecided({ row, manifest, seen }: Covered): DecidedChunk {
  return { chunkId: row.id, revision: row.revision, digest: manifest.digest, seen };
}
