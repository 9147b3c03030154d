/** Sending one http request once: it knows, in every way that this can end, whether anything was written to the socket. */
import { Agent, buildConnector, type Dispatcher } from 'undici';
import {
  ANSWER_BYTES_MAX,
  CONNECT_TIMEOUT_MS,
  RESPONSE_BYTES_MAX,
  SECRET_CHARS_MAX,
  TARGET_ID_CHARS_MAX,
} from '#lib/core/limits.ts';
import { heardText } from '#lib/core/receipts/heard.ts';
import { guardedLookup, hostNotPublic, isAllowed, type Reach, RefusedAddress, type Resolve } from './addresses.ts';
import { ANSWERS_SINCE, errorCode, type Sending, unsentReason } from './answers.ts';
import type { Credentials } from './credentials.ts';
import type { HttpRequest } from './frozen.ts';
import { withoutInterim } from './interim.ts';
import { type Answer, type Headers, isJson, judge, single } from './judge.ts';
import { redactText } from './redact.ts';

/**
 * A pool of kept-alive connections whose sockets go to judged addresses only. It follows no redirects, decompresses nothing, and
 * takes no proxy from the environment.
 */
export function guardedAgent(reach: Reach, resolve?: Resolve): Agent {
  const opening = (anywhere: boolean) =>
    buildConnector({ lookup: guardedLookup(anywhere, resolve), timeout: CONNECT_TIMEOUT_MS, allowH2: false });
  const [judged, anywhere] = [opening(false), opening(true)];
  return new Agent({
    pipelining: 1,
    connections: 256,
    allowH2: false,
    // Shorter than the usual five seconds of servers: a connection that the target closes under a request leaves it uncertain.
    keepAliveTimeout: 2_000,
    keepAliveMaxTimeout: 30_000,
    // Every sending has a deadline of its own over all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      // A socket does not look up a host that is an address already.
      const { protocol, hostname } = options;
      const allowed = isAllowed(reach, {
        protocol,
        hostname: hostname.includes(':') ? `[${hostname.replaceAll(/[[\]]/g, '')}]` : hostname,
        port: options.port,
      });
      const open = allowed ? anywhere : judged;
      const refused = allowed ? null : hostNotPublic(options.hostname);
      if (refused) process.nextTick(callback, new RefusedAddress(`${options.hostname} is ${refused}.`), null);
      else open(options, (error, socket) => (error ? callback(error, null) : callback(null, withoutInterim(socket))));
    },
  });
}

/**
 * Sends the request and gives what came of it; never throws. The deadline, `signal` and the bound on the answer's size end it at once:
 * before anything was written it is certain that nothing happened, after that it is uncertain, and once a status has come, that is
 * the answer, whatever becomes of the rest.
 * @param version of the connector, under which the request was frozen
 * @param credentials put into the request, and taken out of what is kept of the answer
 */
export function sendOnce(
  agent: Dispatcher,
  request: HttpRequest,
  idempotencyKey: string,
  version: number,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Sending> {
  const { promise, resolve } = Promise.withResolvers<Sending>();
  const url = new URL(request.url);
  let over = false;
  let started: Dispatcher.DispatchController | null = null;
  let answer: { status: number; headers: Headers } | null = null;
  let size = 0;
  const chunks: Buffer[] = [];

  const finish = (sending: Sending) => {
    if (over) return;
    over = true;
    clearTimeout(deadline);
    signal.removeEventListener('abort', onAbort);
    resolve(sending);
  };
  const fault = (reason: string): Sending => {
    if (answer) return answered({ ...answer, body: null });
    return { meaning: started ? 'uncertain' : 'unprocessed', reason, target: null, retryAfterMs: null, heard: null };
  };
  const stop = (reason: string) => {
    finish(fault(reason));
    started?.abort(new Error(reason));
  };
  const onAbort = () => stop(started ? 'aborted' : 'not_sent');
  const deadline = setTimeout(() => stop(started ? 'timeout' : 'connect_timeout'), request.timeoutMs);
  signal.addEventListener('abort', onAbort);

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      // The dispatcher may offer a request again when a connection ends; whether the first one arrived is not known.
      if (over || started) controller.abort(new Error('This request was sent already, or was called off.'));
      else started = controller;
    },
    onResponseStart(_controller, status, headers) {
      if (status >= 200) answer = { status, headers };
    },
    onResponseData(_controller, chunk) {
      size += chunk.length;
      chunks.push(chunk);
      if (size > RESPONSE_BYTES_MAX) stop('too_long');
    },
    onResponseEnd() {
      finish(answer ? answered({ ...answer, body: Buffer.concat(chunks) }) : fault('bad_response'));
    },
    onResponseError(_controller, error) {
      if (started) finish(fault(/^(HPE_|UND_ERR_HEADERS_OVERFLOW)/.test(errorCode(error)) ? 'bad_response' : 'reset'));
      else finish(fault(unsentReason(error)));
    },
  };
  if (signal.aborted) onAbort();
  else send();
  return promise;

  function answered(whole: Answer): Sending {
    const judged = judge(version, request, whole);
    const isRefused = whole.status === 401;
    if (!isRefused) credentials.accepted();
    const { meaning, reason } = isRefused ? { ...judged, reason: credentials.refused() } : judged;
    const found = meaning === 'acted' ? targetOf(whole.headers, whole.body) : null;
    // A name with a secret in it is no name that may be kept, and a part of one names something else.
    const target = redactText(credentials.redact, found) === found ? found : null;
    const heard =
      version < ANSWERS_SINCE
        ? null
        : heardText(
            whole.status,
            keptHeaders(whole.headers, credentials),
            credentials.redact(beginning(chunks)),
            whole.body !== null,
          );
    return { meaning, reason, target, retryAfterMs: retryAfter(single(whole.headers['retry-after'])), heard };
  }

  function send() {
    try {
      agent.dispatch(
        {
          origin: url.origin,
          path: pathWith(url, credentials),
          method: request.method,
          headers: { ...sentHeaders(request), 'idempotency-key': idempotencyKey, ...credentials.headers },
          body: request.body,
          idempotent: false,
        },
        handler,
      );
    } catch {
      finish(fault('not_sent'));
    }
  }
}

/** The headers of a request, as they are sent; its key and what the connection sets come beside them. */
export function sentHeaders({ headers }: HttpRequest): Record<string, string> {
  return { 'user-agent': 'countersign', accept: '*/*', ...headers, 'accept-encoding': 'identity' };
}

/** What is asked for at the host. A connection's parameter comes last. */
export function pathWith({ pathname, search }: URL, { query }: Pick<Credentials, 'query'>): string {
  if (query === null) return pathname + search;
  return `${pathname}${search}${search === '' ? '?' : '&'}${new URLSearchParams({ [query.name]: query.value })}`;
}

/** More bytes than are kept of an answer, where it has them: so many that no secret is cut where the keeping ends. */
function beginning(chunks: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (let index = 0, size = 0; index < chunks.length && size <= ANSWER_BYTES_MAX + 4 * SECRET_CHARS_MAX; index += 1) {
    const chunk = chunks[index] as Buffer;
    parts.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(parts);
}

/** Of an answer's headers, those that are kept. */
export const keptHeaders = (headers: Headers, { redact }: Pick<Credentials, 'redact'>) => ({
  'content-type': redactText(redact, single(headers['content-type'])),
  location: redactText(redact, single(headers.location)),
});

/** What the target calls the thing it made: the Location header, or the `id` of a JSON body. */
export function targetOf(headers: Headers, body: Buffer | null): string | null {
  const location = identifier(single(headers.location));
  if (location !== null || body === null || !isJson(single(headers['content-type']) ?? '')) return location;
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'id')) return null;
    const { id } = value as { id: unknown };
    // A larger number has lost digits in the parsing, and a wrong name is worse than none.
    if (typeof id === 'number') return Number.isSafeInteger(id) ? String(id) : null;
    return typeof id === 'string' ? identifier(id) : null;
  } catch {
    return null;
  }
}

/** A name is kept whole or not at all: a cut one names something else. */
function identifier(text: string | null): string | null {
  return text !== null && text.length > 0 && text.length <= TARGET_ID_CHARS_MAX && text.isWellFormed() && !/\p{Cc}/u.test(text)
    ? text
    : null;
}

/** Milliseconds of a Retry-After header, in seconds or as a date (RFC 9110, 10.2.3); null without a readable one. */
function retryAfter(text: string | null): number | null {
  if (text === null) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
