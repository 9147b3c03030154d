/** Who goes on where a worker died, froze or was asked to end. */
import type { Pool } from 'pg';
import { databaseNow, eventually, type Owner, ownerOf, type WorkerProcess } from './workers.ts';

/** Sends the signal to the chunk's owner and waits until another worker owns it, in time by the database's clock. */
export async function endAndAwaitHeir(
  pool: Pool,
  workers: WorkerProcess[],
  owner: Owner,
  signal: NodeJS.Signals,
  batchId: string,
): Promise<WorkerProcess> {
  const worker = byPid(workers, owner.pid);
  const since = await databaseNow(pool);
  worker.send(signal);
  if (signal === 'SIGKILL') await worker.ended;
  await eventually('another owner', async () => {
    const now = await ownerOf(pool, batchId);
    return now !== null && now.epoch > owner.epoch && now.pid !== owner.pid;
  });
  const took = (await databaseNow(pool)) - since;
  console.log(`taken over after ${Math.round(took)} ms`);
  return worker;
}

export function byPid(workers: WorkerProcess[], pid: number): WorkerProcess {
  const found = workers.find((worker) => worker.pid === pid);
  if (!found) throw new Error(`No worker of this test has the pid ${pid}.`);
  return found;
}

/** Whether a worker that was frozen lives again. */
export async function beatsAgain(pool: Pool, pid: number): Promise<boolean> {
  const { rows } = await pool.query("SELECT FROM worker WHERE pid = $1 AND heartbeat > clock_timestamp() - interval '1 second'", [
    pid,
  ]);
  return rows.length > 0;
}
