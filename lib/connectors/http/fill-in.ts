/** Filling an item into a request: method, URL, headers and body. */
import { z } from 'zod';
import { itemRefusal } from '#lib/connectors/parameters.ts';
import type { ActionItem } from '#lib/connectors/port.ts';
import { templateFields } from '#lib/core/values/template.ts';
import type { Json } from '#lib/ledger/canonical.ts';
import type { HttpRequest } from './frozen.ts';
import { METHODS, type Parts } from './parts.ts';
import { type Room, render } from './room.ts';
import { renderUrl } from './url.ts';

/** `inUrl`: the values in the URL, where they are others. Throws `invalid` naming the item. */
export function fillIn(
  method: string,
  given: Parts,
  item: ActionItem,
  inUrl: ActionItem['fields'],
  room: Room,
): Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'> {
  const headers = new Map(
    Object.entries(given.headers).map(([name, value]) => [name.toLowerCase(), renderHeader(name, value, item, room)]),
  );
  let body: string | null = null;
  if (typeof given.body === 'string') {
    body = render(given.body, item.fields, room);
    if (!headers.has('content-type')) headers.set('content-type', 'text/plain; charset=utf-8');
  } else if (given.body !== null) {
    body = JSON.stringify(renderJson(given.body, item.fields, room));
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  }
  return {
    method: z.enum(METHODS).parse(method),
    url: renderUrl(given.url, { ...item, fields: inUrl }),
    headers: Object.fromEntries(headers),
    body,
  };
}

function renderHeader(name: string, value: string, item: ActionItem, room: Room): string {
  const rendered = render(value, item.fields, room).trim();
  const wrong = /[^\t\x20-\x7E\xA0-\xFF]/.exec(rendered)?.[0];
  if (wrong === undefined) return rendered;
  const what = /[\r\n]/.test(wrong)
    ? 'a line break'
    : `U+${(rendered.codePointAt(rendered.indexOf(wrong)) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  throw itemRefusal(
    item.ordinal,
    `the header “${name}” would contain ${what}, which a header can't. Send the field in the body.`,
    { fields: templateFields(value).filter((one) => item.fields[one]?.includes(wrong)) },
  );
}

function renderJson(value: Json, fields: Record<string, string>, room: Room): Json {
  if (typeof value === 'string') return render(value, fields, room);
  if (Array.isArray(value)) return value.map((one) => renderJson(one, fields, room));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renderJson(one, fields, room)]));
}
