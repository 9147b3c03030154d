export const ROLES = ['admin', 'operator', 'reviewer', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** What a role may do, in a line. */
export const ROLE_WORDS: Record<Role, string> = {
  admin: 'everything, people and settings included',
  operator: 'uploads, plans, starts, decides, resumes and stops',
  reviewer: 'corrects, decides, releases, pauses',
  auditor: 'sees batches and receipts, downloads and verifies them',
};
