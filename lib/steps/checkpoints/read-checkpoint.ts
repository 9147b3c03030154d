/** The question put to a person when a chunk is classified: counts, samples, the exact action in words, and what the answer is bound to. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import { changeInWords, isByInstruction } from '#lib/classifiers/registry.ts';
import { changesBy, requestBuilder } from '#lib/connectors/registry.ts';
import { actionWords } from '#lib/connectors/words.ts';
import { isDecided } from '#lib/core/checkpoints/decided.ts';
import { needsTwo, signingsOf } from '#lib/core/checkpoints/signatures.ts';
import { CHUNK_IN_REVIEW, CHUNK_RELEASABLE, chunkMay } from '#lib/core/lifecycle.ts';
import { LOOK_ROWS_MAX } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import type { CheckpointCategory, CheckpointView, ManifestProblem, Sample, TwoSignatures } from '#lib/shapes/checkpoints.ts';
import { chunkRow } from '#lib/steps/batches/batch-view.ts';
import { drawnOf, labelsOf, nounOf } from '#lib/steps/datasets/noun.ts';
import { readTargets } from '#lib/steps/fleet/target-incidents.ts';
import { isId, isNumber } from '#lib/steps/ids.ts';
import { byRulesOf } from '#lib/steps/plans/plan-of-chunk.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { type BatchFacts, type ChunkNow, readBatchFacts, readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { countRest, readEndedWith, readRestBatches } from '#lib/store/batches/rest.sql.ts';
import { type ChunkOf, readClassified, readCorrections, readNextWaiting } from '#lib/store/checkpoints/checkpoint-reads.sql.ts';
import { readApprovedDigest, readHaltedAt } from '#lib/store/checkpoints/checkpoint-reads.ts';
import { readDecisionReceipts, readFirstLook, readFirstSignatures } from '#lib/store/checkpoints/decisions.sql.ts';
import { lookAt } from '#lib/store/checkpoints/looks.ts';
import { currentManifests } from '#lib/store/checkpoints/manifest.sql.ts';
import { anyProposed } from '#lib/store/chunks/chunks.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readFirstOutcomes } from '#lib/store/receipts/receipt-reads.sql.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';

import { readColumns } from './columns.ts';
import { readDecisions } from './read-decisions.ts';
import { readEvidence } from './read-evidence.ts';
import { readTold } from './read-told.ts';

import { sampleOf } from './sample-rows.ts';
import { whyNotYou } from './signers.ts';

const CORRECTIONS_SHOWN = 50;

/** The checkpoint of one chunk, in whatever state it is; null when there is none. Reads only, but for remembering the digest it made. */
export async function readCheckpoint(
  actor: Actor,
  { batchId, chunk: number }: { batchId: string; chunk: number },
): Promise<CheckpointView | null> {
  authorise(actor, 'see');
  if (!isId(batchId) || !isNumber(number)) return null;
  const { pool } = db();
  const facts = await readBatchFacts(pool, batchId);
  const [chunk] = facts ? await readChunksNow(pool, batchId, { number }) : [];
  if (!facts || !chunk) return null;
  await tellOpened(actor, 'batch_opened', facts);
  const batch = await byRulesOf(facts, chunk);

  const of: ChunkOf = { batchId, datasetId: batch.datasetId, chunkId: chunk.id };
  const [folded, manifest, corrections, nextWaits, next, haltedAt, targets, firstReceipts, two, decisions] = await Promise.all([
    foldChunks(pool, batchId, [chunk], LOOK_ROWS_MAX),
    manifestOf(batch, chunk, of),
    readCorrections(pool, of, CORRECTIONS_SHOWN),
    anyProposed(db(), batchId),
    readNextWaiting(pool, batchId, number),
    chunk.state === 'halted' ? readHaltedAt(db(), batchId, number) : null,
    readTargets(pool, { batchId, chunk: number }),
    readFirst(batch, chunk),
    readTwo(actor, batch, chunk),
    isDecided(chunk) ? readDecisions(batch, chunk) : [],
  ]);
  const names = await readNames(
    db(),
    corrections.map(({ by }) => by),
  );
  const categories = await readCategories(batch, chunk, of);
  // After the samples: they are the first that are looked at.
  const evidence = await readEvidence(db(), batch, chunk);
  const columns = await readColumns(actor.id, batch);
  const { datasetFormat, id, name, state, plan } = batch;
  return {
    batch: {
      id,
      name,
      state,
      noun: nounOf(datasetFormat),
      datasetId: batch.datasetId,
      undoes: batch.undoes,
      changeable: changeInWords(plan),
      changesFiles: plan.categories.some(({ action }) => action !== null && changesBy(action.connector) !== null),
      byInstruction: isByInstruction(plan),
    },
    instruction: plan.instruction || null,
    labels: labelsOf(datasetFormat),
    drawn: drawnOf(datasetFormat),
    chunk: chunkRow(chunk, folded.get(chunk.number)),
    digest: manifest.digest,
    revision: chunk.revision,
    total: categories.reduce((sum, { count }) => sum + count, 0),
    categories,
    columns,
    problems: manifest.problems,
    first: plan.execution.first,
    released: chunk.released,
    rest: await readRestOf(batch, chunk),
    corrections: corrections.map((one) => ({ ...one, by: actorName(one.by, names), at: one.at.toISOString() })),
    firstReceipts,
    two,
    decided: isDecided(chunk),
    decisions,
    evidence,
    nextWaits,
    next,
    haltedAt: haltedAt?.toISOString() ?? null,
    targets,
    may: {
      correct: may(actor, 'correct') && chunk.state === 'awaiting_review',
      decide: may(actor, 'decide') && chunkMay('approve', chunk.state) && !two?.notYou,
      release: may(actor, 'release') && CHUNK_RELEASABLE.includes(chunk.state) && !chunk.released,
      resume: may(actor, 'resume'),
    },
  };
}

/** What the chunk, and those that ended with it, left unsent. */
async function readRestOf({ id, undoes }: BatchFacts, { number, state }: ChunkNow): Promise<CheckpointView['rest']> {
  if (state !== 'cancelled' || undoes !== null) return null;
  const { pool } = db();
  const ended = await readEndedWith(pool, id, number);
  const chunks = ended.map((one) => one.number);
  return { chunks, counts: await countRest(pool, id, ended), batches: await readRestBatches(pool, id, chunks) };
}

/** What was approved, once something was; before, what the classifications make now. */
async function manifestOf(
  batch: BatchFacts,
  chunk: ChunkNow,
  of: ChunkOf,
): Promise<{ digest: string | null; problems: ManifestProblem[] }> {
  const { pool } = db();
  if (chunk.decisionId !== null) return { digest: await readApprovedDigest(db(), chunk.decisionId, chunk.id), problems: [] };
  if (!CHUNK_IN_REVIEW.includes(chunk.state)) return { digest: null, problems: [] };
  // It is remembered only when every request could be built.
  if (chunk.manifestDigest !== null) return { digest: chunk.manifestDigest, problems: [] };
  const made = await currentManifests(pool, { ...of, plan: batch.plan }, [chunk], requestBuilder);
  return made.get(chunk.id) ?? { digest: null, problems: [] };
}

async function readTwo(actor: Actor, batch: BatchFacts, chunk: ChunkNow): Promise<TwoSignatures | null> {
  if (!needsTwo(batch.plan)) return null;
  const { pool } = db();
  const first = (await readFirstSignatures(pool, [chunk.id])).get(chunk.id) ?? null;
  // Not the actions' receipts: the last decision on a chunk in review is its last receipt.
  const decisions =
    chunk.state === 'awaiting_review' && chunk.seq > 0
      ? await readDecisionReceipts(pool, batch.id, new Map([[chunk.number, chunk.seq]]))
      : [];
  const signings = signingsOf(decisions);
  const last = decisions.findLast(({ answers }) => answers.execute || answers.sendBack);
  const refused = last && signings.get(last.seq) === 'refused' ? last : null;
  const names = await readNames(
    db(),
    [first, refused].flatMap((one) => (one ? [one.by] : [])),
  );
  const named = (one: { by: string; at: string }) => ({ by: actorName(one.by, names), at: one.at });
  const look = first && (await readFirstLook(pool, { batchId: batch.id, chunkId: chunk.id, decisionId: first.decision }));
  const notYou = await whyNotYou(db(), actor, [first?.by ?? null], batch);
  return {
    first: first && look ? { ...named(first), ...look, seenCount: look.seen.length } : null,
    refused: refused && named(refused),
    notYou: notYou.get(first?.by ?? null) ?? null,
  };
}

/** The plan's categories in its order, with counts and samples. */
async function readCategories(batch: BatchFacts, chunk: ChunkNow, of: ChunkOf): Promise<CheckpointCategory[]> {
  const { pool } = db();
  const words = actionWords(batch.plan);
  const names = batch.plan.categories.map(({ name }) => name);
  const { counts, random, unsure } = await lookAt(db(), chunk, names);
  const ordinals = [...random, ...unsure].map(({ ordinal }) => ordinal);
  const items = await readClassified(pool, of, ordinals);
  const told = await readTold(of.batchId, chunk, ordinals);
  const people = await readNames(
    db(),
    [...items.values()].map(({ by }) => by),
  );

  const samples = (picked: typeof random, mark: 'random' | 'unsure', category: string): Sample[] =>
    picked.flatMap(({ ordinal }) => {
      const item = items.get(ordinal);
      // Somebody may have moved it between the two statements.
      return item?.category === category ? [sampleOf(batch, item, mark, people, told(ordinal))] : [];
    });
  const inCategory = (picked: typeof random, name: string) => picked.filter(({ category }) => category === name);
  return names.map((name) => ({
    name,
    count: counts.get(name) ?? 0,
    action: words.get(name) ?? null,
    sampleRandom: samples(inCategory(random, name), 'random', name),
    sampleUnsure: samples(inCategory(unsure, name), 'unsure', name),
  }));
}

/** The first actions' receipts. They may be in another chunk of the same decision; then there are none here. */
async function readFirst(batch: BatchFacts, chunk: ChunkNow): Promise<CheckpointView['firstReceipts']> {
  if (chunk.decisionId === null || chunk.released) return [];
  const { pool } = db();
  const rows = await receiptReader(db(), batch).rows(await readFirstOutcomes(pool, batch.id, chunk.decisionId, [chunk.id]));
  return rows.map(({ chunk: of, seq, ordinal, line, result, reason }) => ({
    chunk: of,
    seq,
    ordinal: ordinal ?? 0,
    line,
    result,
    reason,
  }));
}
