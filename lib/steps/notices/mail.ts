/** One mail with what is due for one person: counts, names of batches and links, as plain text. */
import { createTransport } from 'nodemailer';
import { NOTICE_SEND_MS } from '#lib/core/limits.ts';
import { noticeWords } from '#lib/core/notices/words.ts';
import { env } from '#lib/env.ts';
import type { Claimed } from '#lib/store/notices/outbox.sql.ts';
import { Untaken } from './untaken.ts';

/** @throws Untaken when the server does not take it */
export async function mailNotices({ address, notices, more }: Claimed, site: string): Promise<void> {
  if (address === null) return;
  const { SMTP_URL: url, MAIL_FROM: from } = env();
  if (url === undefined || from === undefined) throw new Untaken('no_mail_server', false);
  const timeouts = {
    connectionTimeout: NOTICE_SEND_MS / 3,
    greetingTimeout: NOTICE_SEND_MS / 3,
    socketTimeout: NOTICE_SEND_MS / 3,
  };
  // What the address says of TLS goes before.
  const requireTLS = isSecretTo(new URL(url));
  const transport = createTransport({ url, ...timeouts, requireTLS, disableFileAccess: true, disableUrlAccess: true });
  const titles = notices.map((notice) => noticeWords(notice));
  const [first] = titles;
  const lines = titles.map(({ title, path }) => `${title}\n${site}${path}`);
  const rest = more > 0 ? [`And ${more} more: ${site}/notices`] : [];
  const choice = `What you are told of by mail, you choose here: ${site}/notices`;
  const sending = transport.sendMail({
    from: { name: 'Countersign', address: from },
    to: { name: address.name, address: address.email },
    subject: titles.length + more === 1 ? (first?.title ?? '') : `${titles.length + more} notices from Countersign`,
    text: [...lines, ...rest, choice].join('\n\n'),
    // The same for a repeat after a crash, by which mail programs know it again.
    messageId: `<notice-${notices
      .map(({ id }) => id)
      .join('-')
      .slice(0, 200)}@${new URL(site).hostname}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  });
  await within(sending, NOTICE_SEND_MS).catch((error: unknown) => {
    const { code = 'failed', responseCode } = error as { code?: string; responseCode?: number };
    // A person's address that is refused for good; that the server refuses us is no lasting word.
    const lasting = code === 'EENVELOPE' && responseCode !== undefined && responseCode >= 550 && responseCode < 560;
    throw new Untaken(responseCode === undefined ? code : `${code}_${responseCode}`, lasting);
  });
}

/** Whether a password goes over a network: whoever sits there takes out that TLS is offered. */
function isSecretTo({ username, hostname }: URL): boolean {
  return username !== '' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** A server that answers a byte at a time holds nobody for longer. */
async function within<Value>(sending: Promise<Value>, ms: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('It took too long.'), { code: 'timeout' })), ms);
  });
  return Promise.race([sending, deadline]).finally(() => clearTimeout(timer));
}
