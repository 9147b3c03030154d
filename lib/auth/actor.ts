/** Who is asking. Every step takes an actor first; nothing below the steps knows one. */

import type { Role } from '#lib/core/people/roles.ts';

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
