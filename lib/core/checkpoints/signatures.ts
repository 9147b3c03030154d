/**
 * Two signatures: what each decision over a chunk was to them. Receipts don't say it themselves, for it follows from their order: the same answer is
 * the first signature where none is open, and the second where one is.
 */
import { KEYS } from '#lib/core/people/key-actor.ts';
import type { Plan } from '#lib/core/plans/plan.ts';

export const SIGNINGS = ['first', 'second', 'refused'] as const;
export type Signing = (typeof SIGNINGS)[number];

type Decision = { seq: number; answers: { execute: boolean; sendBack: boolean } };

/** By seq, for the decisions of one chunk in the order of their seqs. Those that neither sign nor refuse are left out. */
export function signingsOf(decisions: readonly Decision[]): Map<number, Signing> {
  const signings = new Map<number, Signing>();
  let open = false;
  for (const { seq, answers } of decisions) {
    if (answers.execute) {
      signings.set(seq, open ? 'second' : 'first');
      open = !open;
    } else if (answers.sendBack) {
      if (open) signings.set(seq, 'refused');
      open = false;
    }
  }
  return signings;
}

/**
 * Who signs, as far as it matters: ids are `user:<uuid>` or `key:<name>`. `person`: who is behind it, a person (`user:<uuid>`) or a key that is nobody's. Somebody
 * and their keys are one.
 */
export type Signer = { id: string; person: string; invitedBy: string | null; confirmedBy: string | null };

/**
 * Whether one of the two let the other in and nobody else vouches for that one: whoever makes a second account for themselves has two names and one pair of
 * eyes. Whoever let in first doesn't matter.
 */
function isUnconfirmedPair(one: Signer, other: Signer): boolean {
  return letIn(one, other) || letIn(other, one);
}

function letIn(host: Signer, guest: Signer): boolean {
  return guest.invitedBy === host.person && (guest.confirmedBy === null || guest.confirmedBy === host.person);
}

/** Whether two of these could sign one chunk. Of five who may decide there always are two: each was let in by one person at most. */
export function hasPair(signers: readonly Signer[]): boolean {
  return signers.some((one, index) => signers.slice(index + 1).some((other) => !isUnconfirmedPair(one, other)));
}
export const SIGNERS_LOOKED_AT = 5;

/** Why a signature can't be somebody's: they started the batch, signed it already, are bound to the first signer by an invitation, or are a key. */
export const NOT_SIGNERS = ['started', 'signed', 'invited', 'key'] as const;
export type NotSigner = (typeof NOT_SIGNERS)[number];

/**
 * Why this signature is not theirs; null where it is. `first` is who signed before them.
 * @param about the plan, and the person who started the batch
 */
export function whyNotSigner(
  signer: Signer,
  first: Signer | null,
  { plan, startedBy }: { plan: Pick<Plan, 'gates'>; startedBy: string | null },
): NotSigner | null {
  if (!needsTwo(plan)) return null;
  if (signer.person === startedBy) return 'started';
  if (signer.id.startsWith(KEYS) && !plan.gates.keysMaySign) return 'key';
  if (first === null) return null;
  if (signer.person === first.person) return 'signed';
  return isUnconfirmedPair(signer, first) ? 'invited' : null;
}

/** Whether the plan wants two people to sign each chunk. */
export function needsTwo({ gates }: Pick<Plan, 'gates'>): boolean {
  return gates.approvals === 2;
}
