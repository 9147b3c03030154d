/** Asking the mailbox what became of a command. It changes nothing. */
import type { Inspection, Look } from '#lib/connectors/port.ts';
import { find, withMessageId } from './find.ts';
import { type MailRequest, placeWords } from './frozen.ts';
import { BY_LABEL, isByLabel, isSo, targetOf } from './send.ts';
import type { Session } from './session.ts';

/** Throws where the line broke. */
export async function inspected(session: Session, request: MailRequest): Promise<Inspection> {
  const from = await session.pathOf(request.mail.in);
  if (from === null) return unknown('no_such_folder');
  if (isByLabel(session, request.do)) return ofLabel(session, request);
  if (request.to === null) return ofFlag(session, request, from);
  const to = await session.pathOf(request.to);
  return to === null ? unknown('no_such_folder') : ofMove(session, request, from, to);
}

const unknown = (reason: string): Inspection => ({ finding: 'unknown', reason });
const NOT_THERE: Inspection = { finding: 'not_there' };

async function ofFlag(session: Session, request: MailRequest, path: string): Promise<Inspection> {
  const found = await find(session, request.mail, path);
  if ('reason' in found) return unknown(found.reason);
  return isSo(request.do, found, path) ? { finding: 'happened', target: null } : NOT_THERE;
}

/** Where the mail is still in its folder under its own UID, it was not moved, whatever lies in the other one. */
async function ofMove(session: Session, { mail }: MailRequest, from: string, to: string): Promise<Inspection> {
  const there = await find(session, mail, from);
  if (!('reason' in there) && mail.uid === there.uid) return NOT_THERE;
  if (mail.messageId === null) return unknown('no_message_id');
  if ('reason' in there && there.reason !== 'mail_not_found') return unknown(there.reason);
  const uidValidity = await session.open(to);
  const moved = uidValidity === null ? null : await withMessageId(session, mail.messageId);
  if (uidValidity === null || moved === null) return unknown('no_such_folder');
  const [one, ...others] = moved;
  if (others.length > 0) return unknown('mail_ambiguous');
  if (!('reason' in there)) return one ? unknown('mail_ambiguous') : NOT_THERE;
  return one ? { finding: 'happened', target: targetOf(to, { uidValidity, to: one.uid }) } : unknown('mail_not_found');
}

/** Gmail: archived is what lies in all mail and not in the inbox. */
async function ofLabel(session: Session, request: MailRequest): Promise<Inspection> {
  const { messageId } = request.mail;
  const all = await session.pathOf({ special: '\\All' });
  if (messageId === null) return unknown('no_message_id');
  if (all === null) return unknown('no_such_folder');
  const there = await find(session, { in: { path: all }, uid: null, uidValidity: null, messageId }, all);
  if ('reason' in there) return unknown(there.reason);
  return isSo(request.do, there, all) ? { finding: 'happened', target: BY_LABEL } : NOT_THERE;
}

/** What is there now, in words for a person. Throws where the line broke. */
export async function looked(session: Session, { mail }: MailRequest): Promise<Look> {
  const path = await session.pathOf(mail.in);
  if (path === null) return { cannot: `The server names no folder that is ${placeWords(mail.in)}.` };
  const found = await find(session, mail, path);
  if ('reason' in found) return { words: WORDS[found.reason] ?? 'The mail could not be looked for.' };
  const { flags } = found;
  const marks = [flags.has('\\Seen') ? 'read' : 'unread', flags.has('\\Flagged') ? 'flagged' : 'not flagged'];
  return { words: `The mail is in “${path}” now, ${marks.join(' and ')}.` };
}

const WORDS: Readonly<Record<string, string>> = {
  folder_gone: 'There is no such folder now.',
  mail_not_found: 'The mail is not in this folder now.',
  mail_ambiguous: 'Several mails in this folder have this Message-ID now: none of them would be touched.',
  mail_differs: 'Another mail has this UID: it would not be touched.',
};
