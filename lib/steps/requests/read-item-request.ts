/** What will happen to one item, or did: its action's request in full. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import { lookerFor } from '#lib/connectors/registry.ts';
import { actionWords } from '#lib/connectors/words.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { ItemRequest } from '#lib/shapes/requests.ts';
import { chunkOf, type FoundRequest, type OfItem, requestOf } from './request-of.ts';
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
  return request && itemRequest(found.batch, request, whole);
}

/** As people and the API are told it. */
export function itemRequest({ plan }: { plan: Plan }, { acts, bytes, ...found }: FoundRequest, whole: boolean): ItemRequest {
  const words = actionWords(plan).get(found.category) ?? null;
  return {
    ...found,
    action: acts && words,
    request: acts && bytes && shownRequest({ ...acts, bytes, idempotencyKey: null }, whole),
    canLook: acts !== null && bytes !== null && lookerFor(acts.connector, bytes) !== null,
  };
}
