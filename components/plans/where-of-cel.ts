/** The simple rules of a plan of version 1 as conditions, so that they are read in words. Pure: nothing is evaluated, and what is not simple stays CEL. */
import type { Where, WhereCondition } from '#lib/core/values/conditions.ts';

const FIELD = /^item(?:\.([A-Za-z_]\w*)|\[("(?:[^"\\]|\\.)*")\])/;
const METHOD = /^\.(contains|startsWith|endsWith)\(("(?:[^"\\]|\\.)*")\)$/;
const COMPARISON = /^\s*(==|!=)\s*("(?:[^"\\]|\\.)*")$/;

const METHODS = { contains: 'contains', startsWith: 'starts_with', endsWith: 'ends_with' } as const;

/** `item["From"] == "bo@firm.y"` as a condition; null for whatever asks more than one thing, or asks it in another way. */
export function whereOfCel(when: string): Where | null {
  const text = when.trim();
  const field = FIELD.exec(text);
  if (!field) return null;
  const name = field[1] ?? textOf(field[2]);
  const rest = text.slice(field[0].length);
  const [, method, part] = METHOD.exec(rest) ?? [];
  const [, sign, whole] = COMPARISON.exec(rest) ?? [];
  const value = textOf(part ?? whole);
  if (name === null || value === null) return null;
  const is = method ? METHODS[method as keyof typeof METHODS] : sign === '==' ? 'is' : 'is_not';
  const condition: WhereCondition =
    value === '' && !method ? { field: name, is: sign === '==' ? 'empty' : 'not_empty' } : { field: name, is, value };
  return [[condition]];
}

/** CEL and JSON write such texts alike; one with an escape that only CEL has is not read. */
function textOf(quoted: string | undefined): string | null {
  if (quoted === undefined) return null;
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
}
