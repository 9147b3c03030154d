/** Looking one action up at its target: a GET that changes nothing, so it may be asked at any time and as often as one likes. */
import type { Dispatcher } from 'undici';
import type { Inspection } from '#lib/connectors/port.ts';
import { INSPECTION_TIMEOUT_MS, RESPONSE_BYTES_MAX } from '#lib/core/limits.ts';
import { unsentReason } from './answers.ts';
import type { HttpInspection } from './inspection.ts';
import { targetOf } from './send.ts';
import { holds } from './success.ts';

/** Asks once, over the same guarded connections as sending. Never throws: a fault is `unknown`. */
export async function inspectOnce(agent: Dispatcher, asked: HttpInspection, signal: AbortSignal): Promise<Inspection> {
  const deadline = AbortSignal.timeout(INSPECTION_TIMEOUT_MS);
  const url = new URL(asked.url);
  try {
    const { statusCode, headers, body } = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      headers: { 'user-agent': 'countersign', accept: '*/*', 'accept-encoding': 'identity' },
      signal: AbortSignal.any([signal, deadline]),
    });
    const bytes = await read(body);
    return findingOf(asked, statusCode, bytes, bytes && targetOf(headers, bytes));
  } catch (error) {
    return { finding: 'unknown', reason: signal.aborted ? 'aborted' : deadline.aborted ? 'timeout' : unsentReason(error) };
  }
}

/** Null when it is longer than what is read. */
async function read(body: AsyncIterable<Buffer>): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > RESPONSE_BYTES_MAX) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
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
