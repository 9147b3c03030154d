/** What a person typed into a field of the plan: the value that it says, or why it says none. Nothing is rounded, clamped or left out. */
import { CountersignError } from '#lib/core/errors.ts';
import { deadline, type Plan, type PlanSchema, readPlan } from '#lib/core/plans/plan.ts';

export type Typed<Value> = { value: Value } | { fault: string };

type NumberRange = { min: number; max?: number; whole?: boolean };

/** A number in digits, written with a point; whole unless the range says otherwise. */
export function typedNumber(text: string, { min, max = Number.MAX_SAFE_INTEGER, whole = true }: NumberRange): Typed<number> {
  const digits = text.trim();
  const value = Number(digits);
  const written = (whole ? /^-?\d+$/ : /^-?\d+(\.\d+)?$/).test(digits) && isExact(digits);
  if (written && value >= min && value <= max) return { value };
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
  return { fault: `A ${whole ? 'whole number' : 'number'}, ${range}.` };
}

/** Such a number, or nothing typed: then the value is `empty`. */
export function typedNumberOr<Empty>(text: string, empty: Empty, range: NumberRange): Typed<number | Empty> {
  return text.trim() === '' ? { value: empty } : typedNumber(text, range);
}

/** A share of 1, typed in percent. */
export function typedShare(text: string): Typed<number> {
  const percent = typedNumber(text, { min: 0, max: 100, whole: false });
  return 'fault' in percent ? percent : { value: percent.value / 100 };
}

/** The share in percent, all of its digits but the noise of the multiplication. */
export function percentOf(share: number): string {
  return String(Number((share * 100).toPrecision(SURE_DIGITS)));
}

/** So many digits of a number are as they were written. */
const SURE_DIGITS = 15;

/** A name, without the spaces around it. `taken` are those of the others. */
export function typedName(text: string, charsMax: number, taken: readonly string[] = []): Typed<string> {
  const value = text.trim();
  if (value === '') return { fault: 'A name is needed.' };
  if (value.length > charsMax) return { fault: `A name has at most ${charsMax} characters; this one has ${value.length}.` };
  return taken.includes(value) ? { fault: `“${value}” is named twice.` } : { value };
}

/** The mail address of whom a plan names, or nobody. */
export function typedAddress(text: string): Typed<string | undefined> {
  const value = text.trim();
  const read = deadline.shape.escalateTo.safeParse(value === '' ? undefined : value);
  return read.success ? { value: read.data } : { fault: read.error.issues[0]?.message ?? 'This is not a mail address.' };
}

/** A time zone that the browser knows; the server asks its own list too. */
export function typedTimeZone(text: string): Typed<string> {
  const value = text.trim();
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return { value };
  } catch {
    return { fault: 'This is not a time zone of the IANA database. Write one such as Europe/Rome.' };
  }
}

/** JSON, all of it: what a reader of JSON would lose without a word (the first of two equal keys, a number's last digits) is a fault. */
export function typedJson(text: string): Typed<unknown> {
  try {
    const value: unknown = JSON.parse(text);
    const lost = lostInJson(text);
    return lost === null ? { value } : { fault: lost };
  } catch (error) {
    return { fault: `Not JSON: ${error instanceof Error ? error.message : 'it can’t be read.'}` };
  }
}

/** A whole plan as JSON, of the kinds that the schema knows. */
export function typedPlan(text: string, schema: PlanSchema): Typed<Plan> {
  const json = typedJson(text);
  if ('fault' in json) return json;
  try {
    return { value: readPlan(schema, json.value) };
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return { fault: error.message };
  }
}

/** What is left out of JSON that can be parsed, or null. */
function lostInJson(text: string): string | null {
  const tokens = text.match(/"(?:\\.|[^"\\])*"|[{}[\]:,]|-?\d[\d.eE+-]*/g) ?? [];
  /** the keys of each object that is open, and null for each list */
  const open: (Set<string> | null)[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
    else if (token === '}' || token === ']') open.pop();
    else if (/^[-\d]/.test(token) && !isExact(token)) return `${token} is more exact than a number can be. Put it in quotes.`;
    else if (token.startsWith('"') && tokens[index + 1] === ':') {
      const key: string = JSON.parse(token);
      // A plan's reader leaves this key out.
      if (key === '__proto__') return `“${key}” can’t be a key.`;
      if (open.at(-1)?.has(key)) return `“${key}” is there twice in one object.`;
      open.at(-1)?.add(key);
    }
  }
  return null;
}

/** Whether the number that is read of these digits is the one that they say, to the last of them. */
function isExact(digits: string): boolean {
  return normalised(digits) === normalised(String(Number(digits)));
}

/** Its significant digits and the power of ten of the last of them: 1.50, 15e-1 and 1.5 are the same. */
function normalised(digits: string): string {
  const [, sign = '', whole = '', part = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(digits) ?? [];
  const significant = (whole + part).replace(/^0+/, '');
  const short = significant.replace(/0+$/, '');
  return short === '' ? '0' : `${sign}${short}e${Number(power) - part.length + significant.length - short.length}`;
}
