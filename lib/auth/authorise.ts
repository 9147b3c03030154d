import { CountersignError } from '#lib/core/errors.ts';
import { type AgentScope, type KeyRole, ROLES, type Role } from '#lib/core/people/roles.ts';
import type { Actor } from './actor.ts';

export type Verb = keyof typeof VERBS;

/**
 * Throws `forbidden` when the actor's role does not allow the verb, or no scope of an agent's key; the message names who can. The first line of every step.
 */
export function authorise(actor: Actor, verb: Verb): void {
  if (may(actor, verb)) return;
  if (actor.held)
    throw new CountersignError(
      'forbidden',
      `Here ${withArticle(actor.role)} gives a second factor before anything else. Set one up, or give it, on the page of your account.`,
    );
  const { doing } = VERBS[verb];
  const roles = rolesOf(verb);
  // A person is told of people, where people can.
  const scopes = actor.role === 'agent' || roles.length === 0 ? scopesOf(verb) : [];
  const able = [...roles.map(withArticle), ...scopes.map((scope) => `an agent with the scope ${scope}`)];
  throw new CountersignError('forbidden', `${capital(named(actor))} can't ${doing}. ${capital(inWords(able))} can.`);
}

/** Whether the actor's role, or a scope of an agent's key, allows the verb: for leaving out a button. The step still authorises. */
export function may(actor: Pick<Actor, 'role' | 'scopes' | 'held'>, verb: Verb): boolean {
  if (actor.role === 'agent') return scopesOf(verb).some((scope) => actor.scopes?.includes(scope));
  return rolesOf(verb).includes(actor.role) && (!actor.held || verb === 'account');
}

/** Whether a role allows all that another one does: what a key may have at most. */
export function covers(role: KeyRole, other: KeyRole): boolean {
  // An agent does what no person does. Whoever may start a batch may have it worked, made and started.
  if (other === 'agent') return role !== 'agent' && rolesOf('start').includes(role);
  return Object.values(VERBS).every(({ roles }: Allowed) => !roles.includes(other as Role) || roles.includes(role as Role));
}

/** The roles of people that a verb is for. */
export function rolesOf(verb: Verb): readonly Role[] {
  return VERBS[verb].roles;
}

/** The scopes of an agent's key that a verb is for. */
function scopesOf(verb: Verb): readonly AgentScope[] {
  return (VERBS[verb] as Allowed).scopes ?? [];
}

type Allowed = { roles: readonly Role[]; scopes?: readonly AgentScope[]; doing: string };

const ADMIN = ['admin'] as const;
const OPERATORS = ['operator', 'admin'] as const;
const REVIEWERS = ['reviewer', 'operator', 'admin'] as const;
const EVERYONE = ROLES;

/** Who may do what. `doing` completes "A reviewer can't …". */
const VERBS = {
  upload: { roles: OPERATORS, doing: 'upload datasets' },
  create_dataset: { roles: OPERATORS, scopes: ['supervise'], doing: 'make datasets of files' },
  see_dataset: { roles: REVIEWERS, scopes: ['supervise'], doing: 'see what datasets are' },
  read_anew: { roles: OPERATORS, doing: 'change how datasets are read' },
  keep_datasets: { roles: OPERATORS, doing: 'rename or delete datasets' },
  plan: { roles: OPERATORS, doing: 'plan batches' },
  create: { roles: OPERATORS, scopes: ['supervise'], doing: 'make batches' },
  start: { roles: OPERATORS, scopes: ['start'], doing: 'start batches' },
  undo: { roles: OPERATORS, doing: 'undo actions' },
  push: { roles: OPERATORS, doing: 'prepare a push' },
  see: { roles: REVIEWERS, doing: 'see datasets, items and checkpoints' },
  download: { roles: REVIEWERS, doing: 'download data' },
  correct: { roles: REVIEWERS, doing: 'correct answers' },
  mark: { roles: REVIEWERS, doing: 'mark items or claim chunks' },
  assign: { roles: OPERATORS, doing: 'give work to others' },
  decide: { roles: REVIEWERS, doing: 'decide on chunks' },
  revise: { roles: REVIEWERS, doing: 'change the rules of batches that run' },
  release: { roles: REVIEWERS, doing: 'release the rest of a chunk' },
  refuse_rest: { roles: REVIEWERS, doing: 'leave the rest of an approval unsent' },
  answer: { roles: REVIEWERS, doing: 'answer for uncertain actions' },
  finish: { roles: REVIEWERS, doing: 'finish follow-up tasks' },
  pause: { roles: REVIEWERS, doing: 'pause batches' },
  resume: { roles: OPERATORS, doing: 'resume batches' },
  cancel: { roles: OPERATORS, doing: 'cancel batches' },
  accept_rest: { roles: OPERATORS, doing: 'leave the rest of halted chunks unsent' },
  retry: { roles: OPERATORS, doing: 'retry failed actions' },
  see_batches: { roles: EVERYONE, doing: 'see batches, receipts and decisions' },
  see_batch: { roles: EVERYONE, scopes: ['supervise'], doing: 'see how batches are, and their receipts' },
  download_receipts: { roles: EVERYONE, doing: 'download receipts' },
  verify: { roles: EVERYONE, doing: 'verify receipts' },
  connections: { roles: ADMIN, doing: 'change connections' },
  use_connections: { roles: OPERATORS, doing: 'use connections' },
  fleet: { roles: ADMIN, doing: 'manage workers and incidents' },
  see_fleet: { roles: OPERATORS, doing: 'see workers and incidents' },
  account: { roles: EVERYONE, doing: 'see an account of their own' },
  keys: { roles: EVERYONE, doing: 'have API keys' },
  security: { roles: ['auditor', 'admin'], doing: 'see the security log' },
  work: { roles: [], scopes: ['work'], doing: 'work chunks as an agent does' },
  supervise: { roles: [], scopes: ['supervise'], doing: 'supervise batches as an agent does' },
  read_tasks: { roles: [], scopes: ['work', 'supervise'], doing: 'read tasks as an agent does' },
  erase: { roles: ADMIN, doing: 'erase data' },
  people: { roles: ADMIN, doing: 'manage people, roles, keys and settings' },
} as const satisfies Record<string, Allowed>;

/** "an agent with the scope work", "a reviewer" */
function named({ role, scopes }: Pick<Actor, 'role' | 'scopes'>): string {
  const plural = scopes?.length === 1 ? 'scope' : 'scopes';
  return role === 'agent' && scopes ? `an agent with the ${plural} ${scopes.join(' and ')}` : withArticle(role);
}

function withArticle(role: KeyRole): string {
  return /^[aeiou]/.test(role) ? `an ${role}` : `a ${role}`;
}

/** "a reviewer, an operator or an admin" */
function inWords(words: string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
