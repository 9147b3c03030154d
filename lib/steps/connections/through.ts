/** The connections that a plan names, written into it as they are: what is planned, previewed and approved goes by these to the end. */
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { askedOver } from '#lib/classifiers/registry.ts';
import { secretName, type Through } from '#lib/core/connections/through.ts';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import type { Action, Plan } from '#lib/core/plans/plan.ts';
import { type ConnectionRow, readConnections } from '#lib/store/connections/connections.ts';
import { holdConnections } from '#lib/store/connections/usage.sql.ts';
import type { Tx, WithModels } from '#lib/store/postgres/db.ts';

/** What of a connection was given with the plan is gone by; a name that nobody has is told where the action is checked. */
export async function throughConnections(models: WithModels, plan: Plan): Promise<Plan> {
  const names = namesIn(plan);
  const rows = names.length === 0 ? [] : await readConnections(models, { names });
  const byName = new Map(rows.map((row) => [row.name, row]));
  return {
    ...plan,
    categories: plan.categories.map(({ name, action }) => ({ name, action: action && withThrough(action, byName) })),
  };
}

/** A plan without what the server wrote into it of connections. */
export function withoutThrough(plan: Plan): Plan {
  return { ...plan, categories: plan.categories.map(({ name, action }) => ({ name, action: action && bare(action) })) };
}

function bare({ through: _, ...action }: Action): Action {
  return action;
}

function withThrough(action: Action, byName: ReadonlyMap<string, ConnectionRow>): Action {
  const row = action.connection === null ? undefined : byName.get(action.connection);
  return row?.connector === action.connector ? { ...bare(action), through: throughOf(row) } : bare(action);
}

function throughOf({ id, revision, address, auth, secretId, declared }: ConnectionRow): Through {
  const { keys, inspect, success, permanent } = declared;
  const kept = keys.honoured && keys.forHours !== null ? { forHours: keys.forHours } : keys.honoured;
  return { id, revision, address, auth, secret: secretId && secretName(secretId), keys: kept, inspect, success, permanent };
}

/** Throws `forbidden` naming the connections of the plan that this actor's role may not use. Who made them usable may have thought better of it. */
export async function assertUsable(models: WithModels, actor: Actor, plan: Plan): Promise<void> {
  const names = namesIn(plan);
  if (names.length === 0 || may(actor, 'connections')) return;
  const rows = await readConnections(models, { names });
  // An agent plans with what whoever may have one uses.
  const role = actor.role === 'agent' ? 'operator' : actor.role;
  const refused = rows.filter(({ usableBy }) => !usableBy.includes(role)).map(({ name }) => name);
  if (refused.length === 0) return;
  const problems: Problem[] = placesIn(plan).flatMap(({ path, name }) =>
    refused.includes(name) ? [{ path, message: `Only an admin may use the connection “${name}”.` }] : [],
  );
  throw new CountersignError('forbidden', problems[0]?.message ?? 'Only an admin may use this connection.', { problems });
}

/** What is wrong with the connection that the plan's classifier asks over; nothing where it asks nobody. */
export async function askedOverProblems(models: WithModels, plan: Plan): Promise<Problem[]> {
  const over = askedOver(plan);
  if (over === null) return [];
  const path = ['classifier', ...over.path].join('.');
  const [row] = await readConnections(models, { names: [over.connection] });
  if (!row) return [{ path, message: `There is no connection “${over.connection}”. Choose one that leads to a model.` }];
  return row.connector === over.connector ? [] : [{ path, message: `The connection “${over.connection}” leads to no model.` }];
}

/** Keeps the plan's connections there until the transaction's end. Throws `conflict` naming one that was deleted meanwhile. */
export async function assertThere(tx: Tx, plan: Plan): Promise<void> {
  const ids = connectionIds(plan);
  const over = askedOver(plan);
  const [asked] = over === null ? [] : await readConnections(tx, { names: [over.connection] });
  if (over !== null && !asked) throw deleted(over.connection);
  if (asked) ids.push(asked.id);
  if (ids.length === 0) return;
  const there = new Set(await holdConnections(tx, ids));
  if (asked && !there.has(asked.id)) throw deleted(asked.name);
  const gone = plan.categories.find(({ action }) => action?.through && !there.has(action.through.id))?.action?.connection;
  if (gone) throw deleted(gone);
}

function deleted(name: string): CountersignError {
  return new CountersignError('conflict', `The connection “${name}” was deleted. Plan this again.`);
}

/** The ids of the connections that the plan's actions go over. */
function connectionIds({ categories }: Plan): string[] {
  return [...new Set(categories.flatMap(({ action }) => action?.through?.id ?? []))];
}

function namesIn(plan: Plan): string[] {
  return [...new Set(placesIn(plan).map(({ name }) => name))];
}

/** Where the plan names a connection. */
function placesIn(plan: Plan): { path: string; name: string }[] {
  const over = askedOver(plan);
  const acting = plan.categories.flatMap(({ action }, index) =>
    action?.connection ? [{ path: `categories.${index}.action.connection`, name: action.connection }] : [],
  );
  return over === null ? acting : [...acting, { path: ['classifier', ...over.path].join('.'), name: over.connection }];
}
