/** Asks a worker to end. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { log } from '#lib/log.ts';
import type { WorkerWish } from '#lib/shapes/fleet.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { wishOf } from '#lib/store/fleet/workers.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = z.strictObject({ id: z.uuid(), wish: z.enum(['drain', 'stop']) });

/**
 * The worker hears it with its next heartbeat. `drain`: it begins nothing new, waits for what is in flight, gives its chunks back and ends. `stop`: as
 * that, but it waits WORKER_STOP_MS at most; what is still out then is uncertain, or repeated where that is safe. One that drains can be stopped yet.
 *
 * @throws CountersignError `not_found` (it is gone), `forbidden`, `invalid`.
 */
export async function endWorker(actor: Actor, raw: z.input<typeof input>): Promise<WorkerWish> {
  authorise(actor, 'fleet');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'Give the id of a worker, and whether to drain or to stop it.');
  const wish = await inWrite(db().pool, 'end_worker', (tx) => wishOf(tx, read.data.id, read.data.wish));
  if (wish === null) throw new CountersignError('not_found', 'This worker is gone, so it can’t be drained or stopped.');
  log.info({ by: actor.id, worker: read.data.id, wish }, 'a worker was asked to end');
  return { id: read.data.id, wish };
}
