/** What is wrong with an http action of a plan. */
import { readParameters, refusal, templateProblems } from '#lib/connectors/parameters.ts';
import type { Problem } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { eachString, expectedOf, type InspectTemplate, inspectNames, KEY, type Parts, parameters, TARGET } from './parts.ts';
import { expectedProblems } from './success.ts';
import { type HostRefused, isSecretName, urlProblems } from './url.ts';
import { type Given, givenParts, outside } from './via.ts';

/** Throws `invalid` with every wrong place inside the action. */
export function checkRequest(action: Action, fields: readonly string[] | null, hostRefused: HostRefused): void {
  const left = outsideProblems(action);
  // What does not lie under its connection's address is looked at no further.
  if (left.length > 0) throw refusal(left);
  const given = givenParts(action);
  const problems = [...partsProblems(action.do, given, fields, hostRefused, 'with'), ...takenHeaders(action, given)];
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

/** Headers that the connection puts in: what the plan says there would never be sent. */
function takenHeaders({ connection, through }: Action, { headers, undo }: Given): Problem[] {
  const { auth } = through ?? {};
  const taken = auth?.kind === 'header' ? [auth.header.toLowerCase()] : auth?.kind === 'signed' ? SIGNATURE_HEADERS : [];
  const given = [
    ...Object.keys(headers).map((name) => ['with', name]),
    ...Object.keys(undo?.headers ?? {}).map((name) => ['with.undo', name]),
  ];
  return given.flatMap(([at, name = '']) =>
    taken.includes(name.toLowerCase())
      ? [
          {
            path: `${at}.headers.${name}`,
            message: `The header “${name}” is set by the connection “${connection}”. Leave it out.`,
          },
        ]
      : [],
  );
}

const SIGNATURE_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

/** The places that an action names beside the address of its connection. */
function outsideProblems(action: Action): Problem[] {
  const { through } = action;
  if (!through) return [];
  const given = readParameters(action, parameters);
  const urls = { 'with.url': given.url, 'with.undo.url': given.undo?.url, 'with.inspect.url': given.inspect?.url };
  return Object.entries(urls).flatMap(([path, url]) => {
    const message = url === undefined ? null : outside(through, url);
    return message === null ? [] : [{ path, message }];
  });
}

function inspectProblems(
  action: Action,
  given: InspectTemplate,
  fields: readonly string[] | null,
  hostRefused: HostRefused,
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
  hostRefused: HostRefused,
  at: string,
): Problem[] {
  const problems = [...urlProblems(url, hostRefused, `${at}.url`), ...templateProblems(url, fields, `${at}.url`)];
  for (const [name, value] of Object.entries(headers)) {
    const path = `${at}.headers.${name}`;
    if (!TOKEN.test(name)) problems.push({ path, message: `“${name}” is not a header name.` });
    const refused = REFUSED_HEADERS.get(name.toLowerCase());
    if (refused) problems.push({ path, message: `The header “${name}” can't be given: it ${refused}.` });
    else if (SECRET_HEADERS.has(name.toLowerCase()) || isSecretName(name)) {
      const message = `The header “${name}” can't be given: it would put a secret into the plan and every receipt. Use a connection.`;
      problems.push({ path, message });
    }
    if (Object.keys(headers).some((other) => other !== name && other.toLowerCase() === name.toLowerCase())) {
      problems.push({ path, message: `The header “${name}” is given twice.` });
    }
    problems.push(...templateProblems(value, fields, path));
  }
  if (method === 'GET' && body !== null) problems.push({ path: `${at}.body`, message: 'A GET has no body.' });
  eachString(body, `${at}.body`, (text, path) => problems.push(...templateProblems(text, fields, path)));
  return problems;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers that belong to the connection, or to the protocol of receipts. */
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
]);

/** Whether no header of this name can be given, by whomever. */
export function hasReservedName(name: string): boolean {
  return REFUSED_HEADERS.has(name.toLowerCase());
}

/** Beside what `isSecretName` knows by its form. */
const SECRET_HEADERS = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookie2',
  'webhook-signature',
  'x-amz-security-token',
]);
