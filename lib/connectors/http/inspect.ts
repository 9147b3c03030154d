/** Looking one action up at its target: a GET that changes nothing, so it may be asked at any time and as often as one likes. */
import type { Dispatcher } from 'undici';
import type { Inspection } from '#lib/connectors/port.ts';
import { INSPECTION_TIMEOUT_MS, RESPONSE_BYTES_MAX } from '#lib/core/limits.ts';
import { heardText } from '#lib/core/receipts/heard.ts';
import { unsentReason } from './answers.ts';
import type { Credentials } from './credentials.ts';
import type { HttpInspection } from './inspection.ts';
import type { Headers } from './judge.ts';
import { redactText } from './redact.ts';
import { keptHeaders, pathWith, targetOf } from './send.ts';
import { holds } from './success.ts';

type Heard = { status: number; headers: Headers; beginning: Buffer; body: Buffer | null };

/** Asks once, over the same guarded connections as sending. Never throws: a fault is `unknown`. */
export async function inspectOnce(
  agent: Dispatcher,
  asked: HttpInspection,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Inspection> {
  const answer = await get(agent, asked.url, credentials, signal);
  if ('reason' in answer) return { finding: 'unknown', reason: answer.reason };
  const { status, headers, body } = answer;
  const target = body && targetOf(headers, body);
  return findingOf(asked, status, body, redactText(credentials.redact, target) === target ? target : null);
}

/** The same question, for a person who wants to see what is there. */
export async function lookOnce(
  agent: Dispatcher,
  url: string,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<{ heard: string; whole: string | null } | { reason: string }> {
  const answer = await get(agent, url, credentials, signal);
  if ('reason' in answer) return answer;
  const { status, headers, beginning, body } = answer;
  return {
    heard: heardText(status, keptHeaders(headers, credentials), credentials.redact(beginning), body !== null),
    whole: body && new TextDecoder().decode(credentials.redact(body)),
  };
}

/** What is at an address; never throws. */
async function get(
  agent: Dispatcher,
  address: string,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Heard | { reason: string }> {
  const deadline = AbortSignal.timeout(INSPECTION_TIMEOUT_MS);
  const url = new URL(address);
  try {
    const { statusCode, headers, body } = await agent.request({
      origin: url.origin,
      path: pathWith(url, credentials),
      method: 'GET',
      headers: { 'user-agent': 'countersign', accept: '*/*', 'accept-encoding': 'identity', ...credentials.headers },
      signal: AbortSignal.any([signal, deadline]),
    });
    if (statusCode === 401) credentials.refused();
    else credentials.accepted();
    return { status: statusCode, headers, ...(await read(body)) };
  } catch (error) {
    return { reason: signal.aborted ? 'aborted' : deadline.aborted ? 'timeout' : unsentReason(error) };
  }
}

/** `body` is null when it is longer than what is read. */
export async function read(body: AsyncIterable<Buffer>): Promise<{ beginning: Buffer; body: Buffer | null }> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    parts.push(part);
    if (size > RESPONSE_BYTES_MAX) return { beginning: Buffer.concat(parts), body: null };
  }
  const whole = Buffer.concat(parts);
  return { beginning: whole, body: whole };
}

/**
 * What the plan declares as "it happened" is; another clear answer (a success, or that there is no such thing) says that it is not there; all
 * else (a refused sign-in, too many requests, a broken target) says nothing.
 * @internal for its tests
 */
export function findingOf(asked: HttpInspection, status: number, body: Buffer | null, target: string | null): Inspection {
  if (asked.status.includes(status)) {
    if (asked.contains === null && asked.json === null) return { finding: 'happened', target };
    if (body === null) return { finding: 'unknown', reason: 'too_long' };
    const so = holds(asked, body);
    if (so === 'not_json') return { finding: 'unknown', reason: 'not_json' };
    return so ? { finding: 'happened', target } : { finding: 'not_there' };
  }
  const clear = (status >= 200 && status < 300) || status === 404 || status === 410;
  return clear ? { finding: 'not_there' } : { finding: 'unknown', reason: `http_${status}` };
}
