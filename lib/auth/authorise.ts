import { CountersignError } from '#lib/core/errors.ts';
import { type KeyRole, ROLES } from '#lib/core/people/roles.ts';
import type { Actor } from './actor.ts';

export type Verb = keyof typeof VERBS;

/**
 * Throws `forbidden` when the actor's role does not allow the verb; the message names who can. The first line of every step.
 */
export function authorise(actor: Actor, verb: Verb): void {
  if (may(actor, verb)) return;
  if (actor.held)
    throw new CountersignError(
      'forbidden',
      `Here ${withArticle(actor.role)} gives a second factor before anything else. Set one up, or give it, on the page of your account.`,
    );
  const { doing } = VERBS[verb];
  const able = inWords(rolesOf(verb).map(withArticle));
  throw new CountersignError('forbidden', `${capital(withArticle(actor.role))} can't ${doing}. ${capital(able)} can.`);
}

/** Whether the actor's role allows the verb: for leaving out a button. The step still authorises. */
export function may(actor: Pick<Actor, 'role' | 'held'>, verb: Verb): boolean {
  return rolesOf(verb).includes(actor.role) && (!actor.held || verb === 'account');
}

/** Whether a role allows all that another one does: what a key may have at most. */
export function covers(role: KeyRole, other: KeyRole): boolean {
  // An agent does what no person does. Whoever may start a batch may have it worked.
  if (other === 'agent') return rolesOf('start').includes(role);
  return Object.values(VERBS).every(({ roles }: { roles: readonly KeyRole[] }) => !roles.includes(other) || roles.includes(role));
}

/** The roles that a verb is for. */
export function rolesOf(verb: Verb): readonly KeyRole[] {
  return VERBS[verb].roles;
}

const ADMIN = ['admin'] as const;
const OPERATORS = ['operator', 'admin'] as const;
const REVIEWERS = ['reviewer', 'operator', 'admin'] as const;
const EVERYONE = ROLES;

/** Who may do what. `doing` completes "A reviewer can't …". */
const VERBS = {
  upload: { roles: OPERATORS, doing: 'upload datasets' },
  read_anew: { roles: OPERATORS, doing: 'change how datasets are read' },
  keep_datasets: { roles: OPERATORS, doing: 'rename or delete datasets' },
  plan: { roles: OPERATORS, doing: 'plan batches' },
  start: { roles: OPERATORS, doing: 'start batches' },
  undo: { roles: OPERATORS, doing: 'undo actions' },
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
  download_receipts: { roles: EVERYONE, doing: 'download receipts' },
  verify: { roles: EVERYONE, doing: 'verify receipts' },
  connections: { roles: ADMIN, doing: 'change connections' },
  use_connections: { roles: OPERATORS, doing: 'use connections' },
  fleet: { roles: ADMIN, doing: 'manage workers and incidents' },
  see_fleet: { roles: OPERATORS, doing: 'see workers and incidents' },
  account: { roles: EVERYONE, doing: 'see an account of their own' },
  keys: { roles: EVERYONE, doing: 'have API keys' },
  security: { roles: ['auditor', 'admin'], doing: 'see the security log' },
  work: { roles: ['agent'], doing: 'work chunks as an agent does' },
  erase: { roles: ADMIN, doing: 'erase data' },
  people: { roles: ADMIN, doing: 'manage people, roles, keys and settings' },
} as const satisfies Record<string, { roles: readonly KeyRole[]; doing: string }>;

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
