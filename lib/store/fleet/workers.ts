/** The rows of workers. Leases, not these rows, decide who owns a chunk; who lives, by its heartbeat, is asked in workers.sql.ts. */
import { db } from '#lib/store/postgres/db.ts';

const NAME = /^worker:([0-9a-f-]{36})$/;

/** Host and pid of these workers (`worker:<id>`), of those whose row is still there. */
export async function readWorkerNames(names: string[]): Promise<Map<string, { id: string; host: string; pid: number }>> {
  const ids = names.flatMap((name) => NAME.exec(name)?.[1] ?? []);
  const rows = await db().prisma.worker.findMany({ where: { id: { in: ids } }, select: { id: true, host: true, pid: true } });
  return new Map(rows.map(({ id, host, pid }) => [`worker:${id}`, { id: `worker:${id}`, host, pid }]));
}
