/** A request over a connection: where its address leads, what of the connection is frozen with it, and what an action leaves to the connection. */
import { z } from 'zod';
import { itemRefusal, readParameters } from '#lib/connectors/parameters.ts';
import { connectionAuth } from '#lib/core/connections/auth.ts';
import type { Through } from '#lib/core/connections/through.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { type InspectTemplate, inspect, parameters } from './parts.ts';
import { success } from './success.ts';

/** What a frozen request says of its connection: the credential is put in when it is sent, at the place that was approved. */
export const via = z.object({
  connection: z.string(),
  id: z.uuid(),
  revision: z.int(),
  address: z.string(),
  auth: connectionAuth,
  secret: z.string().nullable(),
});
export type Via = z.infer<typeof via>;

export type Given = z.output<typeof parameters>;

/** What is written into the frozen request; nothing where no connection is named. */
export function viaOf({ connection, through }: Action): { via?: Via } {
  if (connection === null || !through) return {};
  const { id, revision, address, auth, secret } = through;
  return { via: { connection, id, revision, address, auth, secret } };
}

/**
 * The action's `with`, with whole addresses, and with what its connection says where the action says nothing. Throws `invalid` as `readParameters` does.
 */
export function givenParts(action: Action): Given {
  const given = readParameters(action, parameters);
  const { through } = action;
  if (!through) return given;
  const { effect = through.permanent && !given.undo && action.do !== 'GET' ? ('permanent' as const) : undefined } = given;
  const asks = given.inspect ?? (action.do === 'GET' ? undefined : declaredInspect(through));
  const expected = given.success ?? declaredSuccess(through);
  return {
    ...given,
    url: joined(through, given.url),
    ...(given.undo && { undo: { ...given.undo, url: joined(through, given.undo.url) } }),
    ...(asks && { inspect: { ...asks, url: joined(through, asks.url) } }),
    ...(expected && { success: expected }),
    ...(effect && { effect }),
  };
}

// Both were checked when the connection was saved.
const declaredInspect = (through: Through): InspectTemplate | undefined =>
  through.inspect === null ? undefined : inspect.parse(through.inspect);
const declaredSuccess = (through: Through) => (through.success === null ? undefined : success.parse(through.success));

/** The address of a connection, and what an action names under it. A slash at its beginning leads no further than the connection's; what was joined stays. */
export function joined({ address }: Pick<Through, 'address'>, path: string): string {
  return path.startsWith(address) ? path : address + path.replace(/^\/(?![/\\])/, '');
}

/** Why this is not a place under a connection's address; null where it is one. Dots in it are found where the whole URL is looked at. */
export function outside({ address }: Pick<Through, 'address'>, path: string): string | null {
  if (path.startsWith(address)) return null;
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return 'With a connection, write only what comes after its address: tickets/{{id}}.';
  if (/^[/\\]{2}|^\\/.test(path))
    return 'This would lead to another host. Write what comes after the connection’s address: tickets/{{id}}.';
  return null;
}

/** Throws `invalid` naming the item where a whole URL does not lie under its connection's address. */
export function assertUnder(through: Through | undefined, url: string, ordinal: number): void {
  if (!through || url.startsWith(through.address)) return;
  throw itemRefusal(ordinal, 'its URL would leave the address of its connection.');
}

/** Where credentials stand: whoever is to see which one is sent is told this in its place. */
export const secretWords = ({ connection }: Pick<Via, 'connection'>): string => `secret of ${connection}`;
