import { createHash, timingSafeEqual } from 'node:crypto';
import { CountersignError } from '#lib/core/errors.ts';
import { refusalOfFault } from '#lib/core/fleet/database-fault.ts';
import { KEY_ACTOR } from '#lib/core/people/key-actor.ts';
import { isRole } from '#lib/core/people/roles.ts';
import { env } from '#lib/env.ts';
import type { Actor } from './actor.ts';
import { auth } from './auth.ts';
import { assertSameOrigin } from './origin.ts';

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
  const actor: Actor = { id: `user:${user.id}`, role: user.role, name: user.name, via: 'page', session: session.session.id };
  return { actor, email: user.email };
}

/**
 * Who is behind a REST request: the API key of the environment, or the session of a browser, whose writes must come from our own pages.
 * A wrong key is refused even if a cookie would do.
 *
 * @throws CountersignError `unauthenticated`, or `forbidden` for a browser's write from another site
 */
export async function apiActor(request: Request): Promise<Actor> {
  const authorization = request.headers.get('authorization');
  if (authorization !== null) return keyActor(authorization);
  const actor = await currentActor(request.headers);
  if (actor === null)
    throw new CountersignError(
      'unauthenticated',
      'Nobody is signed in. Send an API key as "Authorization: Bearer KEY", or sign in.',
    );
  if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) assertSameOrigin(request.headers);
  return actor;
}

function keyActor(authorization: string): Actor {
  const key = /^bearer /i.test(authorization) ? authorization.slice('bearer '.length).trim() : '';
  if (key === '') throw new CountersignError('unauthenticated', 'The Authorization header is not "Bearer KEY".');
  const right = env().ADMIN_API_KEY;
  if (right === undefined || !sameText(key, right)) {
    throw new CountersignError(
      'unauthenticated',
      'This API key is not known. The key is ADMIN_API_KEY in the environment of the server.',
    );
  }
  return { ...KEY_ACTOR, role: 'admin', via: 'api' };
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
