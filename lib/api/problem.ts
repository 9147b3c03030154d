/** Errors as `application/problem+json` (RFC 9457). The one place where a refusal becomes an HTTP answer. */
import { ORPCError, ValidationError } from '@orpc/contract';
import { CountersignError, ERROR_CODES, type ErrorCode, type Problem } from '#lib/core/errors.ts';
import { refusalOfFault } from '#lib/core/fleet/database-fault.ts';
import { log } from '#lib/log.ts';
import '#lib/core/values/input-words.ts';

export type ApiCode = ErrorCode | 'method_not_allowed' | 'internal';

export const API_STATUS = { ...ERROR_CODES, method_not_allowed: 405, internal: 500 } as const satisfies Record<ApiCode, number>;

/** What each code means, for the title of a problem and for the description of the API. */
export const TITLES = {
  invalid: 'The request is wrong',
  unauthenticated: 'Nobody is signed in',
  forbidden: 'This role may not do that',
  unproven: 'Who is signed in has to prove it again',
  not_found: 'It was not found',
  too_slow: 'The body came too slowly',
  method_not_allowed: 'This path does not take this method',
  conflict: 'The state does not allow it',
  stale: 'It changed after it was looked at',
  too_large: 'Too large',
  unsupported: 'This content type is not supported',
  locked: 'Too many tries',
  internal: 'An internal error',
  unavailable: 'Not available now',
} as const satisfies Record<ApiCode, string>;

/**
 * The answer to a request that failed. A database that is away, full or crowded is told as `unavailable`, with when to ask again; any other error that is
 * not a CountersignError as `internal`. Both are logged, with nothing of them in the answer.
 */
export function problemResponse(error: unknown, about: { method: string; path: string }): Response {
  const refusal = asRefusal(error);
  if (refusal) return problem(refusal.code, refusal.message, refusal);
  const fault = refusalOfFault(error);
  if (fault) {
    log.warn({ err: error, ...about }, 'the database could not answer a request');
    return problem(fault.code, fault.message, fault);
  }
  log.error({ err: error, ...about }, 'a request failed');
  return problem(
    'internal',
    'An internal error occurred. It is not known whether the request was carried out: check before you repeat it. The log has the details.',
  );
}

/** The answer to a method that the path does not take. */
export function methodNotAllowed(method: string, allowed: string[]): Response {
  const allow = allowed.join(', ');
  return problem('method_not_allowed', `This path takes ${allow}, not ${method}.`, { headers: { Allow: allow } });
}

/** Where nobody knows better. */
const RETRY_AFTER_SECONDS = 5;

type More = { problems?: Problem[]; facts?: Record<string, unknown>; headers?: Record<string, string> };

function problem(code: ApiCode, detail: string, { problems = [], facts = {}, headers = {} }: More = {}): Response {
  const status = API_STATUS[code];
  const { retryAfterSeconds = status === API_STATUS.unavailable ? RETRY_AFTER_SECONDS : null } = facts;
  // Whoever is told to come back is told when, in the body as in the header.
  const retry = typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {};
  // The facts come first: none may pass for one of the members that every problem has.
  const body = {
    problems,
    ...facts,
    ...retry,
    type: `urn:countersign:problem:${code}`,
    title: TITLES[code],
    status,
    detail,
    code,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      ...(typeof retryAfterSeconds === 'number' ? { 'Retry-After': String(retryAfterSeconds) } : {}),
      ...headers,
    },
  });
}

/** The refusal that an error is; null when it is a fault of ours. */
function asRefusal(error: unknown): CountersignError | null {
  if (error instanceof CountersignError) return error;
  // Its output is ours to get right; only the input is the caller's.
  if (!(error instanceof ORPCError) || error.status !== 400) return null;
  const issues = error.cause instanceof ValidationError ? error.cause.issues : [];
  const problems = issues.flatMap(insideUnion).map((issue) => ({ path: pathOf(issue), message: issue.message }));
  const first = problems[0];
  if (!first) return new CountersignError('invalid', 'The request can’t be read.');
  return new CountersignError('invalid', `The request can't be read${first.path ? ` at ${first.path}` : ''}: ${first.message}`, {
    problems,
  });
}

type Issue = ValidationError['issues'][number];

/** Where one of several shapes is taken, what is wrong with the one that the caller meant: of which there is something, and not another kind of thing altogether. */
function insideUnion(issue: Issue): Issue[] {
  const { code, errors } = issue as Issue & { code?: string; errors?: Issue[][] };
  if (code !== 'invalid_union' || !errors) return [issue];
  const meant = errors.find((own) => own.length > 0 && own.every(({ path }) => (path ?? []).length > 0));
  return meant ? meant.map((own) => ({ ...own, path: [...(issue.path ?? []), ...(own.path ?? [])] })) : [issue];
}

/** As the caller wrote it: without the part of the request that it came in. */
function pathOf(issue: Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return (['body', 'params', 'query'].includes(path[0] ?? '') ? path.slice(1) : path).join('.');
}
