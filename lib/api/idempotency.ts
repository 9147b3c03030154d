/** `Idempotency-Key`: a write that is sent again with the same key and the same content is answered again, and not carried out again. */
import { createHash } from 'node:crypto';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { IDEMPOTENCY_KEY_CHARS_MAX } from '#lib/core/limits.ts';
import { log } from '#lib/log.ts';
import { type ApiAnswer, keepAnswer, pruneApiWrites, releaseKey, takeKey } from '#lib/store/api/api-writes.ts';

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

/** SHA-256 over what makes two requests the same one: method, address and content, each with its length. */
export function requestDigest(...parts: (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest();
}

/**
 * Carries `act` out for the first request with this key and answers its repeats with the kept answer (`Idempotent-Replay: true`). An answer
 * is kept when the request succeeded or was refused; a fault of ours (5xx) frees the key, so that a repeat is carried out.
 *
 * @throws CountersignError `conflict`: the key is another request's, or its first request is still being carried out or was interrupted.
 */
export async function once(
  actor: Actor,
  asked: { key: string; path: string; digest: Buffer },
  act: () => Promise<Response>,
): Promise<Response> {
  const key = { actor: actor.id, key: asked.key };
  const taken = await takeKey({ ...key, path: asked.path, digest: asked.digest });
  if (taken.kind === 'answered') return responseOf(taken.answer, { 'Idempotent-Replay': 'true' });
  if (taken.kind === 'other') {
    throw new CountersignError(
      'conflict',
      `This Idempotency-Key was used for another request, to ${taken.path}. Use a new key for a new request.`,
    );
  }
  if (taken.kind === 'open') throw stillOpen(taken.ageSeconds);
  pruneNowAndThen();
  const answer = await act().then(answerOf, async (error) => {
    await releaseKey(key);
    throw error;
  });
  if (answer.status >= 500) await releaseKey(key);
  // The write is done: a key that can't be kept must not turn its answer into a failure.
  else
    await keepAnswer(key, answer).catch((err) => log.error({ err, path: asked.path }, 'the answer to a write could not be kept'));
  return responseOf(answer, {});
}

/** No write takes this long: its process has ended. */
const INTERRUPTED_SECONDS = 600;

function stillOpen(ageSeconds: number): CountersignError {
  if (ageSeconds < INTERRUPTED_SECONDS) {
    const message = 'The first request with this Idempotency-Key is still being carried out. Ask again in a second.';
    return new CountersignError('conflict', message, { facts: { retryAfterSeconds: 1 } });
  }
  const message =
    'The first request with this Idempotency-Key was interrupted before its answer was kept. Look whether it happened, then use a new key.';
  return new CountersignError('conflict', message);
}

async function answerOf(response: Response): Promise<ApiAnswer> {
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

function responseOf({ status, body }: ApiAnswer, headers: Record<string, string>): Response {
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  return new Response(new Uint8Array(body), { status, headers: { 'Content-Type': type, ...headers } });
}

const PRUNE_EVERY_MS = 60 * 60 * 1000;
const pruned = { at: Number.NEGATIVE_INFINITY };

function pruneNowAndThen(): void {
  if (performance.now() - pruned.at < PRUNE_EVERY_MS) return;
  pruned.at = performance.now();
  pruneApiWrites().catch((err) => log.error({ err }, 'old answers could not be removed'));
}
