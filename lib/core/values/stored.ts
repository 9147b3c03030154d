/**
 * JSON of ours, read back. Another version of Countersign may have written it, and what is stored is never changed and never refused: what an older
 * version lacked has its default, what can't be understood is gone by in the most careful way, and both what is not understood and what is not known are told.
 */
import type { z } from 'zod';
import { beginOf } from './legible.ts';

/** `odd`: what this version does not know or understand of it, a sentence each; empty as a rule. */
export type Stored<T> = { value: T; odd: string[] };

/**
 * Reads stored JSON by a schema that accepts everything: each member has a default for what an older version lacked (`default`), and a careful value for what
 * can't be understood (`catch`). Members that the schema does not know are kept as they are.
 */
export function readStored<T>(schema: z.ZodType<T>, stored: unknown): Stored<T> {
  const odd: string[] = [];
  return { value: kept(schema.parse(stored), stored, '', odd) as T, odd };
}

/** What was understood, with whatever else is stored beside it. */
function kept(understood: unknown, stored: unknown, path: string, odd: string[]): unknown {
  if (stored === undefined || Object.is(understood, stored)) return understood;
  const at = (name: string | number): string => (path === '' ? `${name}` : `${path}.${name}`);
  if (Array.isArray(understood) && Array.isArray(stored) && understood.length === stored.length)
    return understood.map((one, index) => kept(one, stored[index], at(index), odd));
  if (isRecord(understood) && isRecord(stored)) {
    const known = Object.entries(understood).map(([name, one]) => [
      name,
      kept(one, Object.hasOwn(stored, name) ? stored[name] : undefined, at(name), odd),
    ]);
    const others = Object.entries(stored).filter(([name]) => !Object.hasOwn(understood, name));
    for (const [name] of others) odd.push(`“${at(name)}” is not known to this version, and has no effect.`);
    // Own members all of them: one may be called __proto__.
    return Object.fromEntries([...known, ...others]);
  }
  const goesBy = understood === undefined ? 'nothing' : short(understood);
  odd.push(`“${path}” is ${short(stored)}, which this version does not understand: it goes by ${goesBy}.`);
  return understood;
}

/** An object with members, which JSON's arrays and null are not. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SHORT_CHARS = 60;

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= SHORT_CHARS ? text : `${beginOf(text, SHORT_CHARS)}…`;
}
