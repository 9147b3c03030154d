/**
 * better-auth, set up: mail address and password, with a code where the person has an authenticator app, or a passkey; sessions of seven days in the database, no sign-up. People come by setup links
 * (lib/steps/people/accept-setup-link.ts), so better-auth only signs in and out and says whose session a cookie is.
 */

import { hkdfSync, randomUUID } from 'node:crypto';
import { type BetterAuthOptions, type BetterAuthPlugin, betterAuth } from 'better-auth';
import { prismaAdapter } from 'better-auth/adapters/prisma';
import { APIError, createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { twoFactor } from 'better-auth/plugins/two-factor';
import { z } from 'zod';
import { CountersignError } from '#lib/core/errors.ts';
import { FACTOR_ANSWER_MINUTES, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, SESSION_SECONDS } from '#lib/core/limits.ts';
import type { Factor } from '#lib/core/people/factors.ts';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { readEntry } from '#lib/store/people/factors.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { browserName } from './browser-name.ts';
import { COOKIE_PREFIX } from './cookie-names.ts';
import { networkOf } from './peer.ts';
import { addressOf } from './tries.ts';

export type Auth = ReturnType<typeof createAuth>;

export const AUTH_PATH = '/api/auth';

/** Under what name an authenticator app and a device keep what is Countersign's. */
export const ISSUER = 'Countersign';

const PROVEN_PATH = '/proven';

/** Begins a session of somebody whose passkey was looked at here, or for whom the provider vouches. Nobody reaches it from outside: route.ts opens three paths, and it is none. */
const proven = {
  id: 'countersign-proven',
  endpoints: {
    beginProven: createAuthEndpoint(
      PROVEN_PATH,
      { method: 'POST', body: z.strictObject({ userId: z.uuid(), by: z.enum(['passkey', 'provider']) }) },
      async (ctx): Promise<void> => {
        const user = await ctx.context.internalAdapter.findUserById(ctx.body.userId);
        if (!user) throw new APIError('NOT_FOUND');
        await setSessionCookie(ctx, { session: await ctx.context.internalAdapter.createSession(user.id), user });
      },
    ),
  },
} satisfies BetterAuthPlugin;

/** By the path that it is begun at: what a session's person proved who they are with. Null: the provider of the single sign-on knows. */
function provenWith(asked: Asked): Factor | null {
  if (asked?.path === PROVEN_PATH) return asked.body?.by === 'passkey' ? 'passkey' : null;
  return PROVEN_WITH[asked?.path ?? ''] ?? 'password';
}

const PROVEN_WITH: Record<string, Factor> = {
  '/two-factor/verify-totp': 'totp',
  '/two-factor/verify-backup-code': 'totp',
};

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
    session: {
      expiresIn: SESSION_SECONDS,
      disableSessionRefresh: true,
      additionalFields: { factor: { type: 'string', input: false, required: false, returned: false } },
    },
    plugins: [
      // Its part is the sign-in: a password that was right waits for the code. What people set up is written by our own steps, with the security log.
      twoFactor({
        issuer: ISSUER,
        twoFactorCookieMaxAge: FACTOR_ANSWER_MINUTES * 60,
        // Ours are counted in the database, wherever a code is asked for (tries.ts).
        accountLockout: { enabled: false },
      }),
      proven,
    ],
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
 * Runs after the password was found right, so that only its owner learns of it. The security log is told first: no session begins that it does not know. Where a
 * code is wanted too, better-auth ends this session before anybody has it, and begins another one after the code.
 */
async function admit(
  session: { userId: string; userAgent?: string | null },
  asked: Asked,
): Promise<{ data: { ipAddress: string | null; factor: Factor | null } }> {
  const { userId, userAgent } = session;
  const { disabled, asksCode } = await readEntry(db(), userId);
  if (disabled)
    throw new APIError('FORBIDDEN', { code: DISABLED, message: 'An admin disabled this account. Ask an admin to enable it.' });
  const address = asked?.headers ? addressOf(asked.headers) : null;
  const factor = provenWith(asked);
  const backup = asked?.path === '/two-factor/verify-backup-code';
  const facts = { network: address && networkOf(address), browser: browserName(userAgent ?? null), factor, backup };
  const kind = asksCode && factor === 'password' ? 'code_asked' : 'sign_in';
  await recordSecurity(db(), { kind, by: `user:${userId}`, facts });
  return { data: { ipAddress: address, factor } };
}

/** What better-auth knows of the request; nothing where there is none. */
type Asked = { path?: string; headers?: Headers; body?: { by?: unknown } } | null | undefined;

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
