/** What a person does with their notices: reads them, and says how they want to be told. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { NOTICE_CONCERNS, NOTICE_KINDS } from '#lib/core/notices/kinds.ts';
import { env } from '#lib/env.ts';
import { type NoticeChoice, noticeChoice } from '#lib/shapes/notices.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { keepWay, markNoticesRead, readWays } from '#lib/store/notices/notices.ts';
import { db } from '#lib/store/postgres/db.ts';

const readUpTo = z.strictObject({ upTo: z.string().regex(/^\d{1,18}$/, 'This is no notice.') });

/** Marks as read all that the person was shown: up to this one. */
export async function readNotices(actor: Actor, raw: z.input<typeof readUpTo>): Promise<Record<string, never>> {
  authorise(actor, 'see_batches');
  const { upTo } = readInput(readUpTo, raw);
  await markNoticesRead(db(), actor.id, BigInt(upTo));
  return {};
}

/** How the person wants to be told of each kind that can concern their role, and whether this installation sends mail at all. */
export async function readNoticeChoices(actor: Actor): Promise<{ choices: NoticeChoice[]; mail: boolean }> {
  authorise(actor, 'see_batches');
  const ways = await readWays(db(), personOf(actor));
  const concerned = NOTICE_KINDS.filter((kind) => {
    const { roles } = NOTICE_CONCERNS[kind];
    return roles === null || (roles as readonly string[]).includes(actor.role);
  });
  return { choices: concerned.map((kind) => ({ kind, by: ways.get(kind) ?? 'mail' })), mail: env().SMTP_URL !== undefined };
}

/** @throws CountersignError `invalid`, `forbidden` (a key, which nobody tells anything) */
export async function chooseNotices(actor: Actor, raw: z.input<typeof noticeChoice>): Promise<NoticeChoice> {
  authorise(actor, 'see_batches');
  const { kind, by } = readInput(noticeChoice, raw);
  await keepWay(db(), personOf(actor), kind, by);
  return { kind, by };
}

function personOf({ id }: Actor): string {
  const [, person] = /^user:([0-9a-f-]{36})$/.exec(id) ?? [];
  if (person) return person;
  throw new CountersignError('forbidden', 'An API key gets no notices. Sign in to choose yours.');
}
