/** What people are told of, to whom it is of use, and how they may want it. */
import type { Role } from '#lib/core/people/roles.ts';

export const NOTICE_KINDS = ['waits', 'overdue', 'second', 'incident', 'finished'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** @internal for its tests */
export const NOTICE_PHASES = ['begun', 'over'] as const;
export type NoticePhase = (typeof NOTICE_PHASES)[number];

/** @internal for its tests */
export const NOTICE_CHANNELS = ['mail', 'webhook'] as const;
export type NoticeChannel = (typeof NOTICE_CHANNELS)[number];

/** `listed`: on the page only. `dropped`: it was over before it was sent. `given_up`: nobody took it. */
export const NOTICE_STATES = ['listed', 'due', 'sent', 'dropped', 'given_up'] as const;
export type NoticeState = (typeof NOTICE_STATES)[number];

/** `mail` is on the page too. */
export const NOTICE_WAYS = ['mail', 'page', 'none'] as const;
export type NoticeWay = (typeof NOTICE_WAYS)[number];

/**
 * `label`: as a person chooses it. `roles`: whose role it is of use to; null: to whoever it names. `overdue` goes to the person that the installation names, and to admins where it names none; `finished` to whoever started the batch.
 */
export const NOTICE_CONCERNS = {
  waits: { label: 'Chunks wait for a review or a release', roles: ['reviewer', 'operator', 'admin'] },
  overdue: { label: 'Chunks have waited for too long', roles: null },
  second: { label: 'A second signature is wanted', roles: ['reviewer', 'operator', 'admin'] },
  incident: { label: 'An incident opens or is over', roles: ['operator', 'admin'] },
  finished: { label: 'A batch that you started is finished', roles: null },
} as const satisfies Record<NoticeKind, { label: string; roles: readonly Role[] | null }>;

/** The recipient that is no person. */
export const WEBHOOK = 'webhook';
