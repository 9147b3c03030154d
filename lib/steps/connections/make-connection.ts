/** Makes a connection: a named target, with what is secret of it. */
import type { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { connectionKindOf, connectorFor } from '#lib/connectors/registry.ts';
import { type ConnectionAuth, secretNames } from '#lib/core/connections/auth.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { newConnection } from '#lib/shapes/connections.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { type ConnectionData, insertConnection } from '#lib/store/connections/connections.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

/** Throws `invalid` with a problem for every wrong place, and `conflict` where the name is another's. */
export async function makeConnection(actor: Actor, raw: z.input<typeof newConnection>): Promise<{ id: string }> {
  authorise(actor, 'connections');
  const { name, secrets, ...given } = readInput(newConnection, raw);
  const data = checked(given, secrets ?? null);
  if (secretNames(data.auth).wanted !== null && secrets === undefined) throw missingSecret(data.auth);
  const id = await inWrite(db().pool, 'make_connection', async (tx) => {
    const made = await insertConnection(tx, { name, by: actor.id, secret: secrets ?? null, ...data });
    if (made === null) return null;
    const told = { by: actor.id, about: `connection:${made}`, facts: { name, address: data.address, auth: data.auth.kind } };
    await recordSecurity(tx, { kind: 'connection_made', ...told });
    if (secrets !== undefined) await recordSecurity(tx, { kind: 'secret_set', ...told });
    return made;
  });
  if (id !== null) return { id };
  const message = `There is a connection “${name}”. Choose another name, or change that one.`;
  throw new CountersignError('conflict', message, { problems: [{ path: 'name', message }] });
}

type Given = Omit<z.output<typeof newConnection>, 'name' | 'secrets'>;

/** As it is kept. Throws `invalid` as the connector does, and where it takes no connections. */
export function checked(
  { connector, address, auth, limits, keys, inspect, success, permanent, model, usableBy }: Given,
  secrets: Record<string, string> | null,
): ConnectionData {
  const kind = connectionKindOf(connector);
  if (!kind) {
    connectorFor(connector);
    const message = `“${connector}” is inside Countersign and takes no connection.`;
    throw new CountersignError('invalid', message, { problems: [{ path: 'connector', message }] });
  }
  if (model != null && !kind.form.model) {
    const message = 'Only a connection of “model” leads to one. Leave this out.';
    throw new CountersignError('invalid', message, { problems: [{ path: 'model', message }] });
  }
  const kept = kind.check({ address, auth, declared: { keys, inspect, success, permanent, model }, secrets });
  return { connector, limits, usableBy, address: kept.address, auth: kept.auth, declared: kept.declared };
}

export function missingSecret(auth: ConnectionAuth, why = ''): CountersignError {
  const { wanted } = secretNames(auth);
  const path = `secrets.${wanted}`;
  const message = `${why}The secret “${wanted}” is missing.`;
  return new CountersignError('invalid', message, { problems: [{ path, message }] });
}
