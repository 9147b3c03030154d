/** Everything that stands still until a person says something, over all batches: what is theirs to answer, or nobody's yet. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may, rolesOf } from '#lib/auth/authorise.ts';
import { worstEffect } from '#lib/connectors/words.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { type BatchNeeds, NEED_KINDS, type Need, type NeedKind, type NeedsYou, type NextNeed } from '#lib/shapes/live.ts';
import { nounOf } from '#lib/steps/datasets/noun.ts';
import { readTargets } from '#lib/steps/fleet/target-incidents.ts';
import { isId } from '#lib/steps/ids.ts';
import {
  type Asker,
  type NeedRow,
  readBatchNeeds,
  readNextIn,
  readOthersClaims,
  readUncertainChunks,
  readWaiting,
} from '#lib/store/batches/needs.sql.ts';
import { readDatabaseFault } from '#lib/store/fleet/workers.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';

const BATCHES_SHOWN = 500;
/** Of each batch and kind; the page of the batch has them all. */
const FIRST_OF_BATCH = 20;
const CHUNKS_SHOWN = 2_000;
const OTHERS_SHOWN = 50;

/** The most urgent batch first. Empty for whoever can't answer anything. */
export async function readNeedsYou(actor: Actor): Promise<NeedsYou> {
  authorise(actor, 'see_batches');
  const { pool } = db();
  const trouble = await readDatabaseFault(pool);
  if (!may(actor, 'decide')) return { ...NOTHING, trouble };
  const asker = askerOf(actor);
  const few = { each: FIRST_OF_BATCH, limit: CHUNKS_SHOWN };
  const [broken, asking, waiting, uncertain, claims] = await Promise.all([
    readTargets(pool),
    readBatchNeeds(pool, asker, BATCHES_SHOWN),
    readWaiting(pool, asker, few),
    readUncertainChunks(pool, asker, few),
    readOthersClaims(pool, asker, OTHERS_SHOWN),
  ]);
  // A target that somebody paused asks nothing of anybody until something waits for it.
  const targets = broken.filter(({ paused, chunks }) => !paused || chunks > 0);
  const batches = asking
    .map(({ categories, datasetFormat, since, doubtful: _, ...row }) => ({
      ...row,
      ...{ noun: nounOf(datasetFormat), effect: worstEffect(categories), since: since.toISOString() },
    }))
    .sort(byUrgency);
  const those = (states: readonly NeedRow['state'][]): Need[] =>
    waiting.filter(({ state }) => states.includes(state)).map(needOf);
  const lists = {
    halts: those(['halted']),
    doubts: uncertain.map(needOf),
    releases: those(['awaiting_release']),
    checkpoints: those(CHUNK_IN_REVIEW),
  };
  const names = await readNames(
    db(),
    claims.map(({ by }) => by),
  );
  const total = (of: (one: BatchNeeds) => number) => batches.reduce((sum, one) => sum + of(one), 0);
  return {
    ...{ batches, targets, ...lists, trouble },
    next: nextOf(batches, { ...lists, reviews: lists.checkpoints }),
    others: claims.map(({ by, count }) => ({ name: actorName(by, names), count })),
    count: targets.length + total(({ halts, doubts, releases, reviews }) => halts + doubts + releases + reviews),
  };
}

/** Where to go on from a chunk: to what waits in its batch, else to what is most urgent of all. Null when nothing waits for this person. */
export async function readNextNeed(
  actor: Actor,
  { batchId, chunk }: { batchId?: string | undefined; chunk?: number | undefined },
): Promise<NextNeed | null> {
  authorise(actor, 'see_batches');
  if (!may(actor, 'decide')) return null;
  if (batchId !== undefined && isId(batchId)) {
    const own = await readNextIn(db().pool, askerOf(actor), { batchId, after: chunk ?? 0 });
    if (own) return { batchId, ...own };
  }
  const { next } = await readNeedsYou(actor);
  return next && next.batchId === batchId && next.chunk === chunk ? null : next;
}

const NOTHING: NeedsYou = {
  ...{ batches: [], next: null, others: [], targets: [], checkpoints: [], releases: [], doubts: [], halts: [] },
  ...{ count: 0, trouble: null },
};

function askerOf(actor: Actor): Asker {
  return { id: actor.id, roles: rolesOf('decide') };
}

const EFFECTS = ['permanent', 'undoable', 'none'] as const satisfies readonly BatchNeeds['effect'][];

/** What stopped, what is uncertain, what waits for its release, and then reviews: of these what can't be undone first, and what waits longest. */
function byUrgency(a: BatchNeeds, b: BatchNeeds): number {
  return (
    firstKind(a) - firstKind(b) ||
    EFFECTS.indexOf(a.effect) - EFFECTS.indexOf(b.effect) ||
    a.since.localeCompare(b.since) ||
    a.batchId.localeCompare(b.batchId)
  );
}

function firstKind(of: BatchNeeds): number {
  return NEED_KINDS.findIndex((kind) => of[kind] > 0);
}

function nextOf(batches: readonly BatchNeeds[], lists: Record<NeedKind, Need[]>): NextNeed | null {
  for (const batch of batches) {
    for (const kind of NEED_KINDS) {
      const first = lists[kind].find(({ batchId }) => batchId === batch.batchId);
      if (first) return { batchId: batch.batchId, chunk: first.chunk, kind };
    }
  }
  return null;
}

function needOf({ datasetFormat, since, ...row }: NeedRow): Need {
  return { ...row, noun: nounOf(datasetFormat), since: since.toISOString() };
}
