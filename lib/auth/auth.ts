/**
 * better-auth, set up: mail address and password, sessions of seven days in the database, no sign-up. People come by setup links
 * (lib/steps/people/accept-setup-link.ts), so better-auth only signs in and out and says whose session a cookie is.
 */

import { hkdfSync, randomUUID } from 'node:crypto';
import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { prismaAdapter } from 'better-auth/adapters/prisma';
import { APIError } from 'better-auth/api';
import { CountersignError } from '#lib/core/errors.ts';
import { PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, SESSION_SECONDS } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { isDisabled } from '#lib/store/people/people.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { browserName } from './browser-name.ts';
import { COOKIE_PREFIX } from './cookie-names.ts';
import { networkOf } from './peer.ts';
import { addressOf } from './tries.ts';

export type Auth = ReturnType<typeof createAuth>;

export const AUTH_PATH = '/api/auth';

// Next loads modules more than once.
const state = globalThis as typeof globalThis & { countersignAuth?: Auth };

/** The process's better-auth, made at the first call. Throws `unavailable` when SECRET_KEY is not set. */
export function auth(): Auth {
  state.countersignAuth ??= createAuth();
  return state.countersignAuth;
}

function createAuth() {
  return betterAuth({
    // Only the path counts: no mail leaves with a link, and assertSameOrigin compares hosts before a request gets here.
    baseURL: 'http://localhost',
    basePath: AUTH_PATH,
    trustedOrigins: (request) => [request?.headers.get('origin')].filter((origin) => origin != null),
    secret: sessionSecret(),
    database: sessionsOfEnabled,
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_CHARS_MIN,
      maxPasswordLength: PASSWORD_CHARS_MAX,
    },
    user: {
      additionalFields: {
        role: { type: 'string', input: false, required: false },
        disabledAt: { type: 'date', input: false, required: false, returned: false },
      },
    },
    databaseHooks: { session: { create: { before: admit }, delete: { before: tellSignOut } } },
    // No renewal: a page can't set cookies while it renders, and a stolen cookie ends after a week whatever happens. No copy of the session in
    // a cookie either (better-auth's cookieCache): it would outlive a disable.
    session: { expiresIn: SESSION_SECONDS, disableSessionRefresh: true },
    // Ours counts in the database and by account too (tries.ts).
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: COOKIE_PREFIX,
      // Set per request (sign-in.ts): the same server may be reached over http on this machine and over https through a proxy.
      useSecureCookies: false,
      database: { generateId: () => randomUUID() },
    },
    telemetry: { enabled: false },
    logger: { level: 'warn', log: logAuth },
  });
}

/**
 * What better-auth says of itself: an error goes to the log like any other. What it says of a try (no such person, a wrong password) is of no use there, and
 * a stranger could fill the log with it.
 */
function logAuth(level: string, message: unknown, ...more: unknown[]): void {
  const err = [message, ...more].find((one) => one instanceof Error);
  if (err) log.error({ err }, 'better-auth could not read or write a session');
  else log.debug({ level, more }, String(message));
}

/** The code of the refusal that tells a person who gave the right password that they are disabled. */
export const DISABLED = 'DISABLED';

/**
 * Runs after the password was found right, so that only its owner learns of it. The security log is told first: no session begins that it does not know.
 */
async function admit(
  session: { userId: string; userAgent?: string | null },
  asked: Asked,
): Promise<{ data: { ipAddress: string | null } }> {
  const { userId, userAgent } = session;
  if (await isDisabled(userId))
    throw new APIError('FORBIDDEN', { code: DISABLED, message: 'An admin disabled this account. Ask an admin to enable it.' });
  const address = asked?.headers ? addressOf(asked.headers) : null;
  const facts = { network: address && networkOf(address), browser: browserName(userAgent ?? null) };
  await recordSecurity(db(), { kind: 'sign_in', by: `user:${userId}`, facts });
  return { data: { ipAddress: address } };
}

/** What better-auth knows of the request; nothing where there is none. */
type Asked = { path?: string; headers?: Headers } | null | undefined;

/** A session that is found to be over is deleted too, and nobody signs out by that. */
async function tellSignOut({ userId }: { userId: string }, asked: Asked): Promise<void> {
  if (asked?.path === '/sign-out') await recordSecurity(db(), { kind: 'sign_out', by: `user:${userId}` });
}

/**
 * The tables, through which no session of a disabled person is found: a sign-in that looked at the person before the disable may write its
 * session after it.
 */
function sessionsOfEnabled(options: BetterAuthOptions): ReturnType<ReturnType<typeof prismaAdapter>> {
  const tables = prismaAdapter(db().prisma, { provider: 'postgresql' })(options);
  return {
    ...tables,
    async findOne<Found>(asked: Parameters<typeof tables.findOne>[0]): Promise<Found | null> {
      const found = await tables.findOne<Found>(asked);
      const { user } = (found ?? {}) as { user?: { disabledAt?: Date | null } };
      return asked.model === 'session' && user?.disabledAt ? null : found;
    },
  };
}

/** Not SECRET_KEY itself, which encrypts the secrets of connections: a key of its own for each use. */
function sessionSecret(): string {
  const secret = env().SECRET_KEY;
  if (!secret)
    throw new CountersignError('unavailable', 'SECRET_KEY is not set. npm start sets it for the processes that it starts.');
  return Buffer.from(hkdfSync('sha256', secret, '', 'countersign sessions v1', 32)).toString('base64url');
}
