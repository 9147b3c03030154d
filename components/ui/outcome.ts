import type { Problem } from '#lib/core/errors.ts';

/**
 * What a callback of a component answers. Server actions lose the message of a thrown error on the way to the browser, so a
 * refusal travels as a value.
 */
export type Refusal = {
  ok: false;
  code: string;
  message: string;
  problems?: Problem[];
  facts?: Record<string, unknown>;
};
export type Outcome<Value = unknown> = { ok: true; value: Value } | Refusal;
