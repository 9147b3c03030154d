/** Every request to /api/v1: who asks, which path, the answer; and what a refusal looks like. */
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, type Verb } from '#lib/auth/authorise.ts';
import { tellForbidden } from '#lib/auth/refusals.ts';
import { apiActor } from '#lib/auth/who.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { whileAllowed } from '#lib/steps/live/live-actors.ts';
import { readJsonBody } from './body.ts';
import { contract } from './contract.ts';
import { idempotencyKey, once, requestDigest } from './idempotency.ts';
import { openApiDocument } from './openapi.ts';
import { matcher, routesOf } from './paths.ts';
import { API_STATUS, methodNotAllowed, problemResponse } from './problem.ts';
import { type ApiContext, described, router } from './router.ts';
import { type Stream, streams } from './streams.ts';
import { verbOf } from './verbs.ts';

/** Answers a request to a path below /api/v1. Never throws; nothing that it answers may be kept by a cache. */
export async function answerApi(request: Request): Promise<Response> {
  const { method } = request;
  const path = new URL(request.url).pathname;
  const who: Who = { actor: null };
  const response = await answer(request, path, who).catch((error) => problemResponse(error, { method, path }));
  // However it was refused, also by what was answered to an Idempotency-Key before.
  if (who.actor && response.status === API_STATUS.forbidden) await tellForbidden(who.actor, `${method} ${path}`, aboutOf(path));
  response.headers.set('Cache-Control', 'private, no-store');
  response.headers.set('X-Content-Type-Options', 'nosniff');
  if (method !== 'HEAD') return response;
  await response.body?.cancel();
  return new Response(null, response);
}

/** Who turned out to ask, for what is told once it is answered. */
type Who = { actor: Actor | null };

/** What a path is about, as the security log names it: the first thing in it that has an id. */
function aboutOf(path: string): string | null {
  const [, nouns, id] = /^\/api\/v1\/(batches|datasets|people)\/([0-9a-f-]{36})(?:\/|$)/.exec(path) ?? [];
  return nouns && id ? `${NOUNS[nouns as keyof typeof NOUNS]}:${id}` : null;
}
const NOUNS = { batches: 'batch', datasets: 'dataset', people: 'user' } as const;

/** `by`: what answers; a stream, or the procedures of the contract. `verb`: what a write wants the right to. */
type Target = { by: Stream | 'document' | 'json'; verb: Verb | null };

/** What a path gives as a file, where its address asks for one; else it answers as the contract says. */
const files = matcher<Stream>(
  streams
    .filter(({ format }) => format !== undefined)
    .map((stream) => ({ method: stream.method, path: stream.path, target: stream })),
);

function asked(request: Request, path: string): { by: Stream; params: Record<string, string> } | null {
  const found = files(request.method, path);
  if (!found || 'allowed' in found) return null;
  const { target: by, params } = found;
  return new URL(request.url).searchParams.get('format') === by.format ? { by, params } : null;
}

/** A key that is bound to batches gets at their paths and at nothing else: lists, searches and files of other things would tell of what is not theirs. */
function assertWithin(batches: readonly string[], path: string): void {
  const [, id = ''] = /^\/api\/v1\/batches\/([^/]+)(?:\/|$)/.exec(path) ?? [];
  if (batches.includes(id)) return;
  throw new CountersignError(
    'forbidden',
    'This API key is bound to batches of its own: it gets at /api/v1/batches/{id} of each, and at nothing else.',
  );
}

/** Their answer is shown once and kept nowhere, so it can't be given to a repeat. */
const TOLD_ONCE = /^\/api\/v1\/(keys|people\/[^/]+\/reset-link)$/;

const match = matcher<Target>([
  { method: 'GET', path: '/api/v1/openapi.json', target: { by: 'document', verb: null } },
  ...routesOf(contract).map((route) => ({ ...route, target: { by: 'json' as const, verb: verbOf(route) } })),
  ...streams
    .filter(({ format }) => format === undefined)
    .map((stream) => ({ method: stream.method, path: stream.path, target: { by: stream, verb: verbOf(stream) } })),
]);

async function answer(request: Request, path: string, who: Who): Promise<Response> {
  const found = match(request.method, path);
  // The description holds nothing of anybody's, and tools read it before they have a key.
  if (found && 'target' in found && found.target.by === 'document') return Response.json(await openApiDocument());
  const actor = await apiActor(request);
  who.actor = actor;
  if (new URL(request.url).search.includes('%00'))
    throw new CountersignError('invalid', 'The address contains the NUL character (%00). Remove it.');
  if (!found)
    throw new CountersignError(
      'not_found',
      `There is no path ${path.slice(0, 200)}. All paths are described at /api/v1/openapi.json.`,
    );
  if ('allowed' in found) return methodNotAllowed(request.method, found.allowed);
  if (actor.batches) assertWithin(actor.batches, path);
  const { by, verb } = found.target;
  // The step authorises too. Here it is before the body, which whoever may not need not send, and before what was answered to an Idempotency-Key.
  if (verb) authorise(actor, verb);
  if (by !== 'document' && by !== 'json') return by.answer(actor, request, found.params);
  const file = asked(request, path);
  if (file) return file.by.answer(actor, request, file.params);
  return answerJson(actor, request, path);
}

async function answerJson(actor: Actor, request: Request, path: string): Promise<Response> {
  const { method } = request;
  if (method === 'GET' || method === 'HEAD') return whileAllowed(() => call(actor, request, path, undefined), actor);
  const key = idempotencyKey(request);
  if (key !== null && method === 'POST' && TOLD_ONCE.test(path))
    throw new CountersignError(
      'invalid',
      'This path takes no Idempotency-Key: what it answers is shown once and not kept. Nothing was done.',
    );
  const body = await readJsonBody(request);
  const act = () => call(actor, request, path, body).catch((error) => problemResponse(error, { method, path }));
  if (key === null) return act();
  return once(actor, { key, path, digest: requestDigest(method, path, new URL(request.url).search, body) }, act);
}

const handler = new OpenAPIHandler(router, {
  interceptors: [
    async ({ context, next }) => {
      try {
        return await next();
      } catch (error) {
        context.told.error = error;
        throw error;
      }
    },
  ],
  clientInterceptors: [
    async ({ context, procedure, path, next }) => {
      const { outputSchema, route } = procedure['~orpc'];
      const value = described(outputSchema, await next(), path.join('.'));
      const { status = route.successStatus ?? 200, body = value } =
        route.outputStructure === 'detailed' ? (value as { status?: number; body?: unknown }) : {};
      Object.assign(context.told, { status, value: body });
      // What the handler encodes is not what is answered; it wants an object where the status is told.
      return route.outputStructure === 'detailed' ? {} : undefined;
    },
  ],
});

/** Calls the procedure of the path with what was read of the request. Throws what its step threw. */
async function call(actor: Actor, request: Request, path: string, body: Buffer | undefined): Promise<Response> {
  const told: ApiContext['told'] = {};
  const asked = new Request(request.url, {
    method: request.method === 'HEAD' ? 'GET' : request.method,
    signal: request.signal,
    ...(body ? { body: new Uint8Array(body), headers: { 'Content-Type': 'application/json' } } : {}),
  });
  const { matched } = await handler.handle(asked, { context: { actor, told } });
  if ('error' in told) throw told.error;
  if (!matched || told.status === undefined) throw new Error(`The contract describes ${path}, but no handler answered it.`);
  return Response.json(told.value, { status: told.status });
}
