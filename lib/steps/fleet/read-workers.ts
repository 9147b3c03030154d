/** Who is working, on which machine, on what. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { WorkerRow } from '#lib/shapes/fleet.ts';
import { readWorkersNow } from '#lib/store/fleet/workers.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** Workers heard of within the last hour; one that fell silent is `gone`. */
export async function readWorkers(actor: Actor): Promise<WorkerRow[]> {
  authorise(actor, 'see_fleet');
  const workers = await readWorkersNow(db().pool);
  return workers.map((worker) => {
    const [first] = worker.chunks;
    const chunk = first ? { batchId: first.batch, batchName: first.batchName, number: first.number } : null;
    return { ...worker, chunk, heartbeat: worker.heartbeat.toISOString() };
  });
}
