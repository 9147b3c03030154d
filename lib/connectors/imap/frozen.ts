/** One command on one mail, as it is frozen: its canonical bytes are what is approved and sent. */
import { z } from 'zod';
import { frozenBytes, overConnection } from '#lib/connectors/frozen.ts';
import { via } from '#lib/connectors/http/via.ts';
import type { FrozenRequest } from '#lib/connectors/port.ts';

/** What the actions do to a mail. `unarchive` takes an archiving back. */
export const VERBS = ['move', 'archive', 'delete', 'flag', 'unflag', 'read', 'unread', 'unarchive'] as const;
export type Verb = (typeof VERBS)[number];

/** A folder by its path, or by what it is for (RFC 6154): which one that is the server says when the command is sent. */
const place = z.union([
  z.strictObject({ path: z.string() }),
  z.strictObject({ special: z.enum(['\\Archive', '\\Trash', '\\All']) }),
]);
export type Place = z.infer<typeof place>;

const frozen = z.object({
  do: z.enum(VERBS),
  /** what goes over the line, without the tag and what is found out first */
  command: z.string(),
  mail: z.object({
    in: place,
    /** null where only the Message-ID is known */
    uid: z.string().nullable(),
    uidValidity: z.string().nullable(),
    /** without its angle brackets; null for a mail that has none */
    messageId: z.string().nullable(),
  }),
  /** where a moved mail goes */
  to: place.nullable(),
  via,
  timeoutMs: z.int(),
});

export type MailRequest = z.infer<typeof frozen>;
export type Mail = MailRequest['mail'];

/** Throws `invalid` naming the item. */
export const bytesOf = (request: MailRequest, ordinal: number): FrozenRequest => frozenBytes(request, ordinal, 'its command');

export const { readRequest, requestTarget, connectionOf } = overConnection(frozen);

/** How people read a folder that may be known by its use only. */
export function placeWords(where: Place): string {
  return 'path' in where ? `“${where.path}”` : (SPECIAL_WORDS[where.special] ?? where.special);
}

const SPECIAL_WORDS: Readonly<Record<string, string>> = {
  '\\Archive': 'the archive folder',
  '\\Trash': 'the trash',
  '\\All': 'all mail',
};
