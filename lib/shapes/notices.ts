import { z } from 'zod';
import { NOTICE_KINDS, NOTICE_STATES, NOTICE_WAYS } from '#lib/core/notices/kinds.ts';
import { instant } from './values.ts';

/** What a person is told. */
const notice = z.object({
  id: z.string(),
  kind: z.enum(NOTICE_KINDS),
  title: z.string(),
  /** the page that it leads to */
  path: z.string(),
  at: instant,
  read: z.boolean(),
  /** what it told of is over: somebody answered, or it ended by itself */
  over: z.boolean(),
  state: z.enum(NOTICE_STATES),
});
export type NoticeShown = z.infer<typeof notice>;

export const noticeChoice = z.strictObject({ kind: z.enum(NOTICE_KINDS), by: z.enum(NOTICE_WAYS) });
export type NoticeChoice = z.infer<typeof noticeChoice>;
