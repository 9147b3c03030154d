/** `Idempotency-Key`: a write that is sent again with the same key and the same content is answered again, and not carried out again. */
import { createHmac, hkdfSync } from 'node:crypto';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError, ERROR_CODES } from '#lib/core/errors.ts';
import { IDEMPOTENCY_KEY_CHARS_MAX } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { type ApiAnswer, carryOut, keepAnswer, leaveKey, pruneApiWrites, takeKey } from '#lib/store/api/api-writes.ts';

/** The request's key, or null without one. Throws `invalid` for one that can't be a key. */
export function idempotencyKey(request: Request): string | null {
  const key = request.headers.get('idempotency-key');
  if (key === null) return null;
  if (key.length <= IDEMPOTENCY_KEY_CHARS_MAX && /^[\x21-\x7e]+$/.test(key)) return key;
  throw new CountersignError(
    'invalid',
    `An Idempotency-Key is 1 to ${IDEMPOTENCY_KEY_CHARS_MAX} visible ASCII characters without spaces.`,
  );
}

/**
 * HMAC-SHA-256 over what makes two requests the same one: method, address and content, each with its length. Keyed, for a body may hold the secret of a connection, and
 * whoever reads the database could else try short ones out.
 */
export function requestDigest(...parts: (string | Uint8Array)[]): Buffer<ArrayBuffer> {
  const hash = createHmac('sha256', Buffer.from(hkdfSync('sha256', env().SECRET_KEY ?? '', '', 'countersign requests v1', 32)));
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest();
}

/**
 * Carries `act` out for the first request with this key and answers its repeats with the kept answer (`Idempotent-Replay: true`). An answer is kept when
 * the request succeeded or was refused for what it says. After a fault (5xx), a body that came too slowly, or the death of the process, the repeat goes on from
 * what was committed.
 *
 * @throws CountersignError `conflict`: the key is another request's, or its first request is still being carried out.
 */
export async function once(
  actor: Actor,
  asked: { key: string; path: string; digest: Buffer<ArrayBuffer> },
  act: () => Promise<Response>,
): Promise<Response> {
  const taken = await takeKey({ actor: actor.id, ...asked });
  if (taken.kind === 'answered') return responseOf(taken.answer, { 'Idempotent-Replay': 'true' });
  if (taken.kind === 'other') {
    throw new CountersignError(
      'conflict',
      `This Idempotency-Key was used for another request, to ${taken.path}. Use a new key for a new request.`,
    );
  }
  if (taken.kind === 'open') {
    const message = 'The first request with this Idempotency-Key is still being carried out. Repeat it in a second.';
    throw new CountersignError('conflict', message, { facts: { retryAfterSeconds: 1 } });
  }
  pruneNowAndThen();
  const { write } = taken;
  try {
    const answer = await answerOf(await carryOut(write, act));
    // The write is done: an answer that can't be kept must not turn it into a failure.
    if (isKept(answer.status))
      await keepAnswer(write, answer).catch((err) =>
        log.error({ err, path: asked.path }, 'the answer to a write could not be kept'),
      );
    return responseOf(answer, {});
  } finally {
    leaveKey(write);
  }
}

/** What would be answered otherwise another time is not. */
function isKept(status: number): boolean {
  return status < 500 && status !== ERROR_CODES.too_slow;
}

async function answerOf(response: Response): Promise<ApiAnswer> {
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

function responseOf({ status, body }: ApiAnswer, headers: Record<string, string>): Response {
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  return new Response(body, { status, headers: { 'Content-Type': type, ...headers } });
}

const PRUNE_EVERY_MS = 60 * 60 * 1000;
const pruned = { at: Number.NEGATIVE_INFINITY };

function pruneNowAndThen(): void {
  if (performance.now() - pruned.at < PRUNE_EVERY_MS) return;
  pruned.at = performance.now();
  pruneApiWrites().catch((err) => log.error({ err }, 'old answers could not be removed'));
}
