/** A frozen request as people are shown it: all that goes out, by the functions that send it. */

import type { Dispatcher } from 'undici';
import type { Described, Look, RequestOf } from '#lib/connectors/port.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import { templateFields } from '#lib/core/values/template.ts';
import type { SentHeader } from '#lib/shapes/requests.ts';
import type { Credentials, NoCredentials } from './credentials.ts';
import { failureWords } from './failures.ts';
import { type HttpRequest, readRequest } from './frozen.ts';
import { lookOnce } from './inspect.ts';
import { inspectionOf } from './inspection.ts';
import { KEY } from './parts.ts';
import { sentHeaders } from './send.ts';
import { successWords } from './success.ts';
import { secretWords, type Via } from './via.ts';

const BY_CONNECTION = 'set by the connection';

export function describeRequest({ request: bytes, idempotencyKey }: RequestOf): Described {
  const request = readRequest(bytes);
  const { method, url, body, success, via } = request;
  const put = via ? credentialWords(via) : { headers: [], parameter: null };
  const own = Object.entries(sentHeaders(request)).map(([name, value]): SentHeader => ({ name, value, note: null }));
  return {
    form: 'message',
    method,
    address: put.parameter === null ? url : `${url}${new URL(url).search === '' ? '?' : '&'}${put.parameter}`,
    headers: [
      { name: 'host', value: new URL(url).host, note: BY_CONNECTION },
      ...own,
      {
        name: 'idempotency-key',
        value: idempotencyKey,
        note: idempotencyKey === null ? 'made when it is sent, one for each attempt' : null,
      },
      ...put.headers,
      ...lengthOf(request),
    ],
    body,
    done: success ? successWords(success) : null,
  };
}

/** What is put in when it is sent, by the name of the secret. */
function credentialWords(via: Via): { headers: SentHeader[]; parameter: string | null } {
  const { auth } = via;
  const secret = secretWords(via);
  const note = `put in when it is sent${via.secret === null ? '' : `, from ${via.secret}`}`;
  const one = (name: string, value: string): { headers: SentHeader[]; parameter: null } => ({
    headers: [{ name, value, note }],
    parameter: null,
  });
  switch (auth.kind) {
    case 'none':
      return { headers: [], parameter: null };
    case 'bearer':
      return one('authorization', `Bearer ${secret}`);
    case 'basic':
      return one('authorization', `Basic ${auth.username} and ${secret}`);
    case 'header':
      return one(auth.header.toLowerCase(), secret);
    case 'query':
      return { headers: [], parameter: `${auth.parameter}=${secret}` };
    case 'oauth2':
      return one('authorization', `Bearer an access token for ${auth.clientId}, by the ${secret}`);
    case 'signed':
      return {
        headers: [
          { name: 'webhook-id', value: null, note: 'the idempotency key' },
          { name: 'webhook-timestamp', value: null, note: 'when it is sent' },
          { name: 'webhook-signature', value: `v1, signed with the ${secret}`, note },
        ],
        parameter: null,
      };
  }
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
  credentialsOf: (request: HttpRequest) => Promise<Credentials | NoCredentials>,
  signal: AbortSignal,
): Promise<Look> {
  const request = readRequest(bytes);
  if (!request.inspect) return { cannot: 'The plan does not say how the target is asked.' };
  if (idempotencyKey === null && templateFields(request.inspect.url).includes(KEY))
    return { cannot: 'The target is asked by the idempotency key, which is made when the request is sent.' };
  const asked = inspectionOf(request, idempotencyKey ?? '');
  const credentials = await credentialsOf(request);
  if ('reason' in credentials) return { cannot: failureWords(credentials.reason) ?? 'The connection could not be used.' };
  const found = asked ? await lookOnce(agent, asked.url, credentials, signal) : { reason: 'no_inspection' };
  if ('heard' in found) return found;
  return { cannot: failureWords(found.reason) ?? `The target could not be asked: ${reasonWords(found.reason)}.` };
}
