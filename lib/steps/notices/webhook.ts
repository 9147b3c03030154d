/** One call of the installation's webhook for each notice, signed as Standard Webhooks, to an address under the same rules as an http action's. */
import { Webhook } from 'standardwebhooks';
import { unsentReason } from '#lib/connectors/http/answers.ts';
import { guardedAgent } from '#lib/connectors/http/send.ts';
import { NOTICE_SEND_MS } from '#lib/core/limits.ts';
import { noticeWords } from '#lib/core/notices/words.ts';
import { env } from '#lib/env.ts';
import type { DueNotice } from '#lib/store/notices/outbox.sql.ts';
import { Untaken } from './untaken.ts';

const agent = guardedAgent({ allowPrivate: () => env().ALLOW_PRIVATE_TARGETS, allowed: () => env().TARGETS_ALLOWED });

/** @throws Untaken for every answer but a 2xx */
export async function callWebhook(notice: DueNotice, site: string): Promise<void> {
  const { NOTICE_WEBHOOK_URL: address, NOTICE_WEBHOOK_SECRET: secret } = env();
  if (address === undefined || secret === undefined) throw new Untaken('no_webhook', false);
  const url = new URL(address);
  const body = JSON.stringify(eventOf(notice, site));
  const [id, at] = [`notice_${notice.id}`, new Date()];
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'countersign',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
  const signal = AbortSignal.timeout(NOTICE_SEND_MS);
  const path = url.pathname + url.search;
  const answer = await agent.request({ origin: url.origin, path, method: 'POST', headers, body, signal }).catch((error) => {
    throw new Untaken(signal.aborted ? 'timeout' : unsentReason(error), false);
  });
  // What it says is of no use; that it is said to the end keeps the connection.
  await answer.body.dump().catch(() => {});
  if (answer.statusCode < 200 || answer.statusCode > 299) throw new Untaken(`http_${answer.statusCode}`, false);
}

function eventOf(notice: DueNotice, site: string) {
  const { kind, phase, batchId, facts, since } = notice;
  const { title, path } = noticeWords(notice);
  const { batch, chunk, reviews, releases, hours, incident, count, done, failed, uncertain } = facts;
  return {
    type: `notice.${kind}.${phase}`,
    timestamp: since.toISOString(),
    data: {
      ...{ title, url: `${site}${path}`, batch: batchId === null ? null : { id: batchId, name: batch } },
      ...{ chunk: chunk ?? undefined, reviews, releases, hours, incident, count, done, failed, uncertain },
    },
  };
}
