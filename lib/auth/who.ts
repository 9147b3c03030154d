import { createHash, timingSafeEqual } from 'node:crypto';
import { CountersignError } from '#lib/core/errors.ts';
import { refusalOfFault } from '#lib/core/fleet/database-fault.ts';
import { AGENTS, KEY_ACTOR, KEYS, keyName } from '#lib/core/people/key-actor.ts';
import { isAgentScope, isKeyRole, isRole, type KeyRole, type Role } from '#lib/core/people/roles.ts';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { type KeyRow, markKeyUsed, readKeyByDigest } from '#lib/store/keys/keys.ts';
import { markSessionSeen } from '#lib/store/people/people.ts';
import { db } from '#lib/store/postgres/db.ts';
import type { Actor } from './actor.ts';
import { auth } from './auth.ts';
import { covers } from './authorise.ts';
import { isDue } from './last-use.ts';
import { assertSameOrigin } from './origin.ts';
import { isUse, rulesOf } from './session-rules.ts';
import { isKeyToken, tokenDigest } from './token.ts';
import { countKeyGuess, tellKeyRefused } from './tries.ts';

/** The person whose session cookie this is, with the role of this moment; null when nobody is signed in, or the person is disabled. */
export async function currentActor(headers: Headers): Promise<Actor | null> {
  const person = await currentPerson(headers);
  return person === null ? null : person.actor;
}

/** As `currentActor`, with the address that the person signs in with. */
export async function currentPerson(headers: Headers): Promise<{ actor: Actor; email: string } | null> {
  if (!headers.has('cookie')) return null;
  const session = await auth()
    .api.getSession({ headers })
    .catch((error: Error) => {
      // Whoever can't be looked up now is not signed out.
      throw refusalOfFault(error.cause) ?? error;
    });
  if (!session) return null;
  const user = session.user as { id: string; name: string; email: string; role?: unknown };
  // A role that is not in the table would be nobody's.
  if (!isRole(user.role)) return null;
  const { id: sessionId } = session.session;
  const rules = await rulesOf(sessionId, user as { id: string; role: Role });
  if (rules.idle) return null;
  // What an open page asks by itself is no sign of a person.
  if ((env().SESSION_IDLE_MINUTES === undefined || isUse(headers)) && isDue(`session:${sessionId}`))
    await markSessionSeen(db(), sessionId).catch((err) => log.error({ err }, 'when a session was used could not be stored'));
  const actor: Actor = {
    ...{ id: `user:${user.id}`, role: user.role, name: user.name, via: 'page', session: sessionId },
    ...(rules.held && { held: true as const }),
  };
  return { actor, email: user.email };
}

/**
 * Who is behind a REST request: an API key, of a person or of the environment, or the session of a browser, whose writes must come from our own pages.
 * A wrong key is refused even if a cookie would do.
 *
 * @throws CountersignError `unauthenticated`, `locked` after too many unknown keys, or `forbidden` for a browser's write from another site
 */
export async function apiActor(request: Request): Promise<Actor> {
  const authorization = request.headers.get('authorization');
  if (authorization !== null) return keyActor(authorization, request.headers);
  const actor = await currentActor(request.headers);
  if (actor === null)
    throw new CountersignError(
      'unauthenticated',
      'Nobody is signed in. Send an API key as "Authorization: Bearer KEY", or sign in.',
    );
  if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) assertSameOrigin(request.headers);
  return actor;
}

async function keyActor(authorization: string, headers: Headers): Promise<Actor> {
  const key = /^bearer /i.test(authorization) ? authorization.slice('bearer '.length).trim() : '';
  if (key === '') throw new CountersignError('unauthenticated', 'The Authorization header is not "Bearer KEY".');
  const right = env().ADMIN_API_KEY;
  if (right !== undefined && sameText(key, right)) return { ...KEY_ACTOR, role: 'admin', via: 'api' };
  const found = isKeyToken(key) ? await readKeyByDigest(db(), tokenDigest(key)) : null;
  if (found === null) {
    await countKeyGuess(headers);
    throw new CountersignError(
      'unauthenticated',
      'This API key is not known. Make a key on your own page, or ask whoever runs the server for ADMIN_API_KEY.',
    );
  }
  return actorOfKey(found.key, found.expired, headers);
}

/** The owner's role is that of this moment: a key ends with what its owner may, and never does more. */
async function actorOfKey(
  { id, name, role, scopes, batches, owner, revokedAt }: KeyRow,
  expired: boolean,
  headers: Headers,
): Promise<Actor> {
  const whole = isKeyRole(role) && isRole(owner.role) && covers(owner.role, role);
  const because =
    owner.disabledAt !== null ? 'owner' : revokedAt !== null ? 'revoked' : expired ? 'expired' : whole ? null : 'role';
  if (because !== null) {
    await tellKeyRefused(id, name, because, headers);
    throw new CountersignError('unauthenticated', KEY_REFUSALS[because]);
  }
  if (isDue(`key:${id}`))
    await markKeyUsed(db(), id).catch((err) => log.error({ err }, 'when a key was used could not be stored'));
  return {
    ...{
      id: `${role === 'agent' ? AGENTS : KEYS}${id}`,
      role: role as KeyRole,
      name: keyName({ name, owner }),
      via: 'api',
      owner: owner.id,
    },
    ...(role === 'agent' ? { scopes: scopes.filter(isAgentScope) } : {}),
    ...(batches.length > 0 ? { batches } : {}),
  };
}

// Whoever has the key is told; nobody else gets here.
const KEY_REFUSALS = {
  owner: 'The owner of this API key is disabled, so it has ended.',
  revoked: 'This API key was revoked. Make another one.',
  expired: 'This API key has expired. Make another one.',
  role: 'This API key may do more than its owner may now, so it is refused. Make one with less.',
} as const;

/** Whether this server was started with an API key of its own, which is nobody's. */
export function hasKeyOfEnvironment(): boolean {
  return env().ADMIN_API_KEY !== undefined;
}

/** Whether the request carries METRICS_TOKEN, which lets a monitoring system read /metrics and nothing else. */
export function carriesMetricsToken(headers: Headers): boolean {
  const right = env().METRICS_TOKEN;
  const given = /^bearer (.*)$/i.exec(headers.get('authorization') ?? '')?.[1]?.trim();
  return right !== undefined && given !== undefined && sameText(given, right);
}

// Digests have one length, so that neither the time nor a length check tells anything about the key.
function sameText(left: string, right: string): boolean {
  return timingSafeEqual(createHash('sha256').update(left).digest(), createHash('sha256').update(right).digest());
}
