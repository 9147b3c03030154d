import { boundedBytes } from '#lib/core/bounded.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { SIGN_IN_BODY_BYTES_MAX } from '#lib/core/limits.ts';
import { AUTH_PATH, auth } from './auth.ts';
import { inHashingTurn } from './hashing.ts';
import { assertSameOrigin, isHttps } from './origin.ts';
import { giveBackTry, takeTry } from './tries.ts';

/** The part of better-auth's HTTP interface that is open; what else it could answer, nobody here uses. */
const OPEN = new Set(['POST /sign-in/email', 'POST /sign-out', 'GET /get-session']);

/**
 * Answers a request to /api/auth as better-auth does, after our own checks: the Origin of a write, and the count of failed sign-ins.
 *
 * @throws CountersignError `not_found`, `forbidden`, `too_large`, `locked`, `unavailable` when too many sign in at once
 */
export async function answerAuth(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname.slice(AUTH_PATH.length);
  if (!OPEN.has(`${request.method} ${path}`))
    throw new CountersignError('not_found', `There is no ${request.method} ${AUTH_PATH}${path} here.`);
  if (request.method !== 'GET') assertSameOrigin(request.headers);
  // Whoever asks is a stranger still: what they send is not read to its end.
  const body = request.method === 'GET' ? null : await bodyOf(request);
  const email = path === '/sign-in/email' ? emailOf(body) : null;
  const { url, method, headers } = request;
  const ask = () => auth().handler(new Request(url, { method, headers, ...(body?.length ? { body } : {}) }));
  const answer = await (email === null ? ask() : inHashingTurn(() => counted(email, headers, ask)));
  return withHeaders(answer, isHttps(request.headers));
}

async function counted(email: string, headers: Headers, ask: () => Promise<Response>): Promise<Response> {
  await takeTry(email, headers);
  const answer = await ask();
  if (answer.ok) await giveBackTry(email, headers);
  return answer;
}

async function bodyOf(request: Request): Promise<Buffer<ArrayBuffer>> {
  const announced = Number(request.headers.get('content-length'));
  const fits = request.body === null || !(announced > SIGN_IN_BODY_BYTES_MAX);
  const body = fits ? await boundedBytes(request.body ?? new Blob([]).stream(), SIGN_IN_BODY_BYTES_MAX) : null;
  if (body !== null) return body;
  throw new CountersignError('too_large', `This takes ${SIGN_IN_BODY_BYTES_MAX / 1024} KiB at most. Nothing was done.`);
}

/** A body without an address is better-auth's to refuse, but it counts as a try too. */
function emailOf(body: Buffer | null): string {
  try {
    const value: unknown = JSON.parse(body?.toString('utf8') ?? '');
    const email = typeof value === 'object' && value !== null && 'email' in value ? value.email : null;
    return typeof email === 'string' ? email : '';
  } catch {
    return '';
  }
}

function withHeaders(answer: Response, https: boolean): Response {
  const headers = new Headers(answer.headers);
  headers.set('Cache-Control', 'private, no-store');
  headers.delete('Set-Cookie');
  for (const cookie of answer.headers.getSetCookie()) headers.append('Set-Cookie', https ? `${cookie}; Secure` : cookie);
  return new Response(answer.body, { status: answer.status, headers });
}
