/** What the target is asked afterwards: whether a request happened. */
import type { ActionItem } from '#lib/connectors/port.ts';
import type { HttpRequest } from './frozen.ts';
import { expectedOf, type InspectTemplate, inspectNames, KEY } from './parts.ts';
import { kept, type Room, roomOf } from './room.ts';
import { fillExpected, type Places } from './success.ts';
import { renderUrl } from './url.ts';

/** What to ask the target, filled in. */
export type HttpInspection = { url: string; status: number[]; contains: string | null; json: Places | null };

/** How this request is looked up at the target, under the key that it was sent with; null when it does not say. */
export function inspectionOf({ inspect: asks }: HttpRequest, idempotencyKey: string): HttpInspection | null {
  return asks ? fillInspection(asks, { ordinal: 0, fields: { ...asks.fields, [KEY]: idempotencyKey } }) : null;
}

/** Filled in once for the sake of its errors, as an undo is. */
export function freezeInspect(template: InspectTemplate, item: ActionItem, room: Room): NonNullable<HttpRequest['inspect']> {
  const names = new Set(inspectNames(template));
  names.delete(KEY);
  const fields = kept(names, item, room);
  fillInspection(template, { ordinal: item.ordinal, fields: { ...fields, [KEY]: 'x' } });
  return { ...template, fields };
}

function fillInspection({ url, happened }: InspectTemplate, item: ActionItem): HttpInspection {
  const expected = fillExpected(expectedOf(happened), item, { whose: 'its inspection', room: roomOf(item.ordinal) });
  return { url: renderUrl(url, item), status: happened.status, ...expected };
}
