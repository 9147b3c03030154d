/** The test button: a harmless request with the connection's credential, and what came of it kept. Where its target wants something made first, another button makes it. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { ConnectionKind, Tested } from '#lib/connectors/port.ts';
import { connectionKindOf } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { INSPECTION_TIMEOUT_MS, TARGET_LOOKS_MAX } from '#lib/core/limits.ts';
import type { Connection } from '#lib/shapes/connections.ts';
import { connectionTest } from '#lib/shapes/connections.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { keepTested, type LiveConnection, readConnectionRow, readLiveConnection } from '#lib/store/connections/connections.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

const named = z.strictObject({ id: z.uuid() });
const input = connectionTest.unwrap().extend({ id: z.uuid() });

/** Open in this process, over all who test. */
let open = 0;

/** Throws `not_found`, `invalid` for a path that leaves the connection's address, and `conflict` when too many test at once. */
export async function testConnection(actor: Actor, raw: z.input<typeof input>): Promise<Kept> {
  authorise(actor, 'connections');
  const { id, ...asked } = readInput(input, raw);
  const key = randomBytes(16).toString('hex');
  return tried(actor, id, 'connection_tested', (kind, live, signal) => kind.test(live, { ...asked, key }, signal));
}

/**
 * Makes what the last test said is missing at the target, for a person who asks for it, and tests it. Throws `not_found`, and `conflict` where there is nothing to make or too
 * many test at once.
 */
export async function prepareConnection(actor: Actor, raw: z.input<typeof named>): Promise<Kept> {
  authorise(actor, 'connections');
  const { id } = readInput(named, raw);
  return tried(actor, id, 'connection_prepared', (kind, live, signal) => {
    if (!kind.prepare) throw new CountersignError('conflict', 'There is nothing to make at the target of this connection.');
    return kind.prepare(live, signal);
  });
}

type Kept = NonNullable<Connection['tested']>;

async function tried(
  actor: Actor,
  id: string,
  as: 'connection_tested' | 'connection_prepared',
  act: (kind: ConnectionKind, live: LiveConnection, signal: AbortSignal) => Promise<Tested>,
): Promise<Kept> {
  const live = await readLiveConnection(db(), id);
  const row = live && (await readConnectionRow(db(), id));
  if (!live || !row) throw new CountersignError('not_found', 'There is no such connection: it may have been deleted.');
  const kind = connectionKindOf(row.connector);
  if (!kind) throw new CountersignError('conflict', 'This connection can’t be tested.');
  if (open >= TARGET_LOOKS_MAX)
    throw new CountersignError('conflict', 'Too many people look at targets just now. Try again in a moment.');
  open += 1;
  try {
    // A token may have to be fetched first.
    const tested = await act(kind, live, AbortSignal.timeout(2 * INSPECTION_TIMEOUT_MS));
    await keepTested(db(), live, tested);
    const facts = { name: row.name, address: row.address, ok: tested.ok };
    await recordSecurity(db(), { kind: as, by: actor.id, about: `connection:${id}`, facts });
    const kept = await readConnectionRow(db(), id);
    return { at: (kept?.testedAt ?? new Date()).toISOString(), ...tested };
  } finally {
    open -= 1;
  }
}
