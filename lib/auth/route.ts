import { boundedBytes } from '#lib/core/bounded.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { SIGN_IN_BODY_BYTES_MAX } from '#lib/core/limits.ts';
import { incoming } from '#lib/incoming.ts';
import { AUTH_PATH, auth } from './auth.ts';
import { nameForBrowser } from './cookie-names.ts';
import { inHashingTurn } from './hashing.ts';
import { assertSameOrigin, isHttps } from './origin.ts';
import { credentials } from './sign-in.ts';
import { giveBackTry, takeTry, tellSignIn } from './tries.ts';

/** The part of better-auth's HTTP interface that is open; what else it could answer, nobody here uses. */
const OPEN = new Set(['POST /sign-in/email', 'POST /sign-out', 'GET /get-session']);

/**
 * Answers a request to /api/auth as better-auth does, after our own checks: the Origin of a write, and the count of failed sign-ins. Of what was sent
 * better-auth is given what could be read as an address and a password, and nothing else.
 *
 * @throws CountersignError `not_found`, `forbidden`, `invalid`, `too_large`, `too_slow`, `locked`, `unavailable` when too many sign in at once
 */
export async function answerAuth(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname.slice(AUTH_PATH.length);
  if (!OPEN.has(`${request.method} ${path}`))
    throw new CountersignError('not_found', `There is no ${request.method} ${AUTH_PATH}${path} here.`);
  if (request.method !== 'GET') assertSameOrigin(request.headers);
  // Whoever asks is a stranger still: what they send is not read to its end.
  const body = request.method === 'GET' ? null : await bodyOf(request);
  if (path !== '/sign-in/email') return answered(await auth().handler(requestOf(request, path, null)), request);
  const given = readCredentials(body);
  return answered(await inHashingTurn(() => signIn(request, path, given)), request);
}

async function signIn(request: Request, path: string, given: Credentials | null): Promise<Response> {
  // One that can't be read counts as a try too.
  await takeTry(given?.email ?? '', request.headers);
  if (!given) throw new CountersignError('invalid', 'Send {"email": …, "password": …} as JSON. Nothing was done.');
  const answer = await auth().handler(requestOf(request, path, given));
  if (answer.ok) await giveBackTry(given.email, request.headers);
  else if (answer.status < 500) await tellSignIn('sign_in_failed', given.email, request.headers);
  return answer;
}

async function bodyOf(request: Request): Promise<Buffer<ArrayBuffer>> {
  const announced = Number(request.headers.get('content-length'));
  const fits = request.body === null || !(announced > SIGN_IN_BODY_BYTES_MAX);
  const body = fits ? await boundedBytes(incoming(request.body ?? new Blob([]).stream()), SIGN_IN_BODY_BYTES_MAX) : null;
  if (body !== null) return body;
  throw new CountersignError('too_large', `The body is larger than ${SIGN_IN_BODY_BYTES_MAX / 1024} KiB. Nothing was done.`);
}

type Credentials = { email: string; password: string };

function readCredentials(body: Buffer | null): Credentials | null {
  try {
    return credentials.strip().safeParse(JSON.parse(body?.toString('utf8') ?? '')).data ?? null;
  } catch {
    return null;
  }
}

function requestOf({ method, headers: given }: Request, path: string, asked: Credentials | null): Request {
  const headers = new Headers(given);
  for (const name of ['content-length', 'transfer-encoding', 'content-type']) headers.delete(name);
  if (asked) headers.set('content-type', 'application/json');
  return new Request(`http://localhost${AUTH_PATH}${path}`, {
    method,
    headers,
    ...(asked ? { body: JSON.stringify(asked) } : {}),
  });
}

/** A session's token goes out as a cookie that no script reads, and in no body. */
async function answered(answer: Response, request: Request): Promise<Response> {
  const https = isHttps(request.headers);
  const headers = new Headers(answer.headers);
  headers.set('Cache-Control', 'private, no-store');
  headers.delete('Set-Cookie');
  for (const cookie of answer.headers.getSetCookie())
    headers.append('Set-Cookie', `${nameForBrowser(cookie, https)}${https ? '; Secure' : ''}`);
  headers.delete('Content-Length');
  const text = await answer.text();
  const body = text === '' ? null : JSON.stringify(JSON.parse(text, (key, value) => (key === 'token' ? undefined : value)));
  return new Response(body, { status: answer.status, headers });
}
