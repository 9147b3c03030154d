/** The connections that a plan names, written into it as they are: what is planned, previewed and approved goes by these to the end. */
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
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
  const problems: Problem[] = plan.categories.flatMap(({ action }, index) =>
    action?.connection && refused.includes(action.connection)
      ? [
          {
            path: `categories.${index}.action.connection`,
            message: `Only an admin may use the connection “${action.connection}”.`,
          },
        ]
      : [],
  );
  throw new CountersignError('forbidden', problems[0]?.message ?? 'Only an admin may use this connection.', { problems });
}

/** Keeps the plan's connections there until the transaction's end. Throws `conflict` naming one that was deleted meanwhile. */
export async function assertThere(tx: Tx, plan: Plan): Promise<void> {
  const ids = connectionIds(plan);
  if (ids.length === 0) return;
  const there = new Set(await holdConnections(tx, ids));
  const gone = plan.categories.find(({ action }) => action?.through && !there.has(action.through.id))?.action?.connection;
  if (gone) throw new CountersignError('conflict', `The connection “${gone}” was deleted. Plan this again.`);
}

/** The ids of the connections that the plan goes over. */
function connectionIds({ categories }: Plan): string[] {
  return [...new Set(categories.flatMap(({ action }) => action?.through?.id ?? []))];
}

function namesIn({ categories }: Plan): string[] {
  return [...new Set(categories.flatMap(({ action }) => action?.connection ?? []))];
}
