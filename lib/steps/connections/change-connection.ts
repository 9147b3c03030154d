/**
 * Changes a connection, its secret too where one is given. Batches that go over it send to the address that was approved, or not at all; with the newest secret; within
 * the newest limits.
 */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { type ConnectionAuth, placeOf, secretNames } from '#lib/core/connections/auth.ts';
import { originOf } from '#lib/core/connections/target.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { connectionChange } from '#lib/shapes/connections.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { type ConnectionRow, readConnectionRow, updateConnection } from '#lib/store/connections/connections.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { checked, missingSecret } from './make-connection.ts';

const input = connectionChange.extend({ id: z.uuid() });

/**
 * What is left out has its default, as where one is made; a secret that is left out stays. Throws `not_found`, `stale` when somebody changed it after this revision, and
 * `invalid`: also where the secret would go to somebody who was never trusted with it, and is not given anew.
 */
export async function changeConnection(actor: Actor, raw: z.input<typeof input>): Promise<{ id: string }> {
  authorise(actor, 'connections');
  const { id, revision, secrets, ...given } = readInput(input, raw);
  await inWrite(db().pool, 'change_connection', async (tx) => {
    const before = await readConnectionRow(tx, id);
    if (!before) throw new CountersignError('not_found', 'There is no such connection: it may have been deleted.');
    const data = checked({ ...given, connector: before.connector }, secrets ?? null);
    const isSecret = secretNames(data.auth).wanted !== null;
    const why = isSecret && secrets === undefined ? whyAnew(before, data) : null;
    if (why !== null) throw missingSecret(data.auth, why);
    const secret = isSecret ? secrets : null;
    if (before.revision !== revision || !(await updateConnection(tx, before, { ...data, by: actor.id, secret })))
      throw await stale(tx, id);
    const facts = { name: before.name, address: data.address, auth: data.auth.kind };
    const told = { by: actor.id, about: `connection:${id}` };
    await recordSecurity(tx, { kind: 'connection_changed', ...told, facts: { ...facts, was: before.address } });
    if (secret) await recordSecurity(tx, { kind: 'secret_set', ...told, facts });
    return null;
  });
  return { id };
}

/** A secret is write-only: whoever may change where it goes could else read it there. Null where it goes where it went. */
function whyAnew(before: ConnectionRow, after: Pick<ConnectionRow, 'address' | 'auth'>): string | null {
  if (before.secretId === null || secretNames(before.auth).wanted !== secretNames(after.auth).wanted) return '';
  if (before.auth.kind !== after.auth.kind) return '';
  const moved = whereTo(before) !== whereTo(after) || placeOf(before.auth) !== placeOf(after.auth);
  return moved ? 'The secret would go elsewhere than it was given for. Give it again. ' : null;
}

/** Of what is no address of the web all of it counts: how safely a secret gets there stands in it too. */
function whereTo({ address, auth }: { address: string; auth: ConnectionAuth }): string {
  const placed = /^https?:/i.test(address) ? originOf(address) : address;
  return [placed, ...(auth.kind === 'oauth2' ? [originOf(auth.tokenUrl)] : [])].join(' ');
}

async function stale(tx: Tx, id: string): Promise<CountersignError> {
  const now = await readConnectionRow(tx, id);
  const by = now ? actorName(now.updatedBy, await readNames(tx, [now.updatedBy])) : 'Somebody';
  const message = `${by} changed “${now?.name ?? 'it'}” while you looked. Nothing was saved. Look at it, and make your change again.`;
  return new CountersignError('stale', message, { facts: { connection: id, revision: now?.revision ?? null } });
}
