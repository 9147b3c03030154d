/** Connections to http targets: what is wrong with one, and the button that tries it. */
import type { Dispatcher } from 'undici';
import { refusal } from '#lib/connectors/parameters.ts';
import type { ConnectionToCheck, TestAsked, Tested } from '#lib/connectors/port.ts';
import { type ConnectionAuth, secretProblems } from '#lib/core/connections/auth.ts';
import { secretName } from '#lib/core/connections/through.ts';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { INSPECTION_TIMEOUT_MS } from '#lib/core/limits.ts';
import { templateFields } from '#lib/core/values/template.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { ANSWERS_SINCE } from './answers.ts';
import { hasReservedName } from './check.ts';
import type { Credentials, NoCredentials } from './credentials.ts';
import { failureWords } from './failures.ts';
import type { HttpRequest } from './frozen.ts';
import { inspectNames, inspect as inspectTemplate, KEY } from './parts.ts';
import { sendOnce } from './send.ts';
import { success as successTemplate } from './success.ts';
import { type HostRefused, urlProblems } from './url.ts';
import { joined, outside } from './via.ts';

/**
 * The address ends with a slash, so that what comes after it lies under it.
 * @param inClear whether what is sent to this place can be read on the way
 */
export function checkConnection(
  given: ConnectionToCheck,
  hostRefused: HostRefused,
  inClear: (place: URL) => boolean,
): ConnectionToCheck {
  const { auth, declared, secrets } = given;
  const problems = [
    ...addressProblems(given.address, hostRefused, 'address'),
    ...secretsWrong(given),
    ...declaredProblems(declared),
  ];
  problems.push(...tokenProblems(auth, hostRefused, inClear));
  if (auth.kind !== 'none' && auth.kind !== 'signed') problems.push(...clearProblems(given.address, 'address', inClear));
  if (auth.kind === 'oauth2' && auth.username !== undefined)
    problems.push({ path: 'auth.username', message: 'Only a mailbox has a user beside its client. Leave this out.' });
  if (auth.kind === 'header' && hasReservedName(auth.header))
    problems.push({
      path: 'auth.header',
      message: `The header “${auth.header}” is set by Countersign or by the connection itself. Name another.`,
    });
  if (problems.length > 0) throw refusal(problems);
  const { href } = new URL(given.address);
  return { auth, declared, secrets, address: href.endsWith('/') ? href : `${href}/` };
}

/** What is wrong with the address that gives access tokens; nothing where none are asked for. */
export function tokenProblems(auth: ConnectionAuth, hostRefused: HostRefused, inClear: (place: URL) => boolean): Problem[] {
  if (auth.kind !== 'oauth2') return [];
  const path = 'auth.tokenUrl';
  return [...addressProblems(auth.tokenUrl, hostRefused, path), ...clearProblems(auth.tokenUrl, path, inClear)];
}

function clearProblems(url: string, path: string, inClear: (place: URL) => boolean): Problem[] {
  if (!URL.canParse(url) || !inClear(new URL(url))) return [];
  return [{ path, message: 'The secret would go over the network in clear. Write an address with https.' }];
}

function addressProblems(address: string, hostRefused: HostRefused, path: string): Problem[] {
  const problems = urlProblems(address, hostRefused, path);
  if (problems.length > 0) return problems;
  if (/[{}]/.test(address)) return [{ path, message: 'An address has no templates.' }];
  if (path === 'address' && /[?#]/.test(address))
    return [{ path, message: 'An address ends before its query: what comes after ? belongs to each action.' }];
  return [];
}

function secretsWrong({ auth, secrets }: ConnectionToCheck): Problem[] {
  if (secrets === null) return [];
  const problems = secretProblems(auth, secrets);
  if (auth.kind === 'signed' && !/^(whsec_)?[A-Za-z0-9+/]{16,}={0,2}$/.test(secrets.signingSecret ?? ''))
    problems.push({ path: 'secrets.signingSecret', message: 'A signing secret is base64, often behind whsec_.' });
  return problems;
}

function declaredProblems({ inspect, success }: ConnectionToCheck['declared']): Problem[] {
  const problems: Problem[] = [];
  const look = inspect && inspectTemplate.safeParse(inspect);
  const done = success && successTemplate.safeParse(success);
  for (const [at, read] of [['inspect', look] as const, ['success', done] as const])
    for (const { path, message } of read?.error?.issues ?? []) problems.push({ path: [at, ...path].join('.'), message });
  if (look?.success) {
    const { url } = look.data;
    const names = namesOf(() => inspectNames(look.data));
    if (names === null || names.some((name) => name !== KEY) || !names.includes(KEY))
      problems.push({
        path: 'inspect',
        message: `The inspection of a connection names {{${KEY}}}, and no field: files have other ones.`,
      });
    const message = outside({ address: '\0' }, url);
    if (message) problems.push({ path: 'inspect.url', message });
  }
  if (done?.success) {
    const texts = [done.data.contains ?? '', ...Object.values(done.data.json ?? {}).filter((one) => typeof one === 'string')];
    if (namesOf(() => texts.flatMap((text) => templateFields(text)))?.length !== 0)
      problems.push({ path: 'success', message: 'What counts as done names no field: files have other ones.' });
  }
  return problems;
}

function namesOf(read: () => string[]): string[] | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof CountersignError) return null;
    throw error;
  }
}

/** Asks once, with the credential; a 2xx is the only answer that says that all is well. */
export async function testConnection(
  agent: Dispatcher,
  live: LiveConnection,
  { method, path, key }: TestAsked,
  credentialsOf: (request: HttpRequest) => Promise<Credentials | NoCredentials>,
  signal: AbortSignal,
): Promise<Tested> {
  const url = joined(live, path);
  const wrong = outside(live, path) ?? urlProblems(url, () => null, 'path')[0]?.message ?? null;
  if (wrong !== null || !URL.canParse(url) || !new URL(url).href.startsWith(live.address))
    throw refusal([{ path: 'path', message: wrong ?? 'This is no place under the connection’s address.' }]);
  const { id, name: connection, revision, address, auth } = live;
  const request: HttpRequest = {
    ...{ method: 'GET', url: new URL(url).href, headers: {}, body: null, timeoutMs: INSPECTION_TIMEOUT_MS, effect: 'none' },
    via: { connection, id, revision, address, auth, secret: secretName(id) },
  };
  const credentials = await credentialsOf(request);
  if ('reason' in credentials)
    return { ok: false, reason: failureWords(credentials.reason) ?? 'The connection could not be used.' };
  const { meaning, reason } = await sendOnce(
    agent,
    { ...request, method: method as 'GET' },
    key,
    ANSWERS_SINCE,
    credentials,
    signal,
  );
  if (meaning === 'acted') return { ok: true, reason: `The target answered (${method} ${new URL(url).pathname}).` };
  return { ok: false, reason: failureWords(reason) ?? 'The target did not answer as it should.' };
}
