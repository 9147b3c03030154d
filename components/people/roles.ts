import type { Role } from '#lib/core/people/roles.ts';

/** What a role may do, in a line. */
export const ROLE_WORDS: Record<Role, string> = {
  admin: 'everything, people and settings included',
  operator: 'uploads, plans, starts, decides, resumes and stops',
  reviewer: 'corrects, decides, releases, pauses',
  auditor: 'sees batches, receipts and the security log, downloads and verifies them',
};
