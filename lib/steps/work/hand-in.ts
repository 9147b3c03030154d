/** An agent hands in the commits that it made of its items, in a checkout of its own (docs/git.md). */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { HandedIn, HandInPlace, HandInRead, HandsIn } from '#lib/connectors/port.ts';
import { handingIn } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { GIT_TIMEOUT_MS, HAND_IN_BYTES_MAX, HAND_INS_AT_ONCE } from '#lib/core/limits.ts';
import type { Action, Plan } from '#lib/core/plans/plan.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { epochOfClaim, type HandInMade } from '#lib/shapes/work.ts';
import { fieldsOfRequest, filtersFor } from '#lib/steps/plans/build-request.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readBatchPlan } from '#lib/store/batches/batch-plan.sql.ts';
import type { AgentClaim } from '#lib/store/chunks/agent-claims.sql.ts';
import { readNamed } from '#lib/store/datasets/named-items.sql.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import { db, inTransaction, type Querying, type Tx, type WithModels } from '#lib/store/postgres/db.ts';
import { type HandInCounts, keepHandIn, readHandIn, readPathsTaken } from '#lib/store/repositories/handed.sql.ts';
import { heldWork, leaseOf, type OwnChunk } from './open-work.ts';

const input = z.strictObject({ batchId: z.uuid(), chunk: nameNumber, epoch: epochOfClaim });

/** Being read in this process. */
let reading = 0;

/**
 * Keeps what each commit makes of the item that it names, in place of what was handed in of these items before; all of it, or nothing. The same bundle under the same claim
 * counts once. It is read with nothing held: a claim that ends meanwhile keeps nothing.
 *
 * @param source the bundle's bytes; at most `most` are read
 * @throws CountersignError `invalid` (what of it is refused, and why), `too_large`, `conflict` (the claim does not stand, or is another key's; the plan takes no commits; too
 *   many at once), `unavailable` (the repository can't be read), `not_found`, `forbidden`
 */
export async function handIn(
  actor: Actor,
  raw: z.input<typeof input>,
  source: AsyncIterable<Uint8Array>,
  most: number = HAND_IN_BYTES_MAX,
): Promise<HandInMade> {
  authorise(actor, 'work');
  const own = { ...readInput(input, raw), key: actor.id };
  const { pool } = db();
  const held = await inTransaction(pool, (tx) => heldWork(tx, own));
  const plan = (await readBatchPlan(pool, own.batchId, held.chunkId))?.plan;
  const taking = plan ? await takingOf(db(), held, plan) : null;
  if (!taking)
    throw new CountersignError('conflict', 'No category of this batch’s plan takes commits of agents. Report the items.');
  if (reading >= HAND_INS_AT_ONCE)
    throw new CountersignError(
      'conflict',
      'Other agents hand in commits at this moment. Nothing was kept; send it again shortly.',
    );
  reading += 1;
  const folder = await mkdtemp(join(tmpdir(), 'hand-in-'));
  try {
    const file = join(folder, 'bundle');
    const digest = bytesOf(await received(source, file, most));
    const before = await readHandIn(db(), held, digest);
    if (before) return inTransaction(pool, async (tx) => answerOf(await heldWork(tx, own), before, true));
    const items = (ordinals: readonly number[]) => itemsOf(db(), held, taking, ordinals);
    const of: HandedIn = { action: taking.action, place: taking.place, file, batchId: own.batchId, chunk: own.chunk, items };
    const read = await taking.by.read(of, AbortSignal.timeout(GIT_TIMEOUT_MS));
    return await inTransaction(pool, (tx) => kept(tx, own, actor, { digest, read }));
  } finally {
    reading -= 1;
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the plan's items are handed in by. */
type Taking = { action: Action; by: HandsIn; plan: Plan; place: HandInPlace };

/** Where agents work for this chunk; null where its plan takes nothing that is handed in. Throws `invalid` where its items do not say where they were read. */
export async function takingOf(reads: Reads, held: OfChunk, plan: Plan): Promise<Taking | null> {
  for (const { action } of plan.categories) {
    const by = action && handingIn(action);
    if (!action || !by) continue;
    const first = await reads.prisma.chunkItem.findFirst({ where: { chunkId: held.chunkId }, orderBy: { ordinal: 'asc' } });
    if (!first) return null;
    const of = { action, plan };
    const fields = (await itemsOf(reads, held, of, [first.ordinal])).get(first.ordinal);
    return { ...of, by, place: by.told(action, { ordinal: first.ordinal, fields: fields ?? {} }) };
  }
  return null;
}

/** The database, or one transaction. */
type Reads = WithModels & { pool: Querying };
type OfChunk = Pick<AgentClaim, 'batchId' | 'datasetId' | 'chunkId'>;

/** The items of the chunk among these, with what requests of this action are built of. */
async function itemsOf(
  { prisma, pool }: Reads,
  { batchId, datasetId, chunkId }: OfChunk,
  { action, plan }: Pick<Taking, 'action' | 'plan'>,
  ordinals: readonly number[],
): Promise<Map<number, Record<string, string>>> {
  const own = await prisma.chunkItem.findMany({ where: { chunkId, ordinal: { in: [...ordinals] } }, select: { ordinal: true } });
  const named = await readNamed(pool, { datasetId, ordinals: own.map(({ ordinal }) => ordinal) }, fieldsOfRequest(action) ?? []);
  const filters = filtersFor(plan, (await readMeanings(pool, { batchId })) ?? {});
  return new Map(named.map((item) => [item.ordinal, filters ? filters.ofRequest(action, item) : item.fields]));
}

/** Writes the bytes to a file, and gives their digest. */
async function received(source: AsyncIterable<Uint8Array>, file: string, most: number): Promise<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  const bounded = async function* (): AsyncGenerator<Uint8Array> {
    for await (const part of source) {
      bytes += part.length;
      if (bytes > most)
        throw new CountersignError(
          'too_large',
          `The bundle is larger than ${most / 1024 ** 2} MiB. Hand in fewer items at once.`,
        );
      hash.update(part);
      yield part;
    }
  };
  await pipeline(bounded, createWriteStream(file));
  return hash.digest();
}

async function kept(
  tx: Tx,
  own: OwnChunk,
  actor: Actor,
  { digest, read }: { digest: Uint8Array<ArrayBuffer>; read: HandInRead },
): Promise<HandInMade> {
  const held = await heldWork(tx, own);
  const again = await readHandIn(tx, held, digest);
  if (again) return answerOf(held, again, true);
  const items = read.items.map(({ ordinal }) => ordinal);
  const pathOf = (path: string) => bytesOf(sha256(Buffer.from(path)));
  const paths = new Map(
    read.items.flatMap(({ path, ordinal }) =>
      path === null ? [] : [[Buffer.from(pathOf(path)).toString('hex'), { path, ordinal }]],
    ),
  );
  const [taken] = await readPathsTaken(
    tx,
    own.batchId,
    read.items.flatMap(({ path }) => (path === null ? [] : [pathOf(path)])),
    items,
  );
  if (taken) {
    const mine = paths.get(Buffer.from(taken.pathDigest ?? []).toString('hex'));
    throw new CountersignError(
      'invalid',
      `Item ${mine?.ordinal} would move to ${mine?.path}, where item ${taken.ordinal} of this batch goes. Nothing of it was kept.`,
    );
  }
  const count = (kind: HandInRead['items'][number]['kind']): number => read.items.filter((item) => item.kind === kind).length;
  const counts: HandInCounts = {
    commits: read.commits,
    ...{ written: count('written'), moved: count('moved'), removed: count('removed'), unchanged: count('unchanged') },
  };
  const changes = read.items.flatMap(({ ordinal, commit, path, change }) =>
    change === null
      ? []
      : [{ ordinal, commit, pathDigest: path === null ? null : pathOf(path), change: bytesOf(Buffer.from(change)) }],
  );
  await keepHandIn(tx, held, { digest, tip: read.tip, by: actor.id, counts, items, changes });
  return answerOf(held, counts, false);
}

function answerOf(held: AgentClaim, counts: HandInCounts, already: boolean): HandInMade {
  return { ...counts, already, ...leaseOf(held) };
}
