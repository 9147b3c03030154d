/**
 * The one error class. A verb that refuses throws it; each transport (page, REST, command line) maps `code` once.
 * A message says what was wrong, where (line, field, item) and what to do.
 */

export const ERROR_CODES = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  // Somebody is signed in, and has to prove it anew. Not 401: that is nobody.
  unproven: 403,
  not_found: 404,
  too_slow: 408,
  conflict: 409,
  stale: 409,
  too_large: 413,
  unsupported: 415,
  locked: 423,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One place where the input is wrong: `path` as in the JSON (`classifier.rules.1.when`), `column` 1-based when known. */
export type Problem = { path: string; message: string; line?: number; column?: number };

// What Next bundles has a copy of this class of its own, and must know the errors of what bin/ started (threads, downloads).
const IS_OURS = Symbol.for('countersign.error');

export class CountersignError extends Error {
  readonly [IS_OURS] = true;
  readonly code: ErrorCode;
  readonly problems: Problem[];
  /** Facts for the caller, JSON-safe (for instance the chunks that changed under a stale decision). */
  readonly facts: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    message: string,
    more: { problems?: Problem[]; facts?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'CountersignError';
    this.code = code;
    this.problems = more.problems ?? [];
    this.facts = more.facts ?? {};
  }

  /** Whatever copy of the class made it. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && IS_OURS in value;
  }

  get status(): number {
    return ERROR_CODES[this.code];
  }
}
