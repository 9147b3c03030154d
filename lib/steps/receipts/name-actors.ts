/** Who acted, for people: receipts name actors by their ids. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { workerName } from '#lib/core/fleet/worker-name.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import { readWorkerNames } from '#lib/store/fleet/workers.ts';

/** By the id in a receipt's body: a person's name, or "Worker 4711 on host". */
export async function nameActors(
  actor: Actor,
  receipts: readonly Pick<ReceiptRow, 'body' | 'by'>[],
): Promise<Record<string, string>> {
  authorise(actor, 'see_batches');
  const ids = receipts.map(({ by }) => by).filter((by) => by.startsWith('worker:'));
  const workers = ids.length === 0 ? new Map() : await readWorkerNames([...new Set(ids)]);
  return Object.fromEntries(
    receipts.map(({ body, by }) => [
      body.by,
      by.startsWith('worker:') ? `Worker ${workerName(workers.get(by) ?? { id: by, host: null, pid: null })}` : by,
    ]),
  );
}
