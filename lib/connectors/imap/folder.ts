/** The mails of a folder, as they are now: a page of numbers at a time, and one mail after the other. Nothing is marked as read. */
import type { Source } from '#lib/connectors/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { FOLDER_PAGE_MAILS, MAIL_BYTES_MAX } from '#lib/core/limits.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { whyNot } from './failures.ts';
import { type Opening, openSession, type Session } from './session.ts';

export function folderSource(live: LiveConnection, folder: string, opening: Opening, signal: AbortSignal): Source {
  return { contentType: 'message/rfc822', items: mailsOf(live, folder, opening, signal) };
}

/** Throws `unavailable` where the server can't be reached or the line breaks, `not_found` where it has no such folder, `invalid` for an empty one. */
async function* mailsOf(
  live: LiveConnection,
  folder: string,
  opening: Opening,
  signal: AbortSignal,
): Source['items'] & AsyncGenerator {
  const session = await openSession(live, opening, signal);
  if ('reason' in session) throw unreachable(live, session.reason);
  const end = (): void => session.end();
  signal.addEventListener('abort', end, { once: true });
  try {
    const uidValidity = await session.open(folder, { readOnly: true });
    if (uidValidity === null) throw new CountersignError('not_found', `“${live.name}” has no folder “${folder}”.`);
    const uids = await session.client.search({ all: true }, { uid: true });
    if (!Array.isArray(uids)) throw unreachable(live, 'search_refused');
    if (uids.length === 0) throw new CountersignError('invalid', `The folder “${folder}” of “${live.name}” has no mails.`);
    for (let at = 0; at < uids.length; at += FOLDER_PAGE_MAILS)
      yield* page(session, uids.slice(at, at + FOLDER_PAGE_MAILS), { folder, uidValidity });
  } catch (error) {
    if (error instanceof CountersignError) throw error;
    throw new CountersignError(
      'unavailable',
      `The connection to “${live.name}” broke while its mails were read. Nothing of them was kept. Try again.`,
      {
        cause: error,
      },
    );
  } finally {
    signal.removeEventListener('abort', end);
    session.end();
  }
}

/** Of a mail that is too large to be held, only the headers. One that is gone meanwhile is left out: it is not in the folder. */
async function* page(session: Session, uids: number[], where: { folder: string; uidValidity: string }) {
  const sizes = new Map<number, number>();
  for (const { uid, size } of await session.client.fetchAll(uids.join(','), { uid: true, size: true }, { uid: true }))
    if (size !== undefined) sizes.set(uid, size);
  const whole = uids.filter((uid) => (sizes.get(uid) ?? Number.POSITIVE_INFINITY) <= MAIL_BYTES_MAX);
  const large = uids.filter((uid) => (sizes.get(uid) ?? 0) > MAIL_BYTES_MAX);
  for (const [some, part] of [[whole, { source: true }] as const, [large, { headers: true }] as const]) {
    if (some.length === 0) continue;
    const mails = session.client.fetch(some.join(','), { uid: true, flags: true, size: true, ...part }, { uid: true });
    for await (const { uid, flags, size, source, headers } of mails) {
      const bytes = source ?? headers;
      // A server also tells of flags that changed meanwhile.
      if (!bytes) continue;
      // \Recent is about who looked, and not about the mail.
      const marks = [...(flags ?? [])].filter((flag) => flag !== '\\Recent').sort();
      const about = { ...where, uid: String(uid), flags: marks.join(' '), size: String(size ?? bytes.length) };
      yield { about, bytes };
    }
    // What the package leaves out of a broken page is not to be taken for mails that are gone.
    if (!session.usable) throw new Error('The line broke.');
  }
}

function unreachable({ name }: LiveConnection, reason: string): CountersignError {
  return new CountersignError('unavailable', `“${name}” could not be read. ${whyNot(reason)}`);
}
