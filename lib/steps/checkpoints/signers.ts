/** Whether a signature is somebody's to give, where a plan wants two. */
import { type Actor, personOf } from '#lib/auth/actor.ts';
import { rolesOf } from '#lib/auth/authorise.ts';
import {
  hasPair,
  type NotSigner,
  needsTwo,
  SIGNERS_LOOKED_AT,
  type Signer,
  whyNotSigner,
} from '#lib/core/checkpoints/signatures.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { KEY_ACTOR } from '#lib/core/people/key-actor.ts';
import { env } from '#lib/env.ts';
import type { BatchRow } from '#lib/store/chunks/chunks.ts';
import { readSigners, readSomeSigners } from '#lib/store/people/people.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

type About = Pick<BatchRow, 'plan' | 'startedBy'>;

/** By who signed first (null: nobody has): why this person's signature is not the one that is due; null where it is. */
export async function whyNotYou(
  models: WithModels,
  actor: Pick<Actor, 'id'>,
  firsts: readonly (string | null)[],
  about: About,
): Promise<Map<string | null, NotSigner | null>> {
  const signed = firsts.filter((id) => id !== null);
  const started = about.startedBy === null ? [] : [about.startedBy];
  const signers = await readSigners(models, [actor.id, ...signed, ...started]);
  const own = signers.get(actor.id) as Signer;
  const startedBy = about.startedBy && (signers.get(about.startedBy)?.person ?? null);
  return new Map(
    firsts.map((id) => [id, whyNotSigner(own, id === null ? null : (signers.get(id) ?? null), { ...about, startedBy })]),
  );
}

/** The refusal's words; nothing was decided. `firstName` is who signed first. */
export function refusalOfSigner(why: NotSigner, number: number | null, firstName = 'the first signer'): CountersignError {
  const chunk = number === null ? 'The chunk' : `Chunk ${number}`;
  switch (why) {
    case 'started':
      return new CountersignError(
        'forbidden',
        'You started this batch, and its plan requires the signatures of two other people. Ask them to sign. Nothing was decided.',
      );
    case 'key':
      return new CountersignError(
        'forbidden',
        'The plan of this batch requires the signatures of two people, and an API key is none. Sign in and sign as yourself. Nothing was decided.',
      );
    case 'signed':
      return new CountersignError(
        'conflict',
        `You signed ${number === null ? 'the chunk' : `chunk ${number}`} first. Another person has to sign second. Nothing was decided.`,
      );
    case 'invited':
      return new CountersignError(
        'conflict',
        `${chunk} was signed first by ${firstName}. One of you two invited the other, and no other admin has confirmed that person. Ask an admin to confirm them under People, or somebody else to sign. Nothing was decided.`,
      );
  }
}

/**
 * Refuses a start that nobody could bring to its end.
 * @throws CountersignError `conflict` where no two people could sign a chunk of what this actor starts
 */
export async function assertSigners(
  models: WithModels,
  actor: Pick<Actor, 'id' | 'owner'>,
  { plan }: Pick<BatchRow, 'plan'>,
): Promise<void> {
  if (!needsTwo(plan)) return;
  const signers = await readSomeSigners(models, { roles: rolesOf('decide'), without: personOf(actor), most: SIGNERS_LOOKED_AT });
  if (plan.gates.keysMaySign && env().ADMIN_API_KEY !== undefined && actor.id !== KEY_ACTOR.id)
    signers.push({ id: KEY_ACTOR.id, person: KEY_ACTOR.id, invitedBy: null, confirmedBy: null });
  if (hasPair(signers)) return;
  const missing =
    signers.length < 2
      ? `${signers.length === 0 ? 'Nobody else' : 'Only one other'} who may decide can sign in. Invite ${signers.length === 0 ? 'two reviewers' : 'another reviewer'}`
      : 'Those who could sign invited each other, and no other admin has confirmed them. Ask an admin to confirm them under People';
  throw new CountersignError(
    'conflict',
    `The plan requires the signatures of two other people on each chunk, and there are no two. ${missing}, or plan with one signature. Nothing was started.`,
  );
}
