/**
 * Building an http request from an action and an item. What an item holds is somebody else's text: it may fill in values, and may
 * change neither the host, nor the shape of the path, nor the headers.
 */
import { frozenBytes } from '#lib/connectors/frozen.ts';
import type { ActionItem, FrozenRequest } from '#lib/connectors/port.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { templateFields } from '#lib/core/values/template.ts';
import type { Effect } from '#lib/shapes/actions.ts';
import { fillIn } from './fill-in.ts';
import { type HttpRequest, readRequest } from './frozen.ts';
import { freezeInspect } from './inspection.ts';
import { inspectNames, KEY, namedIn, TARGET, type UndoTemplate } from './parts.ts';
import { kept, type Room, roomOf } from './room.ts';
import { fillExpected, type Success } from './success.ts';
import { writtenOrigin } from './url.ts';
import { assertUnder, givenParts, viaOf } from './via.ts';

/** The canonical bytes of `{method, url, headers, body, timeoutMs, effect, via?, undo?, inspect?, success?}`. Throws `invalid` naming the item. `inUrl`: the values in the URL, where they are others. */
export function freezeRequest(action: Action, item: ActionItem, inUrl: ActionItem['fields'] = item.fields): FrozenRequest {
  const given = givenParts(action);
  const { through } = action;
  const room = roomOf(item.ordinal);
  const request: HttpRequest = {
    ...fillIn(action.do, given, item, inUrl, room),
    timeoutMs: given.timeoutMs,
    effect: requestEffect(action),
    ...viaOf(action),
    ...(given.undo ? { undo: freezeUndo(given.undo, item, room) } : {}),
    ...(given.inspect ? { inspect: freezeInspect(given.inspect, item, room) } : {}),
    ...(given.success
      ? { success: { ...given.success, ...fillExpected(given.success, item, { whose: 'its success', room }) } }
      : {}),
  };
  assertUnder(through, request.url, item.ordinal);
  return frozenBytes(request, item.ordinal);
}

/** Filled in once for the sake of its errors: an undo that can't be built is told before the request is approved. */
function freezeUndo(template: UndoTemplate, item: ActionItem, room: Room): NonNullable<HttpRequest['undo']> {
  const names = namedIn(template).filter((name) => name !== TARGET);
  const fields = kept(names, item, room);
  const filled = { ...fields, [TARGET]: 'x' };
  const own = roomOf(item.ordinal);
  fillIn(template.do, template, { ordinal: item.ordinal, fields: filled }, filled, own);
  if (template.success)
    fillExpected(template.success, { ordinal: item.ordinal, fields: filled }, { whose: 'the success of its undo', room: own });
  return { ...template, fields };
}

/** What the action says of itself, else: a GET has none, what has an undo request is undoable, and everything else is permanent. */
export function requestEffect(action: Action): Effect {
  const given = givenParts(action);
  return given.effect ?? (action.do === 'GET' ? 'none' : given.undo ? 'undoable' : 'permanent');
}

/** The names that its templates look up. */
export function requestReads(action: Action): string[] {
  const given = givenParts(action);
  const ofUndo = given.undo ? namedIn(given.undo).filter((name) => name !== TARGET) : [];
  const ofInspect = given.inspect ? inspectNames(given.inspect).filter((name) => name !== KEY) : [];
  return [...new Set([...namedIn(given), ...ofUndo, ...ofInspect])];
}

/**
 * What a frozen request changes: what is at its address. A POST to an address that is the same for all items makes something new there, unless it is the very
 * same request.
 */
export function requestResource(action: Action, request: FrozenRequest): string | null {
  const { method, url, effect, body } = readRequest(request);
  if (effect === 'none') return null;
  const many = method === 'POST' && templateFields(givenParts(action).url).length === 0;
  return many ? `${url}, with the text ${body ?? ''}` : url;
}

/** The host as the plan writes it, behind the name of the connection. */
export function requestHost(action: Action): string {
  const host = writtenOrigin(givenParts(action).url)?.host ?? 'the target';
  return action.connection === null ? host : `${action.connection} (${host})`;
}

/** What the plan says of a success; null where it leaves that to the status. */
export function requestSuccess(action: Action): Success | null {
  return givenParts(action).success ?? null;
}
