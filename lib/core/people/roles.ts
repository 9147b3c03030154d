/** What people are here, from whoever may do everything to whoever only looks. lib/auth/authorise.ts says what each may do. */

export const ROLES = ['admin', 'operator', 'reviewer', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** What only a key is, for a program that works chunks by an instruction, or has others do so. No person has it. */
const AGENT = 'agent';
export type KeyRole = Role | typeof AGENT;

/** What a key may be. */
export const KEY_ROLES = [...ROLES, AGENT] as const;

/**
 * What a key of the role agent may do: classify chunks, carry out errands and append to chunks; make batches and follow them; and start those. A right each, for `start` is a switch
 * beside `supervise`.
 */
export const AGENT_SCOPES = ['work', 'supervise', 'start'] as const;
export type AgentScope = (typeof AGENT_SCOPES)[number];

/** Whether a stored text is a scope; anything else grants nothing. */
export function isAgentScope(text: unknown): text is AgentScope {
  return typeof text === 'string' && (AGENT_SCOPES as readonly string[]).includes(text);
}

/** Whether a stored text is a role of a person; anything else grants nothing. */
export function isRole(text: unknown): text is Role {
  return typeof text === 'string' && (ROLES as readonly string[]).includes(text);
}

/** Whether a stored text is what a key may be; anything else grants nothing. */
export function isKeyRole(text: unknown): text is KeyRole {
  return typeof text === 'string' && (KEY_ROLES as readonly string[]).includes(text);
}
