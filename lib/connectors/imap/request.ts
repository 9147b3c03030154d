/** An action of a plan on an item: what is wrong with it, and the request that is frozen for it. Pure. */
import { z } from 'zod';
import { viaOf } from '#lib/connectors/http/via.ts';
import { itemRefusal, readParameters, refusal, requireDo, templateProblems } from '#lib/connectors/parameters.ts';
import type { ActionItem, FrozenRequest } from '#lib/connectors/port.ts';
import { targetHost, targetName } from '#lib/core/connections/target.ts';
import type { Problem } from '#lib/core/errors.ts';
import { FOLDER_CHARS_MAX, REQUEST_TIMEOUT_MS, REQUEST_TIMEOUT_MS_MAX } from '#lib/core/limits.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { renderedLength, renderTemplate, templateFields } from '#lib/core/values/template.ts';
import type { Effect, Wording } from '#lib/shapes/actions.ts';
import { bytesOf, type Place, placeWords, readRequest, VERBS, type Verb } from './frozen.ts';

const template = z.string().min(1, 'This is empty.').max(FOLDER_CHARS_MAX);

const parameters = z.strictObject({
  to: z.string().max(FOLDER_CHARS_MAX).default('').describe('The folder that the mail goes to: its whole path.'),
  folder: template.default('{{folder}}'),
  messageId: template.default('{{messageId}}'),
  uid: template.default('{{uid}}'),
  uidValidity: template.default('{{uidValidity}}'),
  timeoutMs: z.int().min(1_000).max(REQUEST_TIMEOUT_MS_MAX).default(REQUEST_TIMEOUT_MS),
});
type Given = z.output<typeof parameters>;

/** What of it says which mail is meant. */
const TEMPLATES = ['folder', 'messageId', 'uid', 'uidValidity'] as const;

/** What goes over the line. A server with Gmail's labels archives by taking one off: its folders are labels. */
export const COMMANDS: Readonly<Record<Verb, string>> = {
  move: 'UID MOVE',
  archive: 'UID MOVE, or UID STORE -X-GM-LABELS (\\Inbox) where the server says X-GM-EXT-1',
  delete: 'UID MOVE',
  flag: 'UID STORE +FLAGS (\\Flagged)',
  unflag: 'UID STORE -FLAGS (\\Flagged)',
  read: 'UID STORE +FLAGS (\\Seen)',
  unread: 'UID STORE -FLAGS (\\Seen)',
  unarchive: 'UID STORE +X-GM-LABELS (\\Inbox)',
};

/** Throws `invalid` with every wrong place inside the action. */
export function checkAction(action: Action, fields: readonly string[] | null): void {
  requireDo(action, VERBS);
  if (!action.through) {
    const message =
      action.connection === null
        ? 'Mail is acted on over a connection. Choose one.'
        : `There is no connection “${action.connection}” to a mail server.`;
    throw refusal([{ path: 'connection', message }]);
  }
  const given = readParameters(action, parameters);
  const problems: Problem[] = [...keyProblems(action), ...targetProblems(action, given)];
  for (const name of TEMPLATES) {
    if (name in action.with) problems.push(...templateProblems(given[name], fields, `with.${name}`));
  }
  if (fields !== null && !('folder' in action.with) && !fields.includes('folder'))
    problems.push({
      path: 'with.folder',
      message: 'These rows do not say which folder a mail is in. Write it here, such as INBOX.',
    });
  if (fields !== null && !['messageId', 'uid'].some((name) => name in action.with || fields.includes(name)))
    problems.push({
      path: 'with.messageId',
      message: 'These rows have no Message-ID and no UID by which a mail could be found.',
    });
  if (problems.length > 0) throw refusal(problems);
}

function keyProblems({ honoursKeys }: Action): Problem[] {
  if (honoursKeys === false) return [];
  return [{ path: 'honoursKeys', message: 'A mail server knows no keys: a command is never repeated. Leave this out.' }];
}

function targetProblems({ do: verb, with: written }: Action, { to }: Given): Problem[] {
  if (verb === 'move' && to.trim() === '') return [{ path: 'with.to', message: 'A folder to move the mail to is missing.' }];
  if (verb === 'move' && /[\r\n\0]|\{\{/.test(to))
    return [{ path: 'with.to', message: 'A folder is named by its path, without templates.' }];
  if (verb !== 'move' && 'to' in written && to !== '')
    return [{ path: 'with.to', message: `“${verb}” takes no folder. Leave it out, or choose “move”.` }];
  return [];
}

/** The names that its templates look up. */
export function requestReads(action: Action): string[] {
  const given = readParameters(action, parameters);
  return [...new Set(TEMPLATES.flatMap((name) => templateFields(given[name])))];
}

/** Throws `invalid` naming the item. */
export function freezeRequest(action: Action, { ordinal, fields }: ActionItem): FrozenRequest {
  const given = readParameters(action, parameters);
  const { via } = viaOf(action);
  if (!via) throw itemRefusal(ordinal, 'its action names no connection.');
  const filled = (name: (typeof TEMPLATES)[number]): string => {
    const names = templateFields(given[name]);
    if (renderedLength(given[name], fields) > FOLDER_CHARS_MAX)
      throw itemRefusal(ordinal, `its ${WHAT[name]} has more than ${FOLDER_CHARS_MAX} characters.`, { fields: names });
    const text = renderTemplate(given[name], fields).trim();
    if (/\p{Cc}/u.test(text)) throw itemRefusal(ordinal, `its ${WHAT[name]} has control characters.`, { fields: names });
    return text;
  };
  const folder = filled('folder');
  if (folder === '') throw itemRefusal(ordinal, 'it does not say which folder the mail is in.');
  const [uid, uidValidity] = [numberOrNull(filled('uid')), numberOrNull(filled('uidValidity'))];
  const messageId = bareId(filled('messageId')) || null;
  const known = uid !== null && uidValidity !== null;
  if (!known && messageId === null)
    throw itemRefusal(ordinal, 'the mail has no Message-ID, and its UID is not known: it could not be found.');
  return bytesOf(
    {
      do: action.do as Verb,
      command: COMMANDS[action.do as Verb],
      mail: { in: { path: folder }, uid: known ? uid : null, uidValidity: known ? uidValidity : null, messageId },
      to: placeFor(action.do as Verb, given.to),
      via,
      timeoutMs: given.timeoutMs,
    },
    ordinal,
  );
}

const WHAT = { folder: 'folder', messageId: 'Message-ID', uid: 'UID', uidValidity: 'UIDVALIDITY' } as const;

function placeFor(verb: Verb, to: string): Place | null {
  if (verb === 'move') return { path: to };
  if (verb === 'archive') return { special: '\\Archive' };
  return verb === 'delete' ? { special: '\\Trash' } : null;
}

/** UIDs and UIDVALIDITYs are 32 bits, and not zero (RFC 3501, 2.3.1.1). */
function numberOrNull(text: string): string | null {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) < 2 ** 32 ? text : null;
}

/** A Message-ID without its angle brackets. */
export function bareId(written: string): string {
  return /^<([^<>]+)>/.exec(written.trim())?.[1]?.trim() ?? written.replace(/^<|>$/g, '').trim();
}

/** None of them is final: a deleted mail lies in the trash. What a connection says of itself goes before. */
export function requestEffect({ through }: Action): Effect {
  return through?.permanent ? 'permanent' : 'undoable';
}

/** The mail, for whoever asks which two items are the same one. */
export function requestResource(_action: Action, bytes: FrozenRequest): string {
  const { mail, via } = readRequest(bytes);
  const which = mail.messageId === null ? `the mail with UID ${mail.uid} of ${mail.uidValidity}` : `the mail <${mail.messageId}>`;
  return `${which} in ${placeWords(mail.in)} at ${via.connection}`;
}

/** In words for people. */
export function requestWording(action: Action): Wording {
  const { to } = readParameters(action, parameters);
  const { through, connection } = action;
  const target = through
    ? `${connection} (${targetHost(targetName(through.address, connection))})`
    : (connection ?? 'a mail server');
  return { ...WORDS[action.do as Verb](to), target };
}

const WORDS: Readonly<Record<Verb, (to: string) => Omit<Wording, 'target'>>> = {
  move: (to) => ({ verb: 'Move', past: 'Moved', will: `move to the folder “${to}”` }),
  archive: () => ({ verb: 'Archive', past: 'Archived', will: 'go to the archive of its mailbox' }),
  delete: () => ({ verb: 'Move … to the trash', past: 'Moved to the trash', will: 'move to the trash of its mailbox' }),
  flag: () => ({ verb: 'Flag', past: 'Flagged', will: 'get a flag' }),
  unflag: () => ({ verb: 'Unflag', past: 'Unflagged', will: 'lose its flag' }),
  read: () => ({ verb: 'Mark … as read', past: 'Marked as read', will: 'count as read' }),
  unread: () => ({ verb: 'Mark … as unread', past: 'Marked as unread', will: 'count as unread' }),
  unarchive: () => ({ verb: 'Take … back from the archive', past: 'Taken back from the archive', will: 'go back to the inbox' }),
};
