/** Everything that stands still until a person says something, over all batches. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import type { Need, NeedsYou } from '#lib/shapes/live.ts';
import { readTargets } from '#lib/steps/fleet/target-incidents.ts';
import { nounOf } from '#lib/steps/page.ts';
import { type NeedRow, readUncertainChunks, readWaiting } from '#lib/store/batches/batch-reads.ts';
import { readDatabaseFault } from '#lib/store/fleet/workers.ts';
import { db } from '#lib/store/postgres/db.ts';
import { countUncertain } from '#lib/store/receipts/sum.ts';

const NEEDS_SHOWN = 500;

/** The oldest batch first; `count` also counts what is beyond the first 500. Empty for whoever can't answer anything. */
export async function readNeedsYou(actor: Actor): Promise<NeedsYou> {
  authorise(actor, 'see_batches');
  const { pool } = db();
  const trouble = await readDatabaseFault(pool);
  if (!may(actor, 'decide')) return { targets: [], checkpoints: [], releases: [], doubts: [], halts: [], count: 0, trouble };
  const [broken, waiting, counted] = await Promise.all([
    readTargets(pool),
    readWaiting(pool, actor.id, NEEDS_SHOWN),
    readUncertainChunks(pool, NEEDS_SHOWN),
  ]);
  // A target that somebody paused asks nothing of anybody until something waits for it.
  const targets = broken.filter(({ paused, chunks }) => !paused || chunks > 0);
  const open = await openUncertain(counted);
  const those = (states: readonly NeedRow['state'][]): Need[] =>
    waiting.rows.filter(({ state }) => states.includes(state)).map((row) => needOf(row, open));
  const uncertain = counted.map((row) => needOf(row, open)).filter(({ uncertain }) => uncertain > 0);
  return {
    targets,
    checkpoints: those(CHUNK_IN_REVIEW),
    releases: those(['awaiting_release']),
    doubts: uncertain,
    halts: those(['halted']),
    count: targets.length + waiting.count + uncertain.reduce((sum, need) => sum + need.uncertain, 0),
    trouble,
  };
}

/** By batch and chunk, folded from the receipts: a counter also counts what a person accepted as unknown. */
async function openUncertain(rows: readonly NeedRow[]): Promise<Map<string, number>> {
  const open = new Map<string, number>();
  for (const batchId of new Set(rows.map((row) => row.batchId))) {
    for (const [chunk, count] of await countUncertain(db().pool, batchId)) open.set(`${batchId} ${chunk}`, count);
  }
  return open;
}

function needOf({ datasetFormat, since, ...row }: NeedRow, open: ReadonlyMap<string, number>): Need {
  return {
    ...row,
    uncertain: open.get(`${row.batchId} ${row.chunk}`) ?? 0,
    noun: nounOf(datasetFormat),
    since: since.toISOString(),
  };
}
