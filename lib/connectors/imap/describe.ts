/** A frozen request as people are shown it: all that is frozen of the command. */
import { secretWords } from '#lib/connectors/http/via.ts';
import type { Described, RequestOf } from '#lib/connectors/port.ts';
import { type Mail, type Place, placeWords, readRequest } from './frozen.ts';

export function describeRequest({ request: bytes }: RequestOf): Described {
  const { command, mail, to, via } = readRequest(bytes);
  const { auth } = via;
  return {
    form: 'message',
    method: command,
    address: via.address,
    headers: [
      { name: 'folder', value: shown(mail.in), note: 'path' in mail.in ? null : 'the server says which one that is' },
      { name: 'UID', value: mail.uid ?? 'not known', note: uidNote(mail) },
      { name: 'UIDVALIDITY', value: mail.uidValidity ?? 'not known', note: null },
      { name: 'Message-ID', value: mail.messageId === null ? 'none' : `<${mail.messageId}>`, note: null },
      ...(to === null
        ? []
        : [{ name: 'to', value: shown(to), note: 'path' in to ? null : 'the server says which folder that is' }]),
      {
        name: 'sign in',
        value: `${auth.kind === 'basic' ? `${auth.username} and ` : ''}${secretWords(via)}`,
        note: via.secret === null ? null : `put in when it is sent, from ${via.secret}`,
      },
    ],
    body: null,
    done: null,
  };
}

const shown = (place: Place): string => ('path' in place ? place.path : `${place.special} (${placeWords(place)})`);

function uidNote({ uid, messageId }: Mail): string {
  if (uid === null) return 'it is found by its Message-ID';
  return messageId === null
    ? 'while UIDVALIDITY is the same; else it is not found'
    : 'while UIDVALIDITY is the same; else it is found again by its Message-ID';
}
