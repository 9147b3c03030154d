/** What the web server sees to itself, before Next and behind it: who is at the other end, which bodies are taken, and when a connection has waited enough. */
import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { assertShallow } from '#lib/api/body.ts';
import { problemResponse } from '#lib/api/problem.ts';
import { forwardedFor } from '#lib/auth/peer.ts';
import { boundedBytes } from '#lib/core/bounded.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { ACTION_BODY_BYTES_MAX, BODY_REST_MS } from '#lib/core/limits.ts';
import { returnPart } from '#lib/engine/downloads.ts';
import { incoming, type Pace } from '#lib/incoming.ts';
import { secure } from './headers.ts';

/** Answers a request; Next does. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A sender that sends nothing, or a reader that reads nothing, for this long is gone. Live pages hear a heartbeat every 10 s. */
const IDLE_MS = 5 * 60 * 1000;

/** @param patience for tests, which have less of it */
export type Patience = { pace?: Pace; restMs?: number };

/** The http server of the product, not listening yet. */
export function createEdge(answer: Answer, patience: Patience = {}): Server {
  const take = (request: IncomingMessage, response: ServerResponse) => {
    const given = request.headers['x-forwarded-for'];
    request.headers['x-forwarded-for'] = forwardedFor(request.socket.remoteAddress, Array.isArray(given) ? given.join() : given);
    readPast(request, response, patience.restMs ?? BODY_REST_MS);
    breakOffAtOnce(response);
    returnWhatWent(response);
    secure(request, response);
    if (!isLegible(request)) void refuse(response, unreadable(), request);
    else if (isAction(request)) void answerAction(answer, request, response, patience.pace);
    else void answer(request, response);
  };
  const server = createServer(take);
  server.on('checkContinue', (request, response) => {
    continueWhenRead(request, response);
    take(request, response);
  });
  // Node ends a request after 5 minutes; a large upload over a slow line takes longer. Headers keep their own limit, and bodies their pace (lib/incoming.ts).
  server.requestTimeout = 0;
  server.timeout = IDLE_MS;
  return server;
}

/**
 * A client that asks first (`Expect: 100-continue`) is told to go on when somebody begins to read the body, so that one who is refused by what is known
 * before need not send it. It then has to send its next request over another connection: it may have begun to send this body all the same.
 */
function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  delete request.headers.expect;
  const { shouldKeepAlive } = response;
  response.shouldKeepAlive = false;
  const read = request._read.bind(request);
  let told = false;
  request._read = (size) => {
    if (!told && !response.headersSent) {
      told = true;
      response.shouldKeepAlive = shouldKeepAlive;
      response.writeContinue();
    }
    read(size);
  };
}

/** What of a body nobody read before the answer is read past, for a while: whoever sends it then hears the answer, and the connection can be used again. */
function readPast(request: IncomingMessage, response: ServerResponse, restMs: number): void {
  response.once('finish', () => {
    if (request.complete) return;
    // A reader that stopped half way would keep what comes from flowing.
    request.removeAllListeners('readable');
    request.on('data', () => {}).resume();
    const { socket } = request;
    const patience = setTimeout(() => socket.destroy(), restMs);
    request.once('close', () => clearTimeout(patience));
    request.once('end', () => clearTimeout(patience));
  });
}

/** An answer that is broken off (a session has ended) goes no further: what lies in the system's buffers would be read for minutes by a slow reader. */
function breakOffAtOnce(response: ServerResponse): void {
  const destroy = response.destroy.bind(response);
  response.destroy = (error) => {
    if (response.headersSent && !response.writableEnded) response.socket?.resetAndDestroy();
    return destroy(error);
  };
}

/** The memory of a download's part goes back to its thread when the kernel has taken all of it. Next writes the very part, unless it compresses. */
function returnWhatWent(response: ServerResponse): void {
  type Written = (error: Error | null | undefined) => void;
  const write = response.write.bind(response) as (chunk: unknown, encoding: unknown, written: Written) => boolean;
  response.write = (chunk: unknown, encoding?: unknown, given?: unknown): boolean => {
    const told = (typeof encoding === 'function' ? encoding : given) as Written | undefined;
    return write(chunk, typeof encoding === 'function' ? undefined : encoding, (error) => {
      if (!error && chunk instanceof Uint8Array) returnPart(chunk);
      told?.(error);
    });
  };
}

/** Next answers a path that is no UTF-8 as if it had failed itself. */
function isLegible({ url = '' }: IncomingMessage): boolean {
  try {
    decodeURIComponent(url.split('?', 1)[0] as string);
    return true;
  } catch {
    return false;
  }
}

const unreadable = () =>
  new CountersignError('invalid', 'The path of the address is no text: what stands behind a “%” in it is not UTF-8.');

/** A server action, or what Next may take for one. */
function isAction({ method, headers, url = '' }: IncomingMessage): boolean {
  if (method !== 'POST') return false;
  if (headers['next-action'] !== undefined) return true;
  const path = URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost').pathname : '';
  return (
    !path.startsWith('/api/') &&
    /^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(headers['content-type'] ?? '')
  );
}

/** Next reads an action's body by walking through it, and answers one that is too long by breaking off: it is read and judged here first. */
async function answerAction(answer: Answer, request: IncomingMessage, response: ServerResponse, pace?: Pace): Promise<void> {
  let body: Buffer;
  try {
    body = await readActionBody(request, pace);
  } catch (error) {
    // Nobody is left to be told.
    if (request.errored || response.destroyed) return;
    return refuse(response, error, request);
  }
  answer(withBody(request, body), response);
}

/** @throws CountersignError `unsupported`, `too_large`, `too_slow`, `invalid` */
async function readActionBody(request: IncomingMessage, pace: Pace | undefined): Promise<Buffer> {
  const type = request.headers['content-type'] ?? '';
  // How our pages send them; no form here is sent without its script.
  if (!/^text\/plain\b/i.test(type))
    throw new CountersignError(
      'unsupported',
      `A page takes no ${type.slice(0, 100) || 'body without a type'}. Reload it and try again.`,
    );
  const announced = Number(request.headers['content-length']);
  const bytes = announced > ACTION_BODY_BYTES_MAX ? null : await boundedBytes(incoming(request, pace), ACTION_BODY_BYTES_MAX);
  if (bytes === null)
    throw new CountersignError(
      'too_large',
      `This is more than ${ACTION_BODY_BYTES_MAX / 1024 ** 2} MiB, the limit of what a page can send. Nothing was done.`,
    );
  try {
    // Brackets and quotes are single bytes, whatever stands between them.
    assertShallow(bytes.toString('latin1'));
  } catch (error) {
    throw new CountersignError('invalid', `${(error as Error).message} Nothing was done.`);
  }
  return bytes;
}

/** A program gets the problem as it is; a page's client plain text, which Next's shows as it is. */
async function refuse(response: ServerResponse, error: unknown, { method = '', url = '' }: IncomingMessage): Promise<void> {
  const problem = problemResponse(error, { method, path: url });
  const body = await problem.text();
  const headers = { ...Object.fromEntries(problem.headers), 'cache-control': 'private, no-store' };
  if (url.startsWith('/api/')) {
    response.writeHead(problem.status, headers);
    response.end(body);
  } else {
    response.writeHead(problem.status, { ...headers, 'content-type': 'text/plain' });
    response.end((JSON.parse(body) as { detail: string }).detail);
  }
}

/** The request once more, its body at hand. */
function withBody(request: IncomingMessage, body: Buffer): IncomingMessage {
  const { method, url, headers, rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor } = request;
  const whole = new IncomingMessage(request.socket);
  Object.assign(whole, { method, url, rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor, complete: true });
  whole.headers = headers;
  whole.push(body);
  whole.push(null);
  return whole;
}
