/** What people are here, from whoever may do everything to whoever only looks. lib/auth/authorise.ts says what each may do. */

export const ROLES = ['admin', 'operator', 'reviewer', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** Whether a stored text is a role; anything else grants nothing. */
export function isRole(text: unknown): text is Role {
  return typeof text === 'string' && (ROLES as readonly string[]).includes(text);
}
