/** Hears of damaged files on every connection, whoever asked and however: by Prisma, in SQL or by COPY; a page, a worker or a check. */
import type pg from 'pg';
import { damageOf } from '#lib/core/fleet/database-fault.ts';
import { log } from '#lib/log.ts';
import { openDamageIncident } from '#lib/store/fleet/house-incidents.sql.ts';

/** One who meets the same damage again and again tells it as often, at most. */
const TELL_AGAIN_MS = 60_000;

/** From now on, an incident is opened for each damaged file that a connection of this pool meets. */
export function tellDamage(pool: pg.Pool): void {
  const told = new Map<string, number>();
  const hear = (error: Error): void => {
    const damage = damageOf(error);
    if (damage === null || performance.now() - (told.get(damage.file) ?? Number.NEGATIVE_INFINITY) < TELL_AGAIN_MS) return;
    told.set(damage.file, performance.now());
    log.error({ err: error }, 'the database is damaged');
    openDamageIncident(pool, damage.file, damage.message).catch((problem: unknown) =>
      log.error({ err: problem }, 'no incident could be stored for the damage of the database'),
    );
  };
  // pg's own event for an error that the server sends, on whichever way it then reaches who asked.
  pool.on('connect', (client) => client.connection.on('errorMessage', hear));
}
