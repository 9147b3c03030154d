/** Who is asking. Every step takes an actor first; nothing below the steps knows one. */

export const ROLES = ['admin', 'operator', 'reviewer', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

export type Actor = {
  /** `user:<uuid>`, or `key:env` for the API key of the environment. It goes into receipts as `by`. */
  id: string;
  role: Role;
  /** What people see. */
  name: string;
  /** How the request came: receipts say it, because a page proves what was displayed and an API caller only attests it. */
  via: 'page' | 'api';
  /** The id of the session that it came with, for what lasts longer than a request; a key has none. */
  session?: string;
};

/** Whether a stored text is a role; anything else grants nothing. */
export function isRole(text: unknown): text is Role {
  return typeof text === 'string' && (ROLES as readonly string[]).includes(text);
}
