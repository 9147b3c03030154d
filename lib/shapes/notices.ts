import { z } from 'zod';
import { NOTICE_KINDS, NOTICE_STATES, NOTICE_WAYS } from '#lib/core/notices/kinds.ts';
import { instant } from './values.ts';

/** What a person is told. */
export const notice = z.object({
  id: z.string(),
  kind: z.enum(NOTICE_KINDS),
  title: z.string(),
  path: z.string().describe('The page that it leads to.'),
  at: instant,
  read: z.boolean(),
  over: z.boolean().describe('What it told of is over: somebody answered, or it ended by itself.'),
  state: z.enum(NOTICE_STATES),
});
export type NoticeShown = z.infer<typeof notice>;

export const noticeChoice = z.strictObject({ kind: z.enum(NOTICE_KINDS), by: z.enum(NOTICE_WAYS) });
export type NoticeChoice = z.infer<typeof noticeChoice>;

export const noticesRead = z.strictObject({
  upTo: z
    .string()
    .regex(/^\d{1,18}$/, 'This is no notice.')
    .describe('The id of the newest one that was looked at: all up to it are read.'),
});

/** How somebody is told of what concerns them. */
export const noticeChoices = z.object({
  choices: z.array(noticeChoice),
  mail: z.boolean().describe('Whether this installation sends mail.'),
});
export type NoticeChoices = z.infer<typeof noticeChoices>;
