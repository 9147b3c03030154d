/**
 * What the shapes are made of. A shape is what leaves the server, typed once: steps give it, the API describes it, components take it. The browser
 * reads this folder too: nothing of the server may be imported here. Descriptions are what the OpenAPI document says.
 */
import { z } from 'zod';

export const id = z.uuid();
export const instant = z.string().describe('ISO 8601 in UTC');
export const count = z.int().min(0);
/** A number that names something: an item, a chunk, a revision. PostgreSQL integers. */
export const nameNumber = z.int32().min(1);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'A digest is 64 hex digits, as the checkpoint gave it.');
/** The words of a schema for a value that is not there; what is wrong otherwise keeps its own. */
export const missing = (words: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? words : undefined),
});
/** Of whatever has an id and a name for people. */
export const named = { id, name: z.string() };
export const noun = z.string().describe('What the items are called, as a plural.');

/** An object whose keys are the caller's: given through as it is, for a copy would lose a field called `__proto__`. */
function byName<Value>(): z.ZodType<Record<string, Value>, Record<string, Value>> {
  return z.custom<Record<string, Value>>(isObject, 'This is not an object.');
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const fieldValues = byName<string>();
export const countsByCategory = byName<number>();
export const facts = byName<unknown>();
