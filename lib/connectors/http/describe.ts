/** A frozen request as people are shown it: all that goes out, by the functions that send it. */

import type { Dispatcher } from 'undici';
import type { Described, Look, RequestOf } from '#lib/connectors/port.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import { templateFields } from '#lib/core/values/template.ts';
import type { SentHeader } from '#lib/shapes/requests.ts';
import { failureWords } from './failures.ts';
import { type HttpRequest, readRequest } from './frozen.ts';
import { lookOnce } from './inspect.ts';
import { inspectionOf } from './inspection.ts';
import { KEY } from './parts.ts';
import { sentHeaders } from './send.ts';
import { successWords } from './success.ts';

const BY_CONNECTION = 'set by the connection';

export function describeRequest({ request: bytes, idempotencyKey }: RequestOf): Described {
  const request = readRequest(bytes);
  const { method, url, body, success } = request;
  const own = Object.entries(sentHeaders(request)).map(([name, value]): SentHeader => ({ name, value, note: null }));
  return {
    form: 'message',
    method,
    address: url,
    headers: [
      { name: 'host', value: new URL(url).host, note: BY_CONNECTION },
      ...own,
      {
        name: 'idempotency-key',
        value: idempotencyKey,
        note: idempotencyKey === null ? 'made when it is sent, one for each attempt' : null,
      },
      ...lengthOf(request),
    ],
    body,
    done: success ? successWords(success) : null,
  };
}

/** As the client sends it: without a body only where its method says that one may come. */
function lengthOf({ method, body }: HttpRequest): SentHeader[] {
  if (body === null && (method === 'GET' || method === 'DELETE')) return [];
  return [{ name: 'content-length', value: String(Buffer.byteLength(body ?? '')), note: BY_CONNECTION }];
}

/** Asks for what is at the address that the plan names for looking the action up, as an inspection does. */
export async function lookAt(
  agent: Dispatcher,
  { request: bytes, idempotencyKey }: RequestOf,
  signal: AbortSignal,
): Promise<Look> {
  const request = readRequest(bytes);
  if (!request.inspect) return { cannot: 'The plan does not say how the target is asked.' };
  if (idempotencyKey === null && templateFields(request.inspect.url).includes(KEY))
    return { cannot: 'The target is asked by the idempotency key, which is made when the request is sent.' };
  const asked = inspectionOf(request, idempotencyKey ?? '');
  const found = asked ? await lookOnce(agent, asked.url, signal) : { reason: 'no_inspection' };
  if ('heard' in found) return found;
  return { cannot: failureWords(found.reason) ?? `The target could not be asked: ${reasonWords(found.reason)}.` };
}
