/**
 * Which chunks a decision covers: each moves by its own state, and must be what was on the screen (I5). Those that are not drop out, with the reason;
 * of a chunk that is decided alone the reason is the refusal. What the database is asked, it is asked for all chunks at once.
 */

import type { Actor } from '#lib/auth/actor.ts';
import { requestBuilder } from '#lib/connectors/registry.ts';
import type { NotSigner } from '#lib/core/checkpoints/signatures.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { DECISION_ITEMS_MAX } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import type { Decided, DecidedOn, GivenAnswers } from '#lib/shapes/checkpoints.ts';
import { readApproved, readFirstSignatures, readSeen, type Seen, type Signature } from '#lib/store/checkpoints/decisions.sql.ts';
import type { PoolKept } from '#lib/store/checkpoints/decisions.ts';
import { type BuiltManifest, buildManifests } from '#lib/store/checkpoints/manifest.sql.ts';
import { readFirstsUndone } from '#lib/store/chunks/chunks.sql.ts';
import type { BatchRow, ChunkRow } from '#lib/store/chunks/chunks.ts';
import { correctionsSince } from '#lib/store/chunks/classifications.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import type { Querying, Tx, WithModels } from '#lib/store/postgres/db.ts';
import { oneAtATime } from '#lib/store/postgres/one-at-a-time.ts';
import type { DecidedTransition } from '#lib/store/receipts/receipts.sql.ts';
import { Freezer } from './freeze.ts';
import { type Override, type ReviewFacts, reviewFacts } from './review-facts.ts';
import {
  isOfClassifications,
  isReleasable,
  refusalOfAnother,
  refusalOfChange,
  refusalOfEarly,
  refusalOfSecond,
  refusalOfState,
  transitionOf,
} from './rulings.ts';
import { whyNotYou } from './signers.ts';

export type Deciding = { decisionId: string; batch: BatchRow; actor: Actor; answers: GivenAnswers };

/**
 * One chunk of a decision: its locked row, what becomes of it (null: it stays as it is), the manifest's digest, its items per category, the ordinals
 * that were seen, the acting categories of which nobody saw any, what the marks on it said (null where the decision is not about its classifications), and what
 * the override was needed for.
 */
export type Covered = {
  row: ChunkRow;
  transition: DecidedTransition | null;
  seen: number[];
  unseen: string[];
  review: ReviewFacts | null;
  overrides: Override[];
} & Pick<BuiltManifest, 'digest' | 'counts'>;

/** A chunk that is asked about, and what becomes of it if it is what was on the screen. */
type Asked = { id: string; itemCount: number; row: ChunkRow; on: DecidedOn; transition: DecidedTransition | null };

/**
 * Compares each chunk with what was on the screen, and freezes what is approved. `chunks` come in the order of their numbers; `locked` are they, and
 * those that a release covers beside them.
 *
 * @throws CountersignError `invalid`: nothing may be decided so; `stale`, `conflict`: no chunk is left
 */
export async function coverChunks(
  tx: Tx,
  deciding: Deciding,
  chunks: readonly { row: ChunkRow; on: DecidedOn }[],
  locked: readonly ChunkRow[],
): Promise<{ covered: Covered[]; dropped: Decided['dropped']; pool: PoolKept | null }> {
  const { batch, answers } = deciding;
  // What is read, and what is written meanwhile, go over the one connection.
  const lane = oneAtATime(tx);
  const refusals = new Refusals(lane, chunks.length === 1);
  const open: Asked[] = [];
  for (const { row, on } of chunks) {
    const transition = transitionOf(batch, row, answers);
    const refusal = refusalOfState(batch, row, transition);
    if (refusal) refusals.add(row, refusal);
    else open.push({ id: row.id, itemCount: row.itemCount, row, on, transition });
  }
  const named = open.map(({ id, on }) => ({ chunkId: id, ordinals: on.seen ?? [] }));
  const seen = await readSeen(lane, batch.id, named);
  const { built = [], approved = [] } = Object.groupBy(open, (one) => (isOfClassifications(one) ? 'built' : 'approved'));
  const { covered: weighed, pool } = await coverBuilt(tx, lane, deciding, built, seen, refusals);
  const covered = [...weighed, ...(await coverApproved(lane, batch, approved, seen, refusals, locked))];
  const dropped = await refusals.dropped();
  if (covered.length === 0) throw refusals.ofAll(dropped);
  return { covered: covered.sort((a, b) => a.row.number - b.row.number), dropped, pool };
}

/** Chunks in review: the manifest is built from the classifications, compared, and frozen with that where it is approved. */
async function coverBuilt(
  models: WithModels,
  lane: Querying,
  { decisionId, batch, actor, answers }: Deciding,
  asked: readonly Asked[],
  seen: ReadonlyMap<string, Seen>,
  refusals: Refusals,
): Promise<{ covered: Covered[]; pool: PoolKept | null }> {
  assertFit(asked);
  const signed = asked.filter(({ row }) => row.state === 'awaiting_second').map(({ id }) => id);
  const signatures = answers.execute ? await readFirstSignatures(lane, signed) : new Map<string, Signature>();
  const notYou = await notSigners(models, { actor, batch }, signatures);
  const freezer = new Freezer(lane, batch, decisionId, answers.first);
  const covered: Covered[] = [];
  const judge = async ({ row, on, transition }: Asked, manifest: BuiltManifest): Promise<void> => {
    const isChanged = manifest.digest !== on.digest;
    const isSecond = answers.execute && row.state === 'awaiting_second';
    const refusal =
      isSecond && !isChanged ? refusalOfSecond(row, manifest, signatures.get(row.id), notYou.get(row.id) ?? null) : null;
    if (isChanged || refusal) {
      await freezer.drop();
      return refusal ? refusals.add(row, refusal) : await refusals.addChanged(row, on.revision ?? 0);
    }
    const own = seen.get(row.id);
    const unseen = answers.execute ? unseenIn(batch, manifest, own) : [];
    if (unseen.length > 0 && !answers.override && answers.atMost === undefined) throw refusalOfUnseen(row, unseen);
    if (transition === 'approve') await freezer.keep(row, manifest);
    const { digest, counts } = manifest;
    covered.push({ row, transition, digest, counts, seen: own?.ordinals ?? [], unseen, review: null, overrides: [] });
  };
  const of = { batchId: batch.id, datasetId: batch.datasetId, plan: batch.plan };
  try {
    await buildManifests(lane, of, asked, requestBuilder, {
      rows: async ({ row, transition }, rows) => (transition === 'approve' ? await freezer.add(row, rows) : undefined),
      built: judge,
    });
    const pool = await weigh(lane, { batch, answers }, covered);
    await freezer.end();
    return { covered, pool };
  } catch (error) {
    await freezer.settle();
    throw error;
  }
}

/** By the chunks' ids: where this signature is not the second one after the first. Before the manifests, whose rows fill the connection. */
async function notSigners(
  models: WithModels,
  { actor, batch }: Pick<Deciding, 'actor' | 'batch'>,
  signatures: ReadonlyMap<string, Signature>,
): Promise<Map<string, { why: NotSigner; firstName: string }>> {
  const firsts = [...new Set([...signatures.values()].map(({ by }) => by))];
  if (firsts.length === 0) return new Map();
  const whys = await whyNotYou(models, actor, firsts, batch);
  const names = await readNames(models, firsts);
  return new Map(
    [...signatures].flatMap(([chunkId, { by }]) => {
      const why = whys.get(by);
      return why ? [[chunkId, { why, firstName: actorName(by, names) }] as const] : [];
    }),
  );
}

/**
 * What was marked on the chunks that are left, together: a bound may be over all of them. Throws `invalid` where they are to be approved, and the plan's demand
 * is not met, or the looks over the batch are no ground for what nobody saw, or an acting category that wants a mark has none, and nobody says why it is approved
 * all the same. Gives what their looks are pooled from.
 */
async function weigh(
  lane: Querying,
  { batch, answers }: Pick<Deciding, 'batch' | 'answers'>,
  covered: Covered[],
): Promise<PoolKept | null> {
  if (covered.length === 0) return null;
  const atMost = answers.execute ? (answers.atMost ?? null) : null;
  const { facts, pool } = await reviewFacts(lane, batch, covered, atMost);
  for (const one of covered) {
    one.review = facts.get(one.row.id) ?? null;
    if (!answers.execute || one.review === null) continue;
    const { unmarked, unmet, ungrounded } = one.review;
    if (!answers.override) assertProven(one, one.review);
    if (one.unseen.length > 0 && (atMost === null || ungrounded.length > 0)) one.overrides.push('unseen');
    if (unmarked.length > 0) one.overrides.push('unmarked');
    if (unmet.length > 0) one.overrides.push('evidence');
  }
  return pool;
}

function assertProven({ row: { number }, unseen }: Covered, { unmarked, unmet, ungrounded, demands }: ReviewFacts): void {
  if (ungrounded.length > 0) {
    const message = `Chunk ${number}: nobody looked at any item of ${quoted(unseen)}, and the looks over the batch are no ground yet. ${ungrounded.join(' ')} Or look at one of each, or approve without, and say why (override). Nothing was approved.`;
    throw new CountersignError('invalid', message, { facts: { unseen, ungrounded } });
  }
  if (unmet.length > 0) {
    const message = `Chunk ${number}: ${unmet.join(' ')} Or approve it without, and say why (override). Nothing was approved.`;
    throw new CountersignError('invalid', message, { facts: { evidence: demands.filter(({ met }) => !met) } });
  }
  if (unmarked.length === 0) return;
  const message = `Chunk ${number}: nobody marked any item of ${quoted(unmarked)}. Mark one of each as right, or correct it; or approve without, and say why (override). Nothing was approved.`;
  throw new CountersignError('invalid', message, { facts: { unmarked } });
}

/** Chunks beyond their review: what was approved of them counts. A release covers every chunk of its approval, for their first actions were the same ones. */
async function coverApproved(
  lane: Querying,
  batch: BatchRow,
  asked: readonly Asked[],
  seen: ReadonlyMap<string, Seen>,
  refusals: Refusals,
  locked: readonly ChunkRow[],
): Promise<Covered[]> {
  const named = new Set(asked.map(({ id }) => id));
  const decisions = new Set(asked.flatMap(({ row, transition }) => (transition === 'release' ? [row.decisionId] : [])));
  const others = locked.filter((row) => decisions.has(row.decisionId) && !named.has(row.id) && isReleasable(row));
  const approved = await readApproved(lane, [...asked.map(({ id }) => id), ...others.map(({ id }) => id)]);
  const undone = await readFirstsUndone(
    lane,
    batch.id,
    [...decisions].filter((id) => id !== null),
  );
  const of = (row: ChunkRow) => approved.get(row.id) ?? { digest: '', counts: {} };
  const covered: Covered[] = [];
  const beyond = { unseen: [], review: null, overrides: [] };
  for (const { row, on, transition } of asked) {
    // Where it stands at its release, some were done. Before that nobody can have looked at any.
    const first = transition === 'release' && row.state === 'approved' ? undone.get(row.decisionId ?? '') : undefined;
    if (transition === 'release' && of(row).digest !== on.digest) refusals.add(row, refusalOfAnother(row));
    else if (first !== undefined) refusals.add(row, refusalOfEarly(first));
    else covered.push({ row, transition, ...of(row), seen: seen.get(row.id)?.ordinals ?? [], ...beyond });
  }
  const released = new Set(covered.flatMap(({ row, transition }) => (transition === 'release' ? [row.decisionId] : [])));
  for (const row of others)
    if (released.has(row.decisionId)) covered.push({ row, transition: 'release', ...of(row), seen: [], ...beyond });
  return covered;
}

/** A chunk by itself may have any number of items: nobody could decide on half of it. */
function assertFit(asked: readonly Asked[]): void {
  if (asked.length > 1) assertCoverable(asked);
}

/** Throws `invalid` where chunks have more items together than one decision covers. */
export function assertCoverable(asked: readonly { itemCount: number }[]): void {
  const items = asked.reduce((sum, { itemCount }) => sum + itemCount, 0);
  if (items <= DECISION_ITEMS_MAX) return;
  const [many, most] = [items, DECISION_ITEMS_MAX].map((number) => number.toLocaleString('en-US'));
  throw new CountersignError(
    'invalid',
    `These ${asked.length} chunks have ${many} items together, and one decision covers at most ${most}. Decide on fewer chunks at a time.`,
  );
}

/** The acting categories of which nobody saw an item. An undo's ground is its receipts: of it none is asked. Throws `invalid` where a request can't be built. */
function unseenIn({ plan, undoes }: BatchRow, manifest: BuiltManifest, seen: Seen | undefined): string[] {
  const problem = manifest.problems[0];
  if (problem) {
    const more = manifest.problems.length - 1;
    const others = more > 0 ? ` ${more} more can't be carried out either.` : '';
    const message = `Item ${problem.ordinal} (${problem.category}) can't be carried out: ${problem.message}${others} Move it to another category, then approve.`;
    throw new CountersignError('invalid', message, { facts: { problems: manifest.problems } });
  }
  if (undoes !== null) return [];
  const acting = plan.categories.filter(({ name, action }) => action !== null && Object.hasOwn(manifest.counts, name));
  return acting.map(({ name }) => name).filter((name) => !seen?.categories.has(name));
}

function refusalOfUnseen({ number }: ChunkRow, unseen: string[]): CountersignError {
  const message = `Chunk ${number}: nobody looked at any item of ${quoted(unseen)}. Look at one of each, or approve unseen and say why (override).`;
  return new CountersignError('invalid', message, { facts: { unseen } });
}

const quoted = (names: readonly string[]): string => names.map((name) => `“${name}”`).join(' and ');

/** Chunks that drop out. A chunk that is decided alone does not: what it is refused for is thrown. */
class Refusals {
  readonly #lane: Querying;
  readonly #alone: boolean;
  readonly #refused: { row: ChunkRow; error: CountersignError }[] = [];
  readonly #changed: { row: ChunkRow; since: number }[] = [];

  constructor(lane: Querying, alone: boolean) {
    this.#lane = lane;
    this.#alone = alone;
  }

  add(row: ChunkRow, error: CountersignError): void {
    if (this.#alone) throw error;
    this.#refused.push({ row, error });
  }

  /** It is not what was looked at, at this revision. What moved since is read together with that of others. */
  async addChanged(row: ChunkRow, since: number): Promise<void> {
    this.#changed.push({ row, since });
    if (!this.#alone) return;
    for (const { error } of await this.#readChanged()) throw error;
  }

  /** In the order of their numbers, each with the reason. */
  async dropped(): Promise<Decided['dropped']> {
    this.#refused.push(...(await this.#readChanged()));
    const dropped = this.#refused.map(({ row, error }) => ({ number: row.number, why: error.message }));
    return dropped.sort((a, b) => a.number - b.number);
  }

  /** The refusal where no chunk is left. */
  ofAll(dropped: Decided['dropped']): CountersignError {
    const moved = this.#refused.some(({ error }) => error.code === 'stale');
    const message = moved
      ? 'Every chunk changed while you looked. Nothing was decided.'
      : `None of these chunks can take this decision. ${dropped[0]?.why}`;
    return new CountersignError(moved ? 'stale' : 'conflict', message, { facts: { dropped } });
  }

  async #readChanged(): Promise<{ row: ChunkRow; error: CountersignError }[]> {
    const read: { row: ChunkRow; error: CountersignError }[] = [];
    for (let from = 0; from < this.#changed.length; from += CHANGED_AT_ONCE) {
      const some = this.#changed.slice(from, from + CHANGED_AT_ONCE);
      const changes = await correctionsSince(
        this.#lane,
        some.map(({ row, since }) => ({ chunkId: row.id, revision: since })),
      );
      for (const { row } of some) read.push({ row, error: refusalOfChange(row, changes.get(row.id) ?? []) });
    }
    return read;
  }
}

/** Of each at most 200 corrections are read. */
const CHANGED_AT_ONCE = 100;
