/** What an installation asks of every session beside the sign-in: that somebody uses it, and that a second factor was given in it. Off, nobody is asked about it. */
import { SECOND_FACTORS } from '#lib/core/people/factors.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { SYSTEM } from '#lib/core/people/system.ts';
import { env } from '#lib/env.ts';
import { endIdleSessions, readSessionRules } from '#lib/store/people/sessions.ts';
import { db, inTransaction, type WithModels } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

/**
 * `idle`: nobody used it for longer than SESSION_IDLE_MINUTES, and it has ended by now. `held`: its person’s role is one of SECOND_FACTOR_FOR, and what was proved in it last is
 * the password. Who came by the provider of a single sign-on was asked there.
 */
export async function rulesOf(id: string, { role }: { id: string; role: Role }): Promise<{ idle: boolean; held: boolean }> {
  const { SESSION_IDLE_MINUTES: minutes, SECOND_FACTOR_FOR: asked } = env();
  const asks = asked.includes(role);
  if (minutes === undefined && !asks) return { idle: false, held: false };
  const found = await readSessionRules(db(), id);
  if (found === null) return { idle: true, held: false };
  if (minutes !== undefined && found.unusedSeconds > minutes * 60) {
    await endIdle(minutes, id);
    return { idle: true, held: false };
  }
  return { idle: false, held: asks && found.factor !== null && !SECOND_FACTORS.some((one) => one === found.factor) };
}

/** Ends what nobody used for too long: streams of a page that is only open end with it. Throws what the database does. */
export async function endIdle(minutes: number, id?: string): Promise<void> {
  await inTransaction(db().pool, async (tx: WithModels) => {
    for (const userId of await endIdleSessions(tx, minutes, id))
      await recordSecurity(tx, { kind: 'session_idle', by: SYSTEM.id, about: `user:${userId}`, facts: { minutes } });
  });
}

/** Whether a person is behind it: an address that was opened, or something that was done. Browsers send an Origin with what is no GET. */
export function isUse(headers: Headers): boolean {
  return headers.has('origin') || headers.get('sec-fetch-dest') === 'document';
}
