/** How much of what a batch did lies here and goes out together. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CONNECTORS } from '#lib/connectors/kinds.ts';
import type { RemoteConnector } from '#lib/connectors/port.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { DeliveryCount } from '#lib/shapes/delivery.ts';
import { isId } from '#lib/steps/ids.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db } from '#lib/store/postgres/db.ts';

/** Null where there is no such batch, or each of its actions is all there is. */
export async function readDelivery(actor: Actor, { batchId }: { batchId: string }): Promise<DeliveryCount | null> {
  authorise(actor, 'see_batches');
  const batch = isId(batchId) ? await readBatchRow(db(), batchId) : null;
  const delivering = batch ? deliveringOf(batch.plan) : [];
  if (delivering.length === 0) return null;
  const counts = await Promise.all(delivering.map(({ delivers }) => delivers.count(batchId)));
  return counts.reduce((all, { waiting, sent }) => ({ waiting: all.waiting + waiting, sent: all.sent + sent }));
}

type Delivering = RemoteConnector & Required<Pick<RemoteConnector, 'delivers'>>;

/** The connectors of a plan whose actions go out together later. */
export function deliveringOf({ categories }: Plan): Delivering[] {
  const names = new Set(categories.flatMap(({ action }) => (action ? [action.connector] : [])));
  return CONNECTORS.flatMap((one) => (names.has(one.name) && one.kind === 'remote' && one.delivers ? [one as Delivering] : []));
}
