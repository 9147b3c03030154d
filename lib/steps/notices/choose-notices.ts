/** What a person does with their notices: reads them, and says how they want to be told. */
import type { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { NOTICE_CONCERNS, NOTICE_KINDS } from '#lib/core/notices/kinds.ts';
import { env } from '#lib/env.ts';
import { type NoticeChoice, type NoticeChoices, noticeChoice, noticesRead } from '#lib/shapes/notices.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { keepWay, markNoticesRead, readWays } from '#lib/store/notices/notices.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recipientOf, told } from './list-notices.ts';

/** Marks as read all that the person was shown: up to this one. Throws `invalid`, and `forbidden` for the key that is nobody's. */
export async function readNotices(actor: Actor, raw: z.input<typeof noticesRead>): Promise<Record<string, never>> {
  authorise(actor, 'see_batches');
  const { upTo } = readInput(noticesRead, raw);
  await markNoticesRead(db(), recipientOf(actor), BigInt(upTo));
  return {};
}

/** How the person wants to be told of each kind that can concern their role, and whether this installation sends mail at all. */
export async function readNoticeChoices(actor: Actor): Promise<NoticeChoices> {
  authorise(actor, 'see_batches');
  const ways = await readWays(db(), told(actor));
  const concerned = NOTICE_KINDS.filter((kind) => {
    const { roles } = NOTICE_CONCERNS[kind];
    return roles === null || (roles as readonly string[]).includes(actor.role);
  });
  return { choices: concerned.map((kind) => ({ kind, by: ways.get(kind) ?? 'mail' })), mail: env().SMTP_URL !== undefined };
}

/** @throws CountersignError `invalid`, `forbidden` (a key: whoever finds one must not silence what its owner would be told) */
export async function chooseNotices(actor: Actor, raw: z.input<typeof noticeChoice>): Promise<NoticeChoice> {
  authorise(actor, 'see_batches');
  const { kind, by } = readInput(noticeChoice, raw);
  if (actor.owner !== undefined)
    throw new CountersignError('forbidden', 'An API key does not say what its owner is told. Sign in to choose that.');
  await keepWay(db(), told(actor), kind, by);
  return { kind, by };
}
