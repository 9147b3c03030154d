/** A person's own notices; their API keys read them too. */
import { type Actor, personOf } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { noticeWords } from '#lib/core/notices/words.ts';
import type { NoticeShown } from '#lib/shapes/notices.ts';
import { limitOf, type Page, type PageInput, pageOf, sequenceCursor } from '#lib/steps/page.ts';
import { countUnread, type NoticeRow, readNoticePage } from '#lib/store/notices/notices.ts';
import { db } from '#lib/store/postgres/db.ts';

/** More are not counted. */
const UNREAD_COUNTED = 100;

/** The newest first. Throws `invalid` for a cursor of another list, and `forbidden` for the key that is nobody's. */
export async function listNotices(actor: Actor, { cursor, limit: most }: PageInput = {}): Promise<Page<NoticeShown>> {
  authorise(actor, 'see_batches');
  const limit = limitOf({ limit: most });
  const rows = await readNoticePage(db(), recipientOf(actor), { before: sequenceCursor({ cursor }), limit: limit + 1 });
  const { shown, next } = pageOf(rows, limit, ({ id }) => id);
  return { items: shown.map(noticeOf), next };
}

/** How many the person has not read, of those that still mean something. */
export async function countUnreadNotices(actor: Actor): Promise<number> {
  authorise(actor, 'see_batches');
  return countUnread(db(), recipientOf(actor), UNREAD_COUNTED);
}

function noticeOf({ id, kind, phase, batchId, facts, at, readAt, overAt, state }: NoticeRow): NoticeShown {
  const words = noticeWords({ kind, phase, batchId, facts });
  const over = overAt !== null && phase === 'begun' && kind !== 'finished';
  return { id: String(id), kind, ...words, at: at.toISOString(), read: readAt !== null, over, state };
}

/** The id of the person who is told. Throws `forbidden` for the key of the environment, which is nobody's. */
export function told(who: Pick<Actor, 'id' | 'owner'>): string {
  const person = personOf(who);
  if (person !== null) return person;
  throw new CountersignError(
    'forbidden',
    'The API key of the environment is nobody’s, and nobody is told anything by it. Sign in.',
  );
}

/** The same, as notices are for them. */
export const recipientOf = (who: Pick<Actor, 'id' | 'owner'>): string => `user:${told(who)}`;
