/** A person's own notices. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { noticeWords } from '#lib/core/notices/words.ts';
import type { NoticeShown } from '#lib/shapes/notices.ts';
import { limitOf, type Page, type PageInput, pageOf, sequenceCursor } from '#lib/steps/page.ts';
import { countUnread, type NoticeRow, readNoticePage } from '#lib/store/notices/notices.ts';
import { db } from '#lib/store/postgres/db.ts';

/** More are not counted. */
const UNREAD_COUNTED = 100;

/** The newest first. A key has none. Throws `invalid` for a cursor of another list. */
export async function listNotices(actor: Actor, { cursor, limit: most }: PageInput = {}): Promise<Page<NoticeShown>> {
  authorise(actor, 'see_batches');
  const limit = limitOf({ limit: most });
  const rows = await readNoticePage(db(), actor.id, { before: sequenceCursor({ cursor }), limit: limit + 1 });
  const { shown, next } = pageOf(rows, limit, ({ id }) => id);
  return { items: shown.map(noticeOf), next };
}

/** How many the person has not read, of those that still mean something. */
export async function countUnreadNotices(actor: Actor): Promise<number> {
  authorise(actor, 'see_batches');
  return countUnread(db(), actor.id, UNREAD_COUNTED);
}

function noticeOf({ id, kind, phase, batchId, facts, at, readAt, overAt, state }: NoticeRow): NoticeShown {
  const words = noticeWords({ kind, phase, batchId, facts });
  const over = overAt !== null && phase === 'begun' && kind !== 'finished';
  return { id: String(id), kind, ...words, at: at.toISOString(), read: readAt !== null, over, state };
}
