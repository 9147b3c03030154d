/** Everything that stands still until a person says something, over all batches. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import type { Need, NeedsYou } from '#lib/shapes/live.ts';
import { nounOf } from '#lib/steps/datasets/noun.ts';
import { readTargets } from '#lib/steps/fleet/target-incidents.ts';
import { type NeedRow, readUncertainChunks, readWaiting } from '#lib/store/batches/batch-reads.sql.ts';
import { readDatabaseFault } from '#lib/store/fleet/workers.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

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
  const those = (states: readonly NeedRow['state'][]): Need[] =>
    waiting.rows.filter(({ state }) => states.includes(state)).map(needOf);
  const uncertain = counted.map(needOf);
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

function needOf({ datasetFormat, since, ...row }: NeedRow): Need {
  return { ...row, noun: nounOf(datasetFormat), since: since.toISOString() };
}
