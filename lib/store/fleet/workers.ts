/** The rows of workers. Leases, not these rows, decide who owns a chunk; who lives, by its heartbeat, is asked in workers.sql.ts. */
import { db } from '#lib/store/postgres/db.ts';

/** What an admin asked of this worker; null when nothing. */
export async function readWish(id: string): Promise<'drain' | 'stop' | null> {
  const worker = await db().prisma.worker.findUnique({ where: { id }, select: { wish: true } });
  return (worker?.wish ?? null) as 'drain' | 'stop' | null;
}

/** Takes the row away when the worker ends in order. */
export async function forgetWorker(id: string): Promise<void> {
  await db().prisma.worker.deleteMany({ where: { id } });
}

const NAME = /^worker:([0-9a-f-]{36})$/;

/** Host and pid of these workers (`worker:<id>`), of those whose row is still there. */
export async function readWorkerNames(names: string[]): Promise<Map<string, { id: string; host: string; pid: number }>> {
  const ids = names.flatMap((name) => NAME.exec(name)?.[1] ?? []);
  const rows = await db().prisma.worker.findMany({ where: { id: { in: ids } }, select: { id: true, host: true, pid: true } });
  return new Map(rows.map(({ id, host, pid }) => [`worker:${id}`, { id: `worker:${id}`, host, pid }]));
}
