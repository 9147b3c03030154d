/** Reading an action's `do`, `connection` and `with`: one place for how a connector says that they are wrong. */
import type { z } from 'zod';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { checkTemplate, templateFields } from '#lib/core/values/template.ts';

/** The action's `with`, parsed. Throws `invalid` with one problem per wrong parameter, its path inside the action. */
export function readParameters<Schema extends z.ZodType>(action: Action, schema: Schema): z.output<Schema> {
  const read = schema.safeParse(action.with);
  if (read.success) return read.data;
  throw refusal(read.error.issues.map((issue) => ({ path: ['with', ...issue.path].join('.'), message: issue.message })));
}

/** Throws `invalid` when `do` is none of `known`. */
export function requireDo(action: Action, known: readonly string[]): void {
  if (known.includes(action.do)) return;
  const message = `“${action.connector}” can't do “${action.do}”. It can: ${known.join(', ')}.`;
  throw refusal([{ path: 'do', message }]);
}

/** Throws `invalid` when a connection is named for something inside Countersign. */
export function requireNoConnection(action: Action): void {
  if (action.connection === null) return;
  throw refusal([
    { path: 'connection', message: `“${action.connector}” is inside Countersign and takes no connection. Leave it out.` },
  ]);
}

/** The words for a code; null where the table has none. */
export function wordsIn(words: Readonly<Record<string, string>>, code: string): string | null {
  return Object.hasOwn(words, code) ? (words[code] ?? null) : null;
}

/** Something of ours that an undo finds otherwise than the action left it. */
export const CHANGED_SINCE = 'It was changed afterwards. Changes by others are not overwritten.';

/** An `invalid` error from problems inside the action. */
export function refusal(problems: Problem[]): CountersignError {
  const first = problems[0];
  return new CountersignError('invalid', first ? first.message : 'The action is wrong.', { problems });
}

/**
 * An `invalid` error about one item whose request can't be built. `reason`: the message without what is this item's own, by which a preview counts; `fields`:
 * those whose values are to blame.
 */
export function itemRefusal(
  ordinal: number,
  message: string,
  { reason = message, fields = [], cause }: { reason?: string; fields?: readonly string[]; cause?: unknown } = {},
): CountersignError {
  const field = fields.length === 1 ? fields[0] : null;
  return new CountersignError('invalid', `Item ${ordinal}: ${message}`, { facts: { ordinal, reason, field }, cause });
}

/** What is wrong with the template at `path` inside the action; of its form only, when the dataset's `fields` are not known (null). */
export function templateProblems(text: string, fields: readonly string[] | null, path: string): Problem[] {
  return checkTemplate(text, fields ?? namesIn(text), path);
}

function namesIn(text: string): string[] {
  try {
    return templateFields(text);
  } catch {
    return [];
  }
}
