/**
 * What CEL knows beyond its own in a plan of version 2: fields have the type of their meaning, days are those of the plan's zone, and what can't be read is
 * an error of its own, which && and || of CEL absorb as a logic of three values would: false && unknown is false, true || unknown is true.
 */
import {
  type CelEnv,
  type CelError,
  type CelFunc,
  type CelMap,
  type CelResult,
  CelScalar,
  celError,
  celFunc,
  celMap,
  isCelError,
  objectType,
} from '@bufbuild/cel';
import { DAY_MS, instantClock, wallClock } from '#lib/core/values/dates.ts';
import type { FieldType } from '#lib/core/values/meaning.ts';
import { EMPTY } from '#lib/core/values/read-value.ts';
import { type FieldValues, type TypedFields, textIn } from './field-values.ts';
import { dayNumber } from './where.ts';

/** What an error of ours begins with: no other has this character. */
const UNKNOWN = '\u0000';

/** The fields whose values a condition lacked to come to an answer; null where the error is another one. */
export function unknownIn(error: CelError): string[] | null {
  if (!error.message.startsWith(UNKNOWN)) return null;
  const others = Array.isArray(error.cause) ? error.cause.filter(isCelError).flatMap((other) => unknownIn(other) ?? []) : [];
  return [...new Set([error.message.slice(UNKNOWN.length), ...others])];
}

type ItemFields = Readonly<Record<string, string>>;
type Get = (name: string) => CelResult;

/** How conditions see an item: `item` by the meanings of its fields, `raw` as texts. One view serves one item after the other. */
export function typedViews(fields: TypedFields, env: CelEnv): (item: ItemFields) => { item: CelMap; raw: CelMap } {
  let current: ItemFields = {};
  const timestamp = timestampOf(env);
  const toInstant = instantClock(fields.timeZone);
  const raw: Get = (name) => textIn(current, name);
  const typed: Get = (name) => {
    const values = fields.byName.get(name);
    return values ? celValue(values, textIn(current, name), timestamp, toInstant) : '';
  };
  const view = { item: lazyMap(fields.names, typed), raw: lazyMap(fields.names, raw) };
  return (item) => {
    current = item;
    return view;
  };
}

function celValue(
  { name, meaning, value }: FieldValues,
  text: string,
  timestamp: (ms: number) => CelResult,
  toInstant: (localMs: number) => number,
): CelResult {
  if (meaning.type === 'text' || meaning.type === 'identifier') return text;
  const read = value(text);
  if (read === null || read === EMPTY) return celError(`${UNKNOWN}${name}`);
  if (typeof read !== 'object') return read;
  return timestamp(read.kind === 'instant' ? read.ms : toInstant(read.ms));
}

/** A value of each type, to try conditions on before there is an item. */
const PROBES: Readonly<Record<FieldType, (timestamp: (ms: number) => CelResult) => CelResult>> = {
  text: () => '',
  identifier: () => '',
  number: () => 1,
  date: (timestamp) => timestamp(0),
  yes_no: () => false,
};

/** An item each of whose fields has a value. */
export function typedProbe(fields: TypedFields, env: CelEnv): { item: CelMap; raw: CelMap } {
  const timestamp = timestampOf(env);
  const typed: Get = (name) => PROBES[fields.byName.get(name)?.meaning.type ?? 'text'](timestamp);
  return { item: lazyMap(fields.names, typed), raw: lazyMap(fields.names, () => '') };
}

/** A map whose values are worked out when they are asked for. As a whole it can't be compared: its values may be unknown. */
function lazyMap(names: readonly string[], value: Get): CelMap {
  const known = new Set(names);
  const whole = () => {
    throw new Error('the item can’t be compared as a whole: compare its fields');
  };
  return Object.create(celMap(new Map(names.map((name) => [name, '']))), {
    get: { value: (name: unknown) => (typeof name === 'string' && known.has(name) ? value(name) : undefined) },
    entries: { value: whole },
    values: { value: whole },
    forEach: { value: whole },
  }) as CelMap;
}

/** CEL's timestamps are messages: its own function makes them. */
export function timestampOf(env: CelEnv): (ms: number) => CelResult {
  const make = env.funcs.find('timestamp');
  return (ms) => make?.call(0, undefined, [BigInt(Math.trunc(ms))]) ?? celError('there are no timestamps');
}

const TIMESTAMP = objectType('google.protobuf.Timestamp');
const { BOOL, DOUBLE, INT, STRING } = CelScalar;

export const NOT_A_DAY = 'this is not a day, which is written YYYY-MM-DD:';

function dayOf(text: string): number {
  const day = dayNumber(text);
  if (day === null) throw new Error(`${NOT_A_DAY} “${text.slice(0, 40)}”`);
  return day;
}

/** `date("2026-10-25")`, the begin of that day; `older_than` and `within_last`; and numbers of both kinds beside each other. */
export function typedFunctions(timeZone: string, timestamp: (ms: number) => CelResult): CelFunc[] {
  const toLocal = wallClock(timeZone);
  const toInstant = instantClock(timeZone);
  // biome-ignore lint/suspicious/noExplicitAny: a timestamp of the library, whose types it does not export
  const dayOn = (date: any): number => {
    const { seconds, nanos } = (date as { message: { seconds: bigint; nanos: number } }).message;
    return Math.floor(toLocal(Number(seconds) * 1000 + Math.trunc(nanos / 1_000_000)) / DAY_MS);
  };
  return [
    // biome-ignore lint/suspicious/noExplicitAny: as above
    celFunc('date', [STRING], TIMESTAMP, (text) => timestamp(toInstant(dayOf(text) * DAY_MS)) as any),
    celFunc('older_than', [TIMESTAMP, INT, STRING], BOOL, (date, days, on) => dayOn(date) < dayOf(on) - Number(days)),
    celFunc('within_last', [TIMESTAMP, INT, STRING], BOOL, (date, days, on) => {
      const last = dayOf(on);
      const day = dayOn(date);
      return day >= last - Number(days) && day <= last;
    }),
    celFunc('number', [DOUBLE], DOUBLE, (value) => value),
    ...mixed('_+_', (one, other) => one + other),
    ...mixed('_-_', (one, other) => one - other),
    ...mixed('_*_', (one, other) => one * other),
    ...mixed('_/_', (one, other) => one / other),
  ];
}

/** A field's number is a double, and whole numbers are written without a point. */
function mixed(name: string, act: (one: number, other: number) => number): CelFunc[] {
  return [
    celFunc(name, [DOUBLE, INT], DOUBLE, (one, other) => act(one, Number(other))),
    celFunc(name, [INT, DOUBLE], DOUBLE, (one, other) => act(Number(one), other)),
  ];
}
