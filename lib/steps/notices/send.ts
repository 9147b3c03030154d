/** Sends what is due: one sender for each channel in the whole house, so that a slow mail server holds up mail, and nobody and nothing else. */
import { NOTICES_SENT_PER_TURN } from '#lib/core/limits.ts';
import { retryAfterMs } from '#lib/core/notices/backoff.ts';
import type { NoticeChannel } from '#lib/core/notices/kinds.ts';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { openNoticesIncident, resolveNoticesIncident } from '#lib/store/notices/notices.ts';
import { type Claimed, claimDue, endClaim } from '#lib/store/notices/outbox.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { mailNotices } from './mail.ts';
import { Untaken } from './untaken.ts';
import { callWebhook } from './webhook.ts';

const CHANNELS: Record<NoticeChannel, { what: string; send: (claimed: Claimed, site: string) => Promise<void> }> = {
  mail: { what: 'Mail is not delivered', send: mailNotices },
  webhook: {
    what: 'The webhook takes no notices',
    send: async ({ notices }, site) => {
      for (const notice of notices) await callWebhook(notice, site);
    },
  },
};

/** Until nothing more is due, one was not taken, or `signal` aborts. */
export async function sendNotices(channel: NoticeChannel, signal?: AbortSignal): Promise<void> {
  const { pool } = db();
  for (let sent = 0; sent < NOTICES_SENT_PER_TURN && !signal?.aborted; sent += 1) {
    const claimed = await claimDue(pool, channel);
    if (claimed === null) return;
    if (channel === 'mail' && claimed.address === null) await endClaim(pool, claimed, { state: 'dropped' });
    else if (!(await trySending(channel, claimed))) return;
  }
}

async function trySending(channel: NoticeChannel, claimed: Claimed): Promise<boolean> {
  const { what, send } = CHANNELS[channel];
  try {
    await send(claimed, siteOfNotices());
  } catch (error) {
    const { code, lasting } = error instanceof Untaken ? error : new Untaken('failed', false);
    const attempts = Math.max(...claimed.notices.map((notice) => notice.attempts));
    const retryMs = retryAfterMs(attempts, lasting);
    log.warn(
      { channel, code, attempts, notices: claimed.notices.length, ...(error instanceof Untaken ? {} : { err: error }) },
      what,
    );
    await endClaim(db().pool, claimed, { fault: code, retryMs });
    const given = claimed.notices.length === 1 ? 'a notice was given up' : `${claimed.notices.length} notices were given up`;
    if (retryMs === null) await openNoticesIncident(db(), what, `: ${given} (${code}). They are on the page Notices.`);
    return lasting;
  }
  await endClaim(db().pool, claimed, { state: 'sent' });
  await resolveNoticesIncident(db(), what);
  return true;
}

/** How the links of notices begin. */
function siteOfNotices(): string {
  const { PUBLIC_URL, HOST, PORT } = env();
  return PUBLIC_URL ?? `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${PORT}`;
}
