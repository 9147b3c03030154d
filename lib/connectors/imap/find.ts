/** The mail that a request is about, found again: by its UID while that still means the same, else by its Message-ID. None, and several, are nobody's. */
import type { FetchMessageObject } from 'imapflow';
import type { Mail } from './frozen.ts';
import { bareId } from './request.ts';
import type { Session } from './session.ts';

export type Found = { uid: string; flags: ReadonlySet<string>; labels: ReadonlySet<string> };

/** So many that name the same Message-ID are looked at: two are too many already. */
const LOOKED_AT_MAX = 20;

/** Selects the folder that the mail is in. A reason where it is not to be found there for certain. Throws where the line broke. */
export async function find(session: Session, mail: Mail, path: string): Promise<Found | { reason: string }> {
  const uidValidity = await session.open(path);
  if (uidValidity === null) return { reason: 'folder_gone' };
  if (mail.uid !== null && mail.uidValidity === uidValidity) {
    const [there] = await fetched(session, mail.uid);
    // Where it is another mail, the row is not what this mailbox said.
    if (there && idOf(there) !== (mail.messageId ?? '')) return { reason: 'mail_differs' };
    if (there) return foundOf(there);
  }
  if (mail.messageId === null) return { reason: 'mail_not_found' };
  const all = await withMessageId(session, mail.messageId);
  if (all === null) return { reason: 'search_refused' };
  const [one, ...others] = all;
  if (!one) return { reason: 'mail_not_found' };
  return others.length > 0 ? { reason: 'mail_ambiguous' } : one;
}

/** Those of the selected folder that have this Message-ID, letter by letter: a search finds parts of it too. Null where the server does not search. */
export async function withMessageId(session: Session, messageId: string): Promise<Found[] | null> {
  const uids = await session.client.search({ header: { 'message-id': messageId } }, { uid: true });
  if (!Array.isArray(uids)) return null;
  if (uids.length === 0) return [];
  const mails = await fetched(session, uids.slice(0, LOOKED_AT_MAX).join(','));
  return mails.filter((mail) => idOf(mail) === messageId).map(foundOf);
}

async function fetched(session: Session, uids: string): Promise<FetchMessageObject[]> {
  const query = { uid: true, flags: true, envelope: true, ...(session.has('X-GM-EXT-1') && { labels: true }) };
  const asked = new Set(uids.split(','));
  const mails = await session.client.fetchAll(uids, query, { uid: true });
  // A server also tells of mails that nobody asked for, in part.
  return mails.filter(({ uid, envelope }) => envelope !== undefined && asked.has(String(uid)));
}

const idOf = ({ envelope }: FetchMessageObject): string => bareId(envelope?.messageId ?? '');

const foundOf = ({ uid, flags, labels }: FetchMessageObject): Found => ({
  uid: String(uid),
  flags: flags ?? new Set(),
  labels: labels ?? new Set(),
});
