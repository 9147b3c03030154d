/** One command on one mail, as it is frozen: its canonical bytes are what is approved and sent. */
import { z } from 'zod';
import { via } from '#lib/connectors/http/via.ts';
import { itemRefusal } from '#lib/connectors/parameters.ts';
import type { FrozenRequest } from '#lib/connectors/port.ts';
import { targetName } from '#lib/core/connections/target.ts';
import { canonicalBytes } from '#lib/ledger/canonical.ts';

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
export function bytesOf(request: MailRequest, ordinal: number): FrozenRequest {
  try {
    return canonicalBytes(request);
  } catch (cause) {
    throw itemRefusal(ordinal, 'its request holds text that is not valid Unicode.', { cause });
  }
}

/** Throws when the bytes are no request of this version. */
export function readRequest(bytes: FrozenRequest): MailRequest {
  return frozen.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

/** The server behind the name of the connection; null where the bytes are no request. Read on its own, for it is asked of every row that is frozen. */
export function requestTarget(bytes: FrozenRequest): string | null {
  try {
    const { via: over } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Pick<MailRequest, 'via'>;
    return targetName(over.address, over.connection);
  } catch {
    return null;
  }
}

/** The id of the connection that frozen bytes go over; null where they are no request. */
export function connectionOf(bytes: FrozenRequest): string | null {
  try {
    return readRequest(bytes).via.id;
  } catch {
    return null;
  }
}

/** How people read a folder that may be known by its use only. */
export function placeWords(where: Place): string {
  return 'path' in where ? `“${where.path}”` : (SPECIAL_WORDS[where.special] ?? where.special);
}

const SPECIAL_WORDS: Readonly<Record<string, string>> = {
  '\\Archive': 'the archive folder',
  '\\Trash': 'the trash',
  '\\All': 'all mail',
};
