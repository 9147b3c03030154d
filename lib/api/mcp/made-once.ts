/** A tool that makes something: the call that is sent again, for want of an answer, is answered as before. As an Idempotency-Key does over REST, and kept with those. */
import { once, requestDigest } from '#lib/api/idempotency.ts';
import type { Actor } from '#lib/auth/actor.ts';

/**
 * Carries `act` out for the first call of this key, or of these arguments where it has none; gives repeats what it gave. A refusal is not kept: what the arguments
 * were refused for may be over when they come again.
 *
 * @throws CountersignError `conflict`: the key named another call, or its first call is still being carried out; and what `act` throws
 */
export async function madeOnce<Made extends object>(
  actor: Actor,
  { tool, key, asked }: { tool: string; key: string | undefined; asked: unknown },
  act: () => Promise<Made>,
): Promise<Made & { already: boolean }> {
  const path = `/mcp ${tool}`;
  const digest = requestDigest(path, JSON.stringify(asked));
  const name = key === undefined ? `mcp:${tool}:of:${digest.toString('hex')}` : `mcp:${tool}:as:${key}`;
  const refusal: { error?: unknown } = {};
  const response = await once(actor, { key: name, path, digest }, () =>
    act().then(
      (made) => Response.json(made),
      (error: unknown) => {
        refusal.error = error;
        return new Response('null', { status: NOT_KEPT });
      },
    ),
  );
  if ('error' in refusal) throw refusal.error;
  return { ...((await response.json()) as Made), already: response.headers.has('Idempotent-Replay') };
}

const NOT_KEPT = 503;
