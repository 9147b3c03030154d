/** What takes a command back, by what its receipts say. Pure. */
import type { Done, Undo } from '#lib/connectors/port.ts';
import { bytesOf, type MailRequest, type Place, readRequest, type Verb } from './frozen.ts';
import { COMMANDS } from './request.ts';
import { AS_IT_WAS, BY_LABEL, readTarget } from './send.ts';

const OPPOSITE: Partial<Record<Verb, Verb>> = { flag: 'unflag', unflag: 'flag', read: 'unread', unread: 'read' };

export function undoOf({ action, ordinal, request: bytes, target }: Done): Undo {
  const request = readRequest(bytes);
  if (target === AS_IT_WAS) return { cannot: 'it was so before, so nothing was changed' };
  const made = target === BY_LABEL ? relabelled(request) : request.to === null ? restored(request) : movedBack(request, target);
  if ('cannot' in made) return made;
  const inverse: MailRequest = { ...made, command: COMMANDS[made.do] };
  const to: Record<string, string> = inverse.to !== null && 'path' in inverse.to ? { to: inverse.to.path } : {};
  return { action: { ...action, do: inverse.do, with: to }, request: bytesOf(inverse, ordinal) };
}

/** Where the server said that it put it, else by its Message-ID in the folder that it went to. */
function movedBack(request: MailRequest, target: string | null): MailRequest | { cannot: string } {
  const { mail } = request;
  const at = target === null ? null : readTarget(target);
  if (!('path' in mail.in)) return { cannot: 'the folder that it came from is known by its use only' };
  if (at === null && mail.messageId === null)
    return { cannot: 'the server did not say where it went, and the mail has no Message-ID by which it could be found' };
  const now: Place = at ? { path: at.path } : (request.to ?? mail.in);
  return {
    ...request,
    do: 'move',
    mail: { in: now, uid: at?.uid ?? null, uidValidity: at?.uidValidity ?? null, messageId: mail.messageId },
    to: { path: mail.in.path },
  };
}

/** Gmail: its label is put back, or taken off again, in all mail, where it always lies. */
function relabelled(request: MailRequest): MailRequest | { cannot: string } {
  const { messageId } = request.mail;
  if (messageId === null) return { cannot: 'the mail has no Message-ID by which it could be found' };
  const mail = { in: { special: '\\All' as const }, uid: null, uidValidity: null, messageId };
  return request.do === 'archive'
    ? { ...request, do: 'unarchive', mail, to: null }
    : { ...request, do: 'archive', mail, to: { special: '\\Archive' } };
}

function restored(request: MailRequest): MailRequest | { cannot: string } {
  const opposite = OPPOSITE[request.do];
  return opposite ? { ...request, do: opposite } : { cannot: 'it has no opposite' };
}
