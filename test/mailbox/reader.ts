/** A person's own mail program: it puts mails into a mailbox, moves them, and says what is there. It shares nothing with the product but the package. */
import { ImapFlow } from 'imapflow';

export type Mailbox = {
  /** Gives its UID, where the server says it. */
  append(folder: string, messageId: string, text: string, flags?: string[]): Promise<number | null>;
  move(folder: string, messageId: string, to: string): Promise<void>;
  /** Message-IDs of all mails of a folder, in its order. */
  ids(folder: string): Promise<string[]>;
  flags(folder: string, messageId: string): Promise<string[]>;
  end(): Promise<void>;
};

export async function mailbox(port: number, { user, password }: { user: string; password: string }): Promise<Mailbox> {
  const client = new ImapFlow({
    ...{ host: '127.0.0.1', port, secure: false, doSTARTTLS: false },
    auth: { user, pass: password },
    logger: false,
    disableAutoIdle: true,
  });
  client.on('error', () => {});
  await client.connect();
  const uidOf = async (folder: string, messageId: string): Promise<string> => {
    await client.mailboxOpen(folder);
    const uids = await client.search({ header: { 'message-id': messageId } }, { uid: true });
    return String((uids || [])[0]);
  };
  return {
    async append(folder, messageId, text, flags = []) {
      const head = `Message-ID: <${messageId}>\r\nFrom: bo@example.org\r\nTo: ada@example.org\r\nDate: Thu, 22 Oct 2026 12:00:00 +0000\r\nSubject: ${messageId}\r\n\r\n`;
      const appended = await client.append(folder, Buffer.from(head + text), flags);
      return appended ? (appended.uid ?? null) : null;
    },
    async move(folder, messageId, to) {
      await client.messageMove(await uidOf(folder, messageId), to, { uid: true });
    },
    async ids(folder) {
      const { exists } = await client.mailboxOpen(folder);
      if (exists === 0) return [];
      const mails = await client.fetchAll('1:*', { envelope: true });
      return mails.map(({ envelope }) => (envelope?.messageId ?? '').replace(/[<>]/g, ''));
    },
    async flags(folder, messageId) {
      const uid = await uidOf(folder, messageId);
      const mail = await client.fetchOne(uid, { flags: true }, { uid: true });
      return mail ? [...(mail.flags ?? [])] : [];
    },
    end: () => client.logout().then(() => undefined),
  };
}
