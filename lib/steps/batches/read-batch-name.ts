import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { isId } from '#lib/steps/ids.ts';
import { readBatchNames } from '#lib/store/batches/batches.ts';

/** What a batch is called; null when there is none with this id. */
export async function readBatchName(actor: Actor, batchId: string): Promise<string | null> {
  authorise(actor, 'see_batches');
  return isId(batchId) ? ((await readBatchNames([batchId])).get(batchId) ?? null) : null;
}
