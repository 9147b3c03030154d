/** The test button: a harmless request with the connection's credential, and what came of it kept. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { connectorFor } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { INSPECTION_TIMEOUT_MS, TARGET_LOOKS_MAX } from '#lib/core/limits.ts';
import type { Connection } from '#lib/shapes/connections.ts';
import { connectionTest } from '#lib/shapes/connections.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { keepTested, readConnectionRow, readLiveConnection } from '#lib/store/connections/connections.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

const input = connectionTest.unwrap().extend({ id: z.uuid() });

/** Open in this process, over all who test. */
let open = 0;

/** Throws `not_found`, `invalid` for a path that leaves the connection's address, and `conflict` when too many test at once. */
export async function testConnection(actor: Actor, raw: z.input<typeof input>): Promise<NonNullable<Connection['tested']>> {
  authorise(actor, 'connections');
  const { id, ...asked } = readInput(input, raw);
  const live = await readLiveConnection(db(), id);
  const row = live && (await readConnectionRow(db(), id));
  if (!live || !row) throw new CountersignError('not_found', 'There is no such connection: it may have been deleted.');
  const connector = connectorFor(row.connector);
  if (connector.kind !== 'remote' || !connector.connections)
    throw new CountersignError('conflict', 'This connection can’t be tested.');
  if (open >= TARGET_LOOKS_MAX)
    throw new CountersignError('conflict', 'Too many people look at targets just now. Try again in a moment.');
  open += 1;
  try {
    const key = randomBytes(16).toString('hex');
    // A token may have to be fetched first.
    const tested = await connector.connections.test(live, { ...asked, key }, AbortSignal.timeout(2 * INSPECTION_TIMEOUT_MS));
    await keepTested(db(), live, tested);
    const facts = { name: row.name, address: row.address, ok: tested.ok };
    await recordSecurity(db(), { kind: 'connection_tested', by: actor.id, about: `connection:${id}`, facts });
    const kept = await readConnectionRow(db(), id);
    return { at: (kept?.testedAt ?? new Date()).toISOString(), found: [], ...tested };
  } finally {
    open -= 1;
  }
}
