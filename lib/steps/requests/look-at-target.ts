/** What is there now, for whoever is about to change it: asked for, and never by itself. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { Look, RequestOf } from '#lib/connectors/port.ts';
import { connectionOfRequest, describeRequest, lookerFor, targetOfRequest } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { DIFFERENCES_MAX, INSPECTION_TIMEOUT_MS, RESPONSE_BYTES_MAX, TARGET_LOOKS_MAX } from '#lib/core/limits.ts';
import { readHeard } from '#lib/core/receipts/heard.ts';
import { jsonDifference } from '#lib/core/values/json-difference.ts';
import { idempotencyKey } from '#lib/ledger/receipt.ts';
import type { Difference, Looked } from '#lib/shapes/requests.ts';
import { boundsOf } from '#lib/steps/connections/bounds.ts';
import { inTurn } from '#lib/steps/uncertain/ask-targets.ts';
import { isHeldBack } from '#lib/store/checkpoints/requests.ts';
import { db } from '#lib/store/postgres/db.ts';
import { chunkOf, keySent, type OfItem, requestOf } from './request-of.ts';

/** Open in this process, over all who look. */
let open = 0;

/**
 * Asks the target, as an inspection of the action would, and compares its answer with the body to be sent. What the target can't say is an answer in words.
 * Null where there is no such item. Throws as `readItemRequest` does, and `conflict` when too many look at once.
 */
export async function lookAtTarget(actor: Actor, of: OfItem): Promise<Looked | null> {
  authorise(actor, 'decide');
  const found = await chunkOf(of);
  const request = found && (await requestOf(found, of));
  if (!request) return null;
  const { acts, bytes } = request;
  if (acts === null) return { says: 'words', text: 'This category has no action: nothing is changed.' };
  if (bytes === null) return { says: 'cannot', why: request.problem ?? 'The request is not there any more.' };
  const looker = lookerFor(acts.connector, bytes);
  if (!looker) return { says: 'cannot', why: 'The plan does not say how the target is asked.' };
  const target = targetOfRequest(acts.connector, bytes);
  if (target !== null && (await isHeldBack(db(), target)))
    return { says: 'cannot', why: `Nobody sends to ${target} now: it fails, or somebody paused it.` };
  if (open >= TARGET_LOOKS_MAX)
    throw new CountersignError('conflict', 'Too many people look at targets just now. Try again in a moment.');
  open += 1;
  try {
    const { batch, chunk } = found;
    const late = AbortSignal.timeout(INSPECTION_TIMEOUT_MS);
    const rate = { batchId: batch.id, ratePerSecond: batch.plan.execution.ratePerSecond };
    const paced =
      target === null ||
      (await inTurn(db().pool, { ...rate, bounds: await boundsOf(connectionOfRequest(acts.connector, bytes)) }, late));
    if (!paced) return { says: 'cannot', why: 'The batch, or its connection, uses its rate up. Try again later.' };
    const sent: RequestOf = {
      do: acts.do,
      request: bytes,
      idempotencyKey: await keyNow(batch.id, chunk.decisionId, request.ordinal),
    };
    const look = await looker.look(db().pool, { ...sent, datasetId: batch.datasetId, ordinal: request.ordinal }, late);
    return lookedOf(look, acts.connector, sent);
  } finally {
    open -= 1;
  }
}

/** The key of the latest attempt, or of the one that comes first; null while nothing is approved. */
async function keyNow(batchId: string, decisionId: string | null, ordinal: number): Promise<string | null> {
  if (decisionId === null) return null;
  return (await keySent(batchId, ordinal)) ?? idempotencyKey(decisionId, ordinal, 1);
}

function lookedOf(look: Look, connector: string, sent: RequestOf): Looked {
  if ('cannot' in look) return { says: 'cannot', why: look.cannot };
  if ('words' in look) return { says: 'words', text: look.words };
  return { says: 'answer', ...readHeard(look.heard), differs: differencesOf(look, connector, sent) };
}

function differencesOf(
  { whole, will }: Pick<Extract<Look, { whole: string | null }>, 'whole' | 'will'>,
  connector: string,
  sent: RequestOf,
): Difference[] | null {
  if (will !== undefined) return whole === null || will === null ? null : jsonDifference(whole, will, DIFFERENCES_MAX);
  const described = describeRequest(connector, sent);
  const body = described?.form === 'message' ? described.body : null;
  if (whole === null || body === null || body.length > RESPONSE_BYTES_MAX) return null;
  return jsonDifference(whole, body, DIFFERENCES_MAX);
}
