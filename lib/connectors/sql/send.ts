/** Carrying a change out once: it knows, in every way that this can end, whether COMMIT had been sent. */
import type { Pool } from 'pg';
import type { ApplyInput, ApplyResult, Inspection } from '#lib/connectors/port.ts';
import { HeldOff } from '#lib/core/receipts/answer.ts';
import { heardLines } from '#lib/core/receipts/heard.ts';
import { sha256Hex } from '#lib/ledger/canonical.ts';
import { carryOut, type Image, imageDigest, settleKey, type TargetClient, type Told } from '#lib/store/targets/effects.sql.ts';
import { onTarget } from '#lib/store/targets/pools.ts';
import { faultOf, isRollback, refusalOf } from './answers.ts';
import type { SqlRequest } from './frozen.ts';
import type { NoTarget, Targets } from './target.ts';

const NEVER = new AbortController().signal;

/** `pool`: of the connection as it is now, or why there is none. Throws `HeldOff` alone. */
export async function sendOver(
  pool: Pool | NoTarget,
  request: SqlRequest,
  { request: bytes, idempotencyKey: key, mayHaveActed = false, holdOff = NEVER }: ApplyInput,
  signal: AbortSignal,
): Promise<ApplyResult> {
  if ('reason' in pool) return unfinished(pool.reason, null, mayHaveActed);
  let committing = false;
  // Without its COMMIT nothing is there: up to then it is called off.
  const held = new AbortController();
  const hold = (): void => {
    if (!committing) held.abort(new HeldOff());
  };
  holdOff.addEventListener('abort', hold);
  if (holdOff.aborted) hold();
  const calledOff = AbortSignal.any([signal, held.signal]);
  try {
    const told = await onTarget(pool, calledOff, (client) =>
      carryOut(client as unknown as TargetClient, {
        ...{ key, digest: sha256Hex(bytes), request, mayHaveActed, refusalOf },
        committing: () => {
          calledOff.throwIfAborted();
          committing = true;
        },
      }),
    );
    return resultOf(told, key);
  } catch (error) {
    if (held.signal.aborted && !signal.aborted) throw held.signal.reason;
    const { reason, heard } = signal.aborted ? { reason: committing ? 'aborted' : 'called_off', heard: null } : faultOf(error);
    return unfinished(reason, heard, mayHaveActed || (committing && !isRollback(error)));
  } finally {
    holdOff.removeEventListener('abort', hold);
  }
}

/** Nobody knows what became of a request that may have acted until its key is asked for: the next send under it does, and so does an inspection. */
function unfinished(reason: string, heard: string | null, mayHaveActed: boolean): ApplyResult {
  const told = { reason, ...(heard === null ? {} : { heard: heardText(heard) }) };
  return mayHaveActed ? { result: 'uncertain', ...told, repeat: 'unanswered' } : { result: 'failed', ...told };
}

function resultOf(told: Told, key: string): ApplyResult {
  if (told.result === 'refused')
    return { result: 'failed', reason: told.reason, ...(told.detail === null ? {} : { heard: heardText(told.detail) }) };
  return { result: 'succeeded', target: key, before: imageDigest(told.before), heard: heardOf(told) };
}

/** What the receipt keeps of it: the row before and after. All of it stands in countersign_effects. */
function heardOf({ did, before, after }: Extract<Told, { result: 'done' }>): string {
  const rows = { ...(before && { before: inOrder(before) }), ...(after && { after: inOrder(after) }) };
  return heardText(`${did.toUpperCase()} 1\n\n${JSON.stringify(rows, null, 2)}`);
}

/** The columns by name: what is read back from jsonb has lost the table's order. */
function inOrder(image: Image): Image {
  return Object.fromEntries(Object.entries(image).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function heardText(text: string): string {
  const end = text.indexOf('\n\n');
  return heardLines([text.slice(0, end)], Buffer.from(text.slice(end + 2)), true);
}

/**
 * What became of the key. Where it has no effect, and nobody is at it any more, the database is told that it never will. Throws `HeldOff` alone.
 */
export async function inspect(
  targets: Targets,
  request: SqlRequest,
  of: { request: Uint8Array; key: string; holdOff?: AbortSignal },
  signal: AbortSignal,
): Promise<Inspection> {
  const pool = await targets.over(request.via);
  if ('reason' in pool) return { finding: 'unknown', reason: pool.reason };
  const { holdOff = NEVER } = of;
  const ends = AbortSignal.any([signal, holdOff]);
  try {
    const asked = { key: of.key, digest: sha256Hex(of.request), request };
    const told = await onTarget(pool, ends, (client) => settleKey(client as unknown as TargetClient, asked));
    return told.result === 'done' ? { finding: 'happened', target: of.key } : { finding: 'did_not' };
  } catch (error) {
    // Whether or not the key is settled there: whoever asks again hears the same.
    if (holdOff.aborted && !signal.aborted) throw new HeldOff();
    return { finding: 'unknown', reason: signal.aborted ? 'timeout' : faultOf(error).reason };
  }
}
