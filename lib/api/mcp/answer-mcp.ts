/** Every request to /mcp: the Model Context Protocol, of 2026-07-28 and of 2025-06-18. Each is answered by itself: nothing is kept between two of them. */
import { createMcpHandler } from '@modelcontextprotocol/server';
import { API_STATUS, problemResponse } from '#lib/api/problem.ts';
import type { Actor } from '#lib/auth/actor.ts';
import { assertSameOrigin } from '#lib/auth/origin.ts';
import { tellForbidden } from '#lib/auth/refusals.ts';
import { apiActor } from '#lib/auth/who.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { API_BODY_BYTES_MAX } from '#lib/core/limits.ts';
import { log } from '#lib/log.ts';
import { whileAllowed } from '#lib/steps/live/live-actors.ts';
import { mcpServer } from './tools.ts';

const PATH = '/mcp';

const handler = createMcpHandler(
  ({ authInfo }) => {
    const { actor, signal } = (authInfo?.extra ?? {}) as { actor: Actor; signal: AbortSignal };
    return mcpServer(actor, { refused: (tool) => tellForbidden(actor, `${PATH} ${tool}`), signal });
  },
  { maxRequestBodySize: API_BODY_BYTES_MAX, onerror: (err) => log.warn({ err }, 'a request to /mcp was not understood') },
);

/** Answers a request to /mcp. Never throws. Who asks has an API key: a browser's session is nobody here, so that no page can make a browser call a tool. */
export async function answerMcp(request: Request): Promise<Response> {
  const response = await answer(request).catch((error) => problemResponse(error, { method: request.method, path: PATH }));
  response.headers.set('Cache-Control', 'private, no-store');
  response.headers.set('X-Content-Type-Options', 'nosniff');
  if (response.status === API_STATUS.unauthenticated) response.headers.set('WWW-Authenticate', 'Bearer');
  return response;
}

async function answer(request: Request): Promise<Response> {
  if (request.headers.get('origin') !== null) assertSameOrigin(request.headers);
  if (request.headers.get('authorization') === null)
    throw new CountersignError(
      'unauthenticated',
      'Send an API key as "Authorization: Bearer KEY". An agent’s key has the role agent.',
    );
  const actor = await apiActor(request);
  const authInfo = { token: '', clientId: actor.id, scopes: [...(actor.scopes ?? [])], extra: { actor, signal: request.signal } };
  return whileAllowed(() => handler.fetch(request, { authInfo }), actor);
}
