/**
 * Building an http request from an action and an item. What an item holds is somebody else's text: it may fill in values, and may
 * change neither the host, nor the shape of the path, nor the headers.
 */
import { z } from 'zod';
import { itemRefusal, readParameters, refusal, templateProblems } from '#lib/connectors/parameters.ts';
import type { ActionItem, FrozenRequest } from '#lib/connectors/port.ts';
import type { Problem } from '#lib/core/errors.ts';
import {
  REQUEST_BYTES_MAX,
  REQUEST_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS_MAX,
  TEMPLATE_CHARS_MAX,
  URL_CHARS_MAX,
} from '#lib/core/limits.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { renderedLength, renderTemplate, templateFields } from '#lib/core/values/template.ts';
import { canonicalBytes, type Json } from '#lib/ledger/canonical.ts';
import type { Effect } from '#lib/shapes/actions.ts';
import { kept, type Room, render, roomOf } from './room.ts';
import { expectedNames, expectedProblems, fillExpected, type Places, places, type Success, success } from './success.ts';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const template = z.string().max(TEMPLATE_CHARS_MAX, `A template has at most ${TEMPLATE_CHARS_MAX} characters.`);
const parts = {
  url: template.min(1, 'A request needs a URL.'),
  headers: z.record(z.string(), template).default({}),
  body: z.json().default(null),
};
type Parts = { url: string; headers: Record<string, string>; body: Json };

/** What undoes a request: its templates may name the item's fields, and `{{target}}`, the target's own id after the request. */
const undo = z.strictObject({ do: z.enum(METHODS).exclude(['GET']), ...parts, success: success.optional() });
const TARGET = 'target';

/**
 * How to ask the target afterwards: a GET whose templates may also name `{{idempotencyKey}}`. It happened when the answer has one of these
 * statuses and holds this text, and these values at these places.
 */
const inspect = z.strictObject({
  url: template.min(1, 'An inspection needs a URL.'),
  happened: z
    .strictObject({
      status: z.array(z.int().min(200).max(599)).min(1, 'Name at least one status.').max(20).default([200]),
      contains: template.min(1, 'Every answer contains an empty text. Leave it out.').optional(),
      json: places.optional(),
    })
    .default({ status: [200] }),
});
const KEY = 'idempotencyKey';

const parameters = z.strictObject({
  ...parts,
  undo: undo.optional(),
  inspect: inspect.optional(),
  success: success.optional(),
  timeoutMs: z.int().min(100).max(REQUEST_TIMEOUT_MS_MAX).default(REQUEST_TIMEOUT_MS),
  effect: z.enum(['none', 'undoable', 'permanent']).optional(),
});

const frozen = z.object({
  method: z.enum(METHODS),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().nullable(),
  timeoutMs: z.int(),
  effect: z.enum(['none', 'undoable', 'permanent']),
  /** with the values of the fields that it names: what is needed to undo it is fixed when it is approved */
  undo: undo.extend({ fields: z.record(z.string(), z.string()) }).optional(),
  inspect: inspect.extend({ fields: z.record(z.string(), z.string()) }).optional(),
  /** filled in */
  success: z
    .object({
      status: z.array(z.int()).nullable(),
      contains: z.string().nullable(),
      json: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).nullable(),
      otherwise: z.enum(['uncertain', 'failed']),
    })
    .optional(),
});

/** A frozen request, read back: `body` is the text to send as it is. */
export type HttpRequest = z.infer<typeof frozen>;

/** The scheme and host, written out: no template, no user name, nothing that URL parsing would skip over. */
const ORIGIN = /^https?:\/\/[^\s/?#\\@{}]+(?=[/?]|$)/i;
const TAG = /\{\{.*?\}\}\}?/gs;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const DOT_SEGMENT = /^(\.|%2e){1,2}$/i;

/** Headers that belong to the connection, to the protocol of receipts, or to a connection's secret. */
const REFUSED_HEADERS = new Map<string, string>([
  ...[
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'expect',
    'host',
    'content-length',
  ].map((name): [string, string] => [name, 'is set by the connection itself']),
  ['accept-encoding', 'is always identity, so that an answer is as long as it is'],
  ['idempotency-key', 'is set by Countersign, one for each action'],
  ...['authorization', 'proxy-authorization', 'cookie'].map((name): [string, string] => [
    name,
    'would put a secret into the plan and every receipt',
  ]),
]);

/** Throws `invalid` with every wrong place inside the action. */
export function checkRequest(
  action: Action,
  fields: readonly string[] | null,
  hostRefused: (hostname: string) => string | null,
): void {
  const given = readParameters(action, parameters);
  const problems = partsProblems(action.do, given, fields, hostRefused, 'with');
  if (given.success) problems.push(...expectedProblems(given.success, fields, 'with.success'));
  if (given.undo) {
    const names = fields && [...fields, TARGET];
    problems.push(...partsProblems(given.undo.do, given.undo, names, hostRefused, 'with.undo'));
    if (given.undo.success) problems.push(...expectedProblems(given.undo.success, names, 'with.undo.success'));
    if (action.do === 'GET') problems.push({ path: 'with.undo', message: 'A GET changes nothing, so there is nothing to undo.' });
    if (given.effect === 'permanent')
      problems.push({
        path: 'with.effect',
        message: 'The action says that it is permanent and also how it is undone. Remove one of the two.',
      });
  }
  if (given.inspect) problems.push(...inspectProblems(action, given.inspect, fields, hostRefused));
  if (problems.length > 0) throw refusal(problems);
}

function inspectProblems(
  action: Action,
  given: InspectTemplate,
  fields: readonly string[] | null,
  hostRefused: (hostname: string) => string | null,
): Problem[] {
  const names = fields && [...fields, KEY];
  const { url, happened } = given;
  const problems = partsProblems('GET', { url, headers: {}, body: null }, names, hostRefused, 'with.inspect');
  problems.push(...expectedProblems(expectedOf(happened), names, 'with.inspect.happened'));
  if (action.do === 'GET')
    problems.push({ path: 'with.inspect', message: 'A GET changes nothing, so there is nothing to look up.' });
  if (problems.length === 0 && inspectNames(given).length === 0) {
    const message = `This URL is the same for every item. Put a field in it, or {{${KEY}}}.`;
    problems.push({ path: 'with.inspect.url', message });
  }
  return problems;
}

function partsProblems(
  method: string,
  { url, headers, body }: Parts,
  fields: readonly string[] | null,
  hostRefused: (hostname: string) => string | null,
  at: string,
): Problem[] {
  const problems = [...urlProblems(url, hostRefused, `${at}.url`), ...templateProblems(url, fields, `${at}.url`)];
  for (const [name, value] of Object.entries(headers)) {
    const path = `${at}.headers.${name}`;
    if (!TOKEN.test(name)) problems.push({ path, message: `“${name}” is not a header name.` });
    const refused = REFUSED_HEADERS.get(name.toLowerCase());
    if (refused) problems.push({ path, message: `The header “${name}” can't be given: it ${refused}.` });
    if (Object.keys(headers).some((other) => other !== name && other.toLowerCase() === name.toLowerCase())) {
      problems.push({ path, message: `The header “${name}” is given twice.` });
    }
    problems.push(...templateProblems(value, fields, path));
  }
  if (method === 'GET' && body !== null) problems.push({ path: `${at}.body`, message: 'A GET has no body.' });
  eachString(body, `${at}.body`, (text, path) => problems.push(...templateProblems(text, fields, path)));
  return problems;
}

/** What the action says of itself, else: a GET has none, what has an undo request is undoable, and everything else is permanent. */
export function requestEffect(action: Action): Effect {
  const given = readParameters(action, parameters);
  return given.effect ?? (action.do === 'GET' ? 'none' : given.undo ? 'undoable' : 'permanent');
}

/** The host as the plan writes it. */
export function requestHost(action: Action): string {
  const origin = ORIGIN.exec(readParameters(action, parameters).url)?.[0];
  return origin && URL.canParse(origin) ? new URL(origin).host : 'the target';
}

/** What the plan says of a success; null where it leaves that to the status. */
export function requestSuccess(action: Action): Success | null {
  return readParameters(action, parameters).success ?? null;
}

/** The canonical bytes of `{method, url, headers, body, timeoutMs, effect, undo?, inspect?, success?}`. Throws `invalid` naming the item. `inUrl`: the values in the URL, where they are others. */
export function freezeRequest(action: Action, item: ActionItem, inUrl: ActionItem['fields'] = item.fields): FrozenRequest {
  const given = readParameters(action, parameters);
  const room = roomOf(item.ordinal);
  const request: HttpRequest = {
    ...fillIn(action.do, given, item, inUrl, room),
    timeoutMs: given.timeoutMs,
    effect: requestEffect(action),
    ...(given.undo ? { undo: freezeUndo(given.undo, item, room) } : {}),
    ...(given.inspect ? { inspect: freezeInspect(given.inspect, item, room) } : {}),
    ...(given.success
      ? { success: { ...given.success, ...fillExpected(given.success, item, { whose: 'its success', room }) } }
      : {}),
  };
  return bytesOf(request, item);
}

/** Whether the undo request names the target's own id. */
export function namesTarget({ undo: template }: HttpRequest): boolean {
  return template !== undefined && namedIn(template).includes(TARGET);
}

/**
 * The request that undoes one that happened, by the template that was frozen with it, and its action for the plan. Null when it has none.
 * @param target the target's own id; what `{{target}}` stands for
 */
export function inverseRequest(
  action: Action,
  request: HttpRequest,
  { ordinal, target }: { ordinal: number; target: string },
): { action: Action; request: FrozenRequest } | null {
  if (!request.undo) return null;
  const { fields, do: method, ...template } = request.undo;
  const inverse: Action = {
    ...action,
    do: method,
    with: { ...template, timeoutMs: request.timeoutMs, effect: 'undoable' },
  };
  const values = { ...fields, [TARGET]: target };
  return {
    action: inverse,
    request: freezeRequest(inverse, { ordinal, fields: values }, { ...values, [TARGET]: lastPart(target) }),
  };
}

/** A target that names what it made by an address (the Location header) means, inside another address, its last part: the id. */
function lastPart(target: string): string {
  const path = target.startsWith('/')
    ? target
    : /^https?:/i.test(target) && URL.canParse(target)
      ? new URL(target).pathname
      : null;
  if (path === null) return target;
  const part =
    path
      .split(/[?#]/, 1)[0]
      ?.split('/')
      .findLast((one) => one !== '') ?? '';
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

type UndoTemplate = z.infer<typeof undo>;

type InspectTemplate = z.infer<typeof inspect>;
/** What to ask the target, filled in. */
export type HttpInspection = { url: string; status: number[]; contains: string | null; json: Places | null };

/** How this request is looked up at the target, under the key that it was sent with; null when it does not say. */
export function inspectionOf({ inspect: asks }: HttpRequest, idempotencyKey: string): HttpInspection | null {
  return asks ? fillInspection(asks, { ordinal: 0, fields: { ...asks.fields, [KEY]: idempotencyKey } }) : null;
}

/** Filled in once for the sake of its errors, as an undo is. */
function freezeInspect(template: InspectTemplate, item: ActionItem, room: Room): NonNullable<HttpRequest['inspect']> {
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

function inspectNames({ url, happened }: InspectTemplate): string[] {
  return [...templateFields(url), ...expectedNames(expectedOf(happened))];
}

const expectedOf = ({ contains, json }: InspectTemplate['happened']) => ({ contains: contains ?? null, json: json ?? null });

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

function namedIn({ url, headers, body, success: expected }: Parts & { success?: Success | undefined }): string[] {
  const texts = [url, ...Object.values(headers)];
  eachString(body, '', (text) => texts.push(text));
  return [...new Set([...texts.flatMap((text) => templateFields(text)), ...(expected ? expectedNames(expected) : [])])];
}

function fillIn(
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

/** Reads frozen bytes back. Throws when they are not a request of this version. */
export function readRequest(bytes: FrozenRequest): HttpRequest {
  return frozen.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

/** Scheme, host and port of frozen bytes; null when they are no request. Read on its own, for it is asked of every row that is frozen. */
export function requestOrigin(bytes: FrozenRequest): string | null {
  try {
    const { url } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { url: string };
    return new URL(url).origin;
  } catch {
    return null;
  }
}

function bytesOf(request: HttpRequest, item: ActionItem): FrozenRequest {
  let bytes: Buffer;
  try {
    bytes = canonicalBytes(request);
  } catch (cause) {
    throw itemRefusal(item.ordinal, 'its request holds text that is not valid Unicode.', cause);
  }
  if (bytes.length <= REQUEST_BYTES_MAX) return bytes;
  throw itemRefusal(item.ordinal, `its request has ${bytes.length} bytes; at most ${REQUEST_BYTES_MAX} can be sent.`);
}

function urlProblems(url: string, hostRefused: (hostname: string) => string | null, path: string): Problem[] {
  const origin = ORIGIN.exec(url)?.[0];
  if (!origin || !URL.canParse(origin)) {
    const message = 'A URL begins with http:// or https:// and a literal host, without a template, a user name or a space.';
    return [{ path, message }];
  }
  const refused = hostRefused(new URL(origin).hostname);
  if (refused) return [{ path, message: refused }];
  const fixed = url.slice(origin.length).replace(TAG, 'x');
  if (fixed.includes('#')) return [{ path, message: 'The part after # is never sent. Leave it out.' }];
  if (segments(fixed).some((segment) => DOT_SEGMENT.test(segment)))
    return [{ path, message: 'The path of a URL can’t contain . or .. as a part.' }];
  return [];
}

/**
 * Values are percent-encoded, which leaves two ways to change the path: a value that is `.` or `..`, and an empty one
 * (`DELETE /mails/{{id}}` without an id would be `DELETE /mails/`). Both are refused.
 */
function renderUrl(url: string, item: ActionItem): string {
  const { ordinal, fields } = item;
  const origin = ORIGIN.exec(url)?.[0];
  if (!origin) throw itemRefusal(ordinal, 'the URL has no literal host.');
  const rest = url.slice(origin.length);
  const names = templateFields(rest);
  // Before any value is encoded, which makes it longer.
  if (renderedLength(rest, fields) > URL_CHARS_MAX)
    throw itemRefusal(ordinal, `its URL would have more than ${URL_CHARS_MAX} characters, the limit.`);
  const encoded = Object.fromEntries(
    names.map((name) => [name, encode(Object.hasOwn(fields, name) ? (fields[name] ?? '') : '', name, ordinal)]),
  );
  const rendered = renderTemplate(rest, encoded);
  const shape = segments(renderTemplate(rest, Object.fromEntries(names.map((name) => [name, 'x']))));
  segments(rendered).forEach((segment, index) => {
    if (segment === '' && shape[index] !== '')
      throw itemRefusal(ordinal, `a part of the URL's path is empty (${names.join(', ')}).`);
    if (DOT_SEGMENT.test(segment))
      throw itemRefusal(ordinal, `a part of the URL's path would be “${segment}”, which changes the path.`);
  });
  const { href } = new URL(origin + rendered);
  if (href.length <= URL_CHARS_MAX) return href;
  throw itemRefusal(ordinal, `its URL has ${href.length} characters; at most ${URL_CHARS_MAX} are sent.`);
}

function encode(value: string, name: string, ordinal: number): string {
  if (!value.isWellFormed()) throw itemRefusal(ordinal, `“${name}” holds text that is not valid Unicode.`);
  return encodeURIComponent(value);
}

/** URL parsing takes a backslash for a slash. */
const segments = (rest: string) => (rest.split('?', 1)[0] ?? '').split(/[/\\]/);

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
  );
}

function renderJson(value: Json, fields: Record<string, string>, room: Room): Json {
  if (typeof value === 'string') return render(value, fields, room);
  if (Array.isArray(value)) return value.map((one) => renderJson(one, fields, room));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renderJson(one, fields, room)]));
}

function eachString(value: Json, path: string, see: (text: string, path: string) => void): void {
  if (typeof value === 'string') see(value, path);
  else if (value !== null && typeof value === 'object') {
    for (const [key, one] of Object.entries(value)) eachString(one, `${path}.${key}`, see);
  }
}
