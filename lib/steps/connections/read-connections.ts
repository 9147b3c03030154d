/** Connections, for who makes them and for who plans with them. Nothing secret is read. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import type { ConnectionForm } from '#lib/connectors/form.ts';
import { connectionKinds, targetOfConnection } from '#lib/connectors/registry.ts';
import { CONNECTION_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import type { Connection } from '#lib/shapes/connections.ts';
import { isId } from '#lib/steps/ids.ts';
import { badCursor, limitOf, type Page, pageOf } from '#lib/steps/page.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import {
  type ConnectionRow,
  readBreakers,
  readConnectionRow,
  readConnections as readRows,
} from '#lib/store/connections/connections.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = z.strictObject({ cursor: z.string().nullish(), limit: z.number().nullish() });

/** A page of them in the order of their names: an admin's are all, others' those that their plans may name. */
export async function readConnections(actor: Actor, raw: z.input<typeof input> = {}): Promise<Page<Connection>> {
  authorise(actor, 'use_connections');
  const paging = readInput(input, raw);
  const limit = limitOf(paging);
  const cursor = paging.cursor || null;
  if (cursor !== null && (cursor.length > CONNECTION_NAME_CHARS_MAX || cursor.includes('\0'))) throw badCursor();
  const role = may(actor, 'connections') ? null : actor.role;
  const { shown, next } = pageOf(await readRows(db(), { after: cursor, limit: limit + 1, role }), limit, ({ name }) => name);
  return { items: await told(shown), next };
}

/** Null: there is none, or none that this actor may use. */
export async function readConnection(actor: Actor, { id }: { id: string }): Promise<Connection | null> {
  authorise(actor, 'use_connections');
  const row = isId(id) ? await readConnectionRow(db(), id) : null;
  if (!row || !(may(actor, 'connections') || row.usableBy.includes(actor.role))) return null;
  const [connection] = await told([row]);
  return connection ?? null;
}

export type ConnectableKind = ConnectionForm & { connector: string };

/** What may be connected to, with how a page edits such a connection. */
export function connectableKinds(): ConnectableKind[] {
  return connectionKinds().map(({ connector, kind: { form } }) => ({ connector, ...form }));
}

/** A connection whose places can be read into datasets: what its kind says of that, and the places that its test found. */
export type SourceOffer = { id: string; name: string; found: string[] } & NonNullable<ConnectionForm['source']>;

/** Those that this actor may use. */
export async function readSources(actor: Actor): Promise<SourceOffer[]> {
  const kinds = new Map(connectableKinds().map(({ connector, source }) => [connector, source]));
  const all: SourceOffer[] = [];
  for (let cursor: string | null = null; ; ) {
    const { items, next }: Page<Connection> = await readConnections(actor, { cursor });
    for (const { id, name, connector, tested } of items) {
      const source = kinds.get(connector);
      if (source) all.push({ id, name, ...source, found: tested?.offers?.places ?? [] });
    }
    if (next === null) return all;
    cursor = next;
  }
}

/** The same by its name, which addresses of pages hold. */
export async function readConnectionNamed(actor: Actor, { name }: { name: string }): Promise<Connection | null> {
  authorise(actor, 'use_connections');
  const [row] = name.length <= CONNECTION_NAME_CHARS_MAX && !name.includes('\0') ? await readRows(db(), { names: [name] }) : [];
  return row ? readConnection(actor, row) : null;
}

async function told(rows: readonly ConnectionRow[]): Promise<Connection[]> {
  const names = await readNames(
    db(),
    rows.map(({ updatedBy }) => updatedBy),
  );
  const targets = new Map(rows.map((row) => [row.id, targetOfConnection(row)]));
  const states = await readBreakers(
    db(),
    [...targets.values()].flatMap((target) => target ?? []),
  );
  return rows.map(
    ({
      declared,
      auth,
      secretId,
      secretVersion,
      testedAt,
      testedOk,
      testedReason,
      testedOffers,
      updatedBy,
      updatedAt,
      ...row
    }) => ({
      ...row,
      ...declared,
      auth: {
        ...auth,
        secret: secretId === null || secretVersion === null ? null : { id: secretId, version: secretVersion, set: true },
      },
      state: states.get(targets.get(row.id) ?? '') ?? 'ok',
      tested: testedAt && { at: testedAt.toISOString(), ok: testedOk === true, reason: testedReason ?? '', offers: testedOffers },
      updatedBy: actorName(updatedBy, names),
      updatedAt: updatedAt.toISOString(),
    }),
  );
}
