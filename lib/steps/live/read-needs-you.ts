/** Everything that stands still until a person says something, over all batches. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import type { DatabaseFaultKind } from '#lib/core/fleet/database-fault.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import { readTargets, type TargetIncident } from '#lib/steps/fleet/target-incidents.ts';
import { nounOf } from '#lib/steps/page.ts';
import { type NeedRow, readDoubtful, readWaiting } from '#lib/store/batches/batch-reads.ts';
import { readDatabaseFault } from '#lib/store/fleet/workers.ts';
import { db } from '#lib/store/postgres/db.ts';
import { countDoubts } from '#lib/store/receipts/sum.ts';

export type Need = {
  batchId: string;
  batchName: string;
  noun: 'mails' | 'rows';
  chunk: number;
  name: string;
  state: NeedRow['state'];
  itemCount: number;
  /** actions of this chunk in doubt */
  uncertain: number;
  haltReason: string | null;
  note: string | null;
  /** since when, ISO 8601 */
  since: string;
};

export type NeedsYou = {
  /** targets that failed for everybody: one question each, whatever waits for it */
  targets: TargetIncident[];
  checkpoints: Need[];
  releases: Need[];
  doubts: Need[];
  halts: Need[];
  /** chunks to review, release or resume, and actions in doubt */
  count: number;
  /** what keeps all batches from going on: the workers meet it at the database; null when nothing does */
  trouble: DatabaseFaultKind | null;
};

const NEEDS_SHOWN = 500;

/** The oldest batch first; `count` also counts what is beyond the first 500. Empty for whoever can't answer anything. */
export async function readNeedsYou(actor: Actor): Promise<NeedsYou> {
  authorise(actor, 'see_batches');
  const { pool } = db();
  const trouble = await readDatabaseFault(pool);
  if (!may(actor, 'decide')) return { targets: [], checkpoints: [], releases: [], doubts: [], halts: [], count: 0, trouble };
  const [targets, waiting, doubtful] = await Promise.all([
    readTargets(pool),
    readWaiting(pool, actor.id, NEEDS_SHOWN),
    readDoubtful(pool, NEEDS_SHOWN),
  ]);
  const open = await openDoubts(doubtful);
  const those = (states: readonly NeedRow['state'][]): Need[] =>
    waiting.rows.filter(({ state }) => states.includes(state)).map((row) => needOf(row, open));
  const doubts = doubtful.map((row) => needOf(row, open)).filter(({ uncertain }) => uncertain > 0);
  return {
    targets,
    checkpoints: those(CHUNK_IN_REVIEW),
    releases: those(['awaiting_release']),
    doubts,
    halts: those(['halted']),
    count: targets.length + waiting.count + doubts.reduce((sum, { uncertain }) => sum + uncertain, 0),
    trouble,
  };
}

/** By batch and chunk, folded from the receipts: a counter also counts what a person accepted as unknown. */
async function openDoubts(rows: readonly NeedRow[]): Promise<Map<string, number>> {
  const open = new Map<string, number>();
  for (const batchId of new Set(rows.map((row) => row.batchId))) {
    for (const [chunk, count] of await countDoubts(db().pool, batchId)) open.set(`${batchId} ${chunk}`, count);
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
