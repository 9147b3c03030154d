/** Who is asking. Every step takes an actor first; nothing below the steps knows one. */

import type { AgentScope, KeyRole } from '#lib/core/people/roles.ts';

export type Actor = {
  /** `user:<uuid>`, `key:<uuid>` for a person's API key, `agent:<uuid>` for one that works as an agent, or `key:env` for that of the environment. It goes into receipts as `by`. */
  id: string;
  role: KeyRole;
  /** What a key of the role agent may do; everybody else has none. */
  scopes?: readonly AgentScope[];
  /** What people see. */
  name: string;
  /** How the request came: receipts say it, because a page proves what was displayed and an API caller only attests it. */
  via: 'page' | 'api';
  /** The id of the session that it came with, for what lasts longer than a request; a key has none. */
  session?: string;
  /** This installation asks this role for a second factor, and the session has given none: all that there is for it is the person’s own account. */
  held?: true;
  /** The id of the person whose API key it is. */
  owner?: string;
  /** The batches that the key is bound to; without them it is bound to none. */
  batches?: readonly string[];
};

/** The id of the person who acts, by themselves or by their key; null for the key of the environment, which is nobody's. */
export function personOf({ id, owner }: Pick<Actor, 'id' | 'owner'>): string | null {
  if (owner !== undefined) return owner;
  return id.startsWith('user:') ? id.slice('user:'.length) : null;
}
