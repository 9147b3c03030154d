/** What will happen to one item, or did: its action's request in full. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import { lookerFor } from '#lib/connectors/registry.ts';
import { actionWords } from '#lib/connectors/words.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { ItemRequest } from '#lib/shapes/requests.ts';
import { chunkOf, type FoundRequest, keySent, type OfItem, requestOf } from './request-of.ts';
import { shownRequest } from './shown.ts';

/**
 * From the builder that makes the manifest, so what is shown before the decision is what is frozen by it (I5). Null where there is no such item. `category`: as
 * if the item were in it. Throws `conflict` where nothing is to be decided yet, or was approved, and `invalid`.
 */
export async function readItemRequest(
  actor: Actor,
  { whole = false, ...of }: OfItem & { whole?: boolean | undefined },
): Promise<ItemRequest | null> {
  authorise(actor, 'see');
  const found = await chunkOf(of);
  if (found) await tellOpened(actor, 'batch_opened', found.batch);
  const request = found && (await requestOf(found, of));
  if (!request) return null;
  // What was approved may have gone out since: a person is then shown the key that it had.
  const key = request.approved && request.acts ? await keySent(of.batchId, of.ordinal) : null;
  return itemRequest(found.batch, request, { whole, key });
}

/** As people and the API are told it. `key`: the one that it was sent with. */
export function itemRequest(
  { plan }: { plan: Plan },
  { acts, bytes, ...found }: FoundRequest,
  { whole, key = null }: { whole: boolean; key?: string | null },
): ItemRequest {
  const words = actionWords(plan).get(found.category) ?? null;
  return {
    ...found,
    action: acts && words,
    request: acts && bytes && shownRequest({ ...acts, bytes, idempotencyKey: key }, whole),
    canLook: acts !== null && bytes !== null && lookerFor(acts.connector, bytes) !== null,
  };
}
