/** Whether somebody has just proved who they are: before what is dangerous, and before their own factors change. */
import { type Actor, personOf } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { PROOF_MINUTES } from '#lib/core/limits.ts';
import { FACTORS, type Factor, SECOND_FACTORS } from '#lib/core/people/factors.ts';
import { env } from '#lib/env.ts';
import type { StepUp } from '#lib/shapes/people.ts';
import { type BatchRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { readFactors, readProof } from '#lib/store/people/factors.ts';
import { db, type WithModels } from '#lib/store/postgres/db.ts';

/** Whether approving, releasing and answering in this batch ask for a proof. */
function asks({ plan }: Pick<BatchRow, 'plan'>): boolean {
  return env().STEP_UP || plan.gates.stepUp === true;
}

/** What is enough for it, in this installation. */
const enough = (): readonly Factor[] => (env().STEP_UP_PASSWORD ? FACTORS : SECOND_FACTORS);

/**
 * What the person who decides proved last with who they are, for the receipt; null for a key. Where the plan or the installation asks, only what was proved within the last
 * PROOF_MINUTES of this very session will do.
 *
 * @throws CountersignError `unproven` (`facts.proof` says what they can prove it with), `forbidden` for a key
 */
export async function provenFactor(
  models: WithModels,
  actor: Actor,
  batch: Pick<BatchRow, 'plan'>,
  isAsked: boolean,
): Promise<Factor | null> {
  if (isAsked && asks(batch)) return assertProven(models, actor, enough(), 'Nothing was decided.');
  return (await proofOf(models, actor))?.factor ?? null;
}

/** As `provenFactor`, for what leaves no factor in a receipt. A batch that there is not asks for nothing. */
export async function assertProvenFor(models: WithModels, actor: Actor, batchId: string): Promise<void> {
  const batch = await readBatchRow(models, batchId);
  if (batch && asks(batch)) await assertProven(models, actor, enough(), 'Nothing was recorded.');
}

/**
 * Before a person’s own factors change: a proof with the factor, or with the password where there is none yet. An open browser that somebody sits down at is not enough.
 * @throws CountersignError `unproven`, `forbidden` for a key
 */
export async function assertProvenForOwn(models: WithModels, actor: Actor): Promise<void> {
  const { app, passkeys } = await readFactors(models, personOf(actor) ?? '');
  const has = app || passkeys > 0;
  const proof = await proofOf(models, actor);
  // Where the provider of the single sign-on vouched there may be no password: the sign-in itself is the proof.
  if (!has && proof !== null && proof.factor === null && isRecent(proof)) return;
  await assertProven(models, actor, has ? SECOND_FACTORS : FACTORS, 'Nothing was changed.');
}

/** What a page tells before it asks: whether this batch wants a proof, whether one was just given, and what this person can give. Throws `forbidden`. */
export async function readStepUp(actor: Actor, { batchId }: { batchId: string }): Promise<StepUp> {
  authorise(actor, 'see_batches');
  const batch = await readBatchRow(db(), batchId);
  const asked = batch !== null && asks(batch);
  const [has, proof] = await Promise.all([readFactors(db(), personOf(actor) ?? ''), proofOf(db(), actor)]);
  const can = canGive(has, enough());
  return { asked, proven: proof !== null && isFresh(proof, enough()), can };
}

type Proof = NonNullable<Awaited<ReturnType<typeof readProof>>>;

async function proofOf(models: WithModels, { id, session }: Actor): Promise<Proof | null> {
  if (session === undefined || !id.startsWith('user:')) return null;
  return readProof(models, id.slice('user:'.length), session);
}

function isFresh({ factor, seconds }: Proof, allowed: readonly Factor[]): boolean {
  return factor !== null && allowed.includes(factor) && isRecent({ seconds });
}

const isRecent = ({ seconds }: Pick<Proof, 'seconds'>): boolean => seconds < PROOF_MINUTES * 60;

type Has = Awaited<ReturnType<typeof readFactors>>;

/** Of what is allowed, what a person has. */
function canGive({ password, app, passkeys }: Has, allowed: readonly Factor[]): Factor[] {
  const has: Record<Factor, boolean> = { password, totp: app, passkey: passkeys > 0 };
  return allowed.filter((factor) => has[factor]);
}

async function assertProven(models: WithModels, actor: Actor, allowed: readonly Factor[], so: string): Promise<Factor> {
  const person = personOf(actor);
  if (actor.via === 'api' || person === null)
    throw new CountersignError(
      'forbidden',
      `Here whoever decides proves with a second factor who they are, and an API key can’t. Sign in with a browser and do it there. ${so}`,
    );
  const proof = await proofOf(models, actor);
  if (proof !== null && proof.factor !== null && isFresh(proof, allowed)) return proof.factor;
  const can = canGive(await readFactors(models, person), allowed);
  const message =
    can.length > 0
      ? `Prove again who you are: the last time was not within ${PROOF_MINUTES} minutes, or not with what is asked for here. ${so}`
      : `This asks for a second factor, and you have none yet. Set one up on the page of your account, soon after signing in. ${so}`;
  throw new CountersignError('unproven', message, { facts: { proof: can } });
}
