/**
 * The API as the browser calls it, typed by its contract: `await asOutcome(api.batches.read({ id }))`. Query keys are made here and nowhere
 * else: `useQuery(queries.batches.read.queryOptions({ input: { id } }))`.
 */
import { createORPCClient, ORPCError } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import type { JsonifiedClient } from '@orpc/openapi-client';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { contract } from '#lib/api/contract.ts';
import { NotSent } from './ui/connection.ts';
import type { Outcome, Refusal } from './ui/outcome.ts';
import { tellSignedOut } from './ui/signed-out.ts';

export type ApiClient = JsonifiedClient<ContractRouterClient<typeof contract>>;

/**
 * A client of the site at `origin`. What the server refuses is thrown as an ORPCError that holds the refusal.
 * @internal for its tests
 */
export function createApiClient(origin: string | (() => string), send: (request: Request) => Promise<Response>): ApiClient {
  const link = new OpenAPILink(contract, {
    url: origin,
    fetch: async (request, init) => asPlainJson(await send(new Request(request, init))),
    customErrorResponseBodyDecoder: (body, { status }) => {
      const refusal = readProblem(body);
      return refusal && new ORPCError(refusal.code, { status, message: refusal.message, data: refusal });
    },
  });
  return createORPCClient(link);
}

/** The pages' own client. Server actions start, approve and pause; this is for reads and the reviewer's rapid edits. */
export const api = createApiClient(
  () => window.location.origin,
  async (request) => {
    const response = await fetch(request);
    if (response.status === 401) tellSignedOut();
    return response;
  },
);

/** `queryOptions`, `infiniteOptions`, `mutationOptions` and keys of every path. */
export const queries = createTanstackQueryUtils(api);

/** A call's answer as components take it: refusals and lost connections are values. */
export async function asOutcome<Value>(call: Promise<Value>): Promise<Outcome<Value>> {
  return call.then((value): Outcome<Value> => ({ ok: true, value }), refusalOf);
}

/** What a failed call means for people: the refusal of the server, or that there was no answer. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof ORPCError && isRefusal(error.data)) {
    // To a script the API says which header is missing; to the person at this page, what happened.
    return error.data.code === 'unauthenticated'
      ? { ...error.data, message: 'Your session has ended. Sign in again.' }
      : error.data;
  }
  if (error instanceof NotSent) return { ok: false, code: 'not_sent', message: error.message };
  return {
    ok: false,
    code: 'unanswered',
    message: 'The server did not answer. It is not known whether the request was carried out. Check before you repeat it.',
  };
}

/** The link reads as JSON what says that it is, and a problem says so in a longer word. */
function asPlainJson(response: Response): Response {
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) return response;
  const headers = new Headers(response.headers);
  headers.set('content-type', 'application/json');
  return new Response(response.body, { status: response.status, headers });
}

function readProblem(body: unknown): Refusal | null {
  if (typeof body !== 'object' || body === null) return null;
  const { type: _, title: __, status: ___, detail, code, problems, ...facts } = body as Record<string, unknown>;
  if (typeof code !== 'string' || typeof detail !== 'string') return null;
  return { ok: false, code, message: detail, facts, ...(Array.isArray(problems) && problems.length > 0 ? { problems } : {}) };
}

function isRefusal(data: unknown): data is Refusal {
  return typeof data === 'object' && data !== null && 'ok' in data && data.ok === false;
}
