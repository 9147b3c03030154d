/**
 * One command on one mail, sent once. What is found out before it changes nothing, and what fails there did certainly nothing; from the moment that the command left, only its
 * own tagged answer says what became of it.
 */
import { redactText } from '#lib/connectors/http/redact.ts';
import type { ApplyResult } from '#lib/connectors/port.ts';
import { type Found, find } from './find.ts';
import type { MailRequest, Verb } from './frozen.ts';
import { isBusy, type Said, type Session, type Token } from './session.ts';

/** What is known of a success that changed nothing. */
export const AS_IT_WAS = 'as it was';
/** Of an archiving that took a label off, or put it back. */
export const BY_LABEL = 'by label';

type Redact = (bytes: Buffer) => Buffer;
type Command = { name: string; attributes: object[]; asked: string[]; judge(said: Extract<Said, { ended: 'ok' }>): ApplyResult };

/** Everything up to the command. Either the command, or the answer where none is to be sent. Throws where the line broke. */
export async function prepared(session: Session, request: MailRequest): Promise<Command | ApplyResult> {
  const from = await session.pathOf(request.mail.in);
  if (from === null) return failed('no_such_folder');
  const byLabel = isByLabel(session, request.do);
  if (request.do === 'unarchive' && !byLabel) return failed('no_labels');
  const to = request.to === null || byLabel ? null : await session.pathOf(request.to);
  if (request.to !== null && !byLabel && to === null) return failed('no_such_folder');
  if (to === from) return failed('already_there');
  const found = await find(session, request.mail, from);
  if ('reason' in found) return failed(found.reason);
  return to === null ? stored(request.do, found, from) : moved(session, found, to);
}

/** A server with Gmail's labels archives by taking one off. */
export function isByLabel(session: Session, verb: Verb): boolean {
  return (verb === 'archive' || verb === 'unarchive') && session.has('X-GM-EXT-1');
}

/** Sends it. Never throws. */
export async function carriedOut(
  session: Session,
  command: Command,
  { timeoutMs }: Pick<MailRequest, 'timeoutMs'>,
  redact: Redact,
  signal: AbortSignal,
): Promise<ApplyResult> {
  const said = await session.send(command.name, command.attributes, { asked: command.asked, timeoutMs, signal });
  const heard = (status: string, text: string) => ({ heard: redactText(redact, `${status}\n\n${text}`) });
  if (said.ended === 'unsent') return failed(said.reason);
  if (said.ended === 'unknown') return { result: 'uncertain', reason: said.reason };
  if (said.ended === 'ok') return { ...command.judge(said), ...heard('OK', said.said) };
  // A copy that was told of is there, whatever was said of the rest.
  if (said.lines.some(({ line }) => copied(line.attributes) !== null))
    return { result: 'uncertain', reason: 'imap_half', ...heard(said.status, said.said) };
  return { ...failed(refusalReason(said)), ...heard(said.status, said.said) };
}

function refusalReason({ status, said }: Extract<Said, { ended: 'refused' }>): string {
  if (isBusy(said)) return 'imap_busy';
  if (/^\[(TRYCREATE|NONEXISTENT)/i.test(said)) return 'no_such_folder';
  return status === 'BAD' ? 'imap_bad' : 'imap_no';
}

const failed = (reason: string): ApplyResult => ({ result: 'failed', reason });

function moved(session: Session, { uid }: Found, to: string): Command {
  return {
    name: 'UID MOVE',
    attributes: [{ type: 'SEQUENCE', value: uid }, session.pathToken(to)],
    asked: ['OK'],
    judge({ line, lines }) {
      const copies = [line, ...lines.map((one) => one.line)].flatMap(({ attributes }) => copied(attributes) ?? []);
      const own = copies.find((one) => one.from === uid);
      // RFC 4315: a server that moved it says where it is. One that does not has moved nothing, or has not said so.
      if (!own) return { result: 'uncertain', reason: 'no_copyuid' };
      return { result: 'succeeded', target: targetOf(to, own) };
    },
  };
}

const STORES: Partial<Record<Verb, { item: string; value: string; of: 'flags' | 'labels'; has: boolean }>> = {
  archive: { item: '-X-GM-LABELS', value: '\\Inbox', of: 'labels', has: false },
  unarchive: { item: '+X-GM-LABELS', value: '\\Inbox', of: 'labels', has: true },
  flag: { item: '+FLAGS', value: '\\Flagged', of: 'flags', has: true },
  unflag: { item: '-FLAGS', value: '\\Flagged', of: 'flags', has: false },
  read: { item: '+FLAGS', value: '\\Seen', of: 'flags', has: true },
  unread: { item: '-FLAGS', value: '\\Seen', of: 'flags', has: false },
};

/** Whether the mail in this folder is as the action would leave it. */
export function isSo(verb: Verb, found: Found, path: string): boolean {
  const store = STORES[verb];
  if (!store) return false;
  // A folder does not say its own label.
  const there = found[store.of].has(store.value) || (store.of === 'labels' && path.toUpperCase() === 'INBOX');
  return there === store.has;
}

function stored(verb: Verb, found: Found, path: string): Command | ApplyResult {
  const store = STORES[verb];
  if (!store) return failed('unreadable_request');
  if (isSo(verb, found, path)) return { result: 'succeeded', target: AS_IT_WAS };
  const { uid } = found;
  return {
    name: 'UID STORE',
    attributes: [{ type: 'SEQUENCE', value: uid }, { type: 'ATOM', value: store.item }, [{ type: 'ATOM', value: store.value }]],
    asked: ['FETCH', 'EXPUNGE', 'VANISHED'],
    judge({ lines }) {
      // An answer that names no mail may have found none.
      const told = lines.some(({ name, line }) => (name === 'FETCH' ? uidIn(line.attributes) === uid : store.of === 'labels'));
      const target = store.of === 'labels' ? BY_LABEL : null;
      return told ? { result: 'succeeded', target } : { result: 'uncertain', reason: 'no_mail_named' };
    },
  };
}

/** The UID in an untagged FETCH. */
function uidIn(attributes: Token[] = []): string | null {
  const values = attributes.find((one): one is Token[] => Array.isArray(one)) ?? [];
  const at = values.findIndex((one) => textIn(one)?.toUpperCase() === 'UID');
  return at < 0 ? null : textIn(values[at + 1] ?? null);
}

type Copied = { uidValidity: string; from: string; to: string };

/** What a COPYUID says (RFC 4315) of one mail; null where there is none, or it is of another form. */
function copied(attributes: Token[] = []): Copied | null {
  const [first] = attributes;
  const section = first && !Array.isArray(first) ? first.section : undefined;
  const [name, uidValidity, from, to] = (section ?? []).map(textIn);
  if (name?.toUpperCase() !== 'COPYUID' || ![uidValidity, from, to].every((one) => /^\d{1,10}$/.test(one ?? ''))) return null;
  return { uidValidity: uidValidity ?? '', from: from ?? '', to: to ?? '' };
}

function textIn(token: Token): string | null {
  if (token === null || Array.isArray(token)) return null;
  return typeof token.value === 'string' || typeof token.value === 'number' ? String(token.value) : null;
}

/** Where a mail is now, as receipts keep it: “Archive;UIDVALIDITY=5;UID=12” (RFC 5092 without the server). */
export function targetOf(path: string, { uidValidity, to }: Pick<Copied, 'uidValidity' | 'to'>): string {
  return `${path};UIDVALIDITY=${uidValidity};UID=${to}`;
}

/** The same, read back. */
export function readTarget(target: string): { path: string; uidValidity: string; uid: string } | null {
  const [, path, uidValidity, uid] = /^(.*);UIDVALIDITY=(\d+);UID=(\d+)$/s.exec(target) ?? [];
  return path !== undefined && uidValidity !== undefined && uid !== undefined ? { path, uidValidity, uid } : null;
}
