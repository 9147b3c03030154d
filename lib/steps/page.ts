/** Lists that are paged by key: what they are asked with, and what they answer. */
import { CountersignError } from '#lib/core/errors.ts';
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '#lib/core/limits.ts';
import { isId, NUMBER_MAX } from './ids.ts';

export type Page<T> = { items: T[] /** the cursor of the next page; null: that was all */; next: string | null };
export type PageInput = { cursor?: string | null | undefined; limit?: number | null | undefined };

/** How many to read: the default, or what was asked for, never above the maximum. Throws `invalid`. */
export function limitOf({ limit }: PageInput): number {
  if (limit === undefined || limit === null) return PAGE_ITEMS_DEFAULT;
  if (Number.isInteger(limit) && limit >= 1) return Math.min(limit, PAGE_ITEMS_MAX);
  throw new CountersignError('invalid', `limit is a whole number from 1 to ${PAGE_ITEMS_MAX}.`, {
    problems: [{ path: 'limit', message: 'This is not a whole number from 1.' }],
  });
}

/** A cursor that is one number; 0 when there is none. Throws `invalid`. */
export function numberCursor({ cursor }: PageInput): number {
  return numbersCursor({ cursor }, 1)[0] ?? 0;
}

/** A cursor of several numbers with dots between; zeros when there is none. Throws `invalid`. */
export function numbersCursor({ cursor }: PageInput, count: number): number[] {
  if (cursor === undefined || cursor === null || cursor === '') return Array.from({ length: count }, () => 0);
  const numbers = cursor.split('.').map((part) => (/^\d{1,10}$/.test(part) ? Number(part) : Number.NaN));
  if (numbers.length === count && numbers.every((number) => number <= NUMBER_MAX)) return numbers;
  throw badCursor();
}

/** A cursor that is the number of a sequence; null when there is none. Throws `invalid`. */
export function sequenceCursor({ cursor }: PageInput): bigint | null {
  if (!cursor) return null;
  if (!/^\d{1,18}$/.test(cursor)) throw badCursor();
  return BigInt(cursor);
}

/** A cursor of a list by time: an instant and an id; null when there is none. Throws `invalid`. */
export function instantCursor({ cursor }: PageInput): { createdAt: string; id: string } | null {
  if (!cursor) return null;
  const [createdAt = '', id = ''] = cursor.split('_');
  // What can be written as an instant need not be one: there is no 31 February, and the database says so loudly.
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(createdAt) ? new Date(createdAt) : null;
  if (at === null || Number.isNaN(at.getTime()) || at.getUTCFullYear() < 1970 || at.toISOString() !== createdAt || !isId(id))
    throw badCursor();
  return { createdAt, id };
}

/** The cursor that `instantCursor` reads. */
export function instantOf({ createdAt, id }: { createdAt: Date; id: string }): string {
  return `${createdAt.toISOString()}_${id}`;
}

/**
 * What of the rows a page shows, and the cursor of the next one: `cursorOf` its last row. One row more than the limit was asked for, which says whether
 * there are more; who knows it otherwise says so.
 */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (last: Row) => string | number | bigint,
  more = rows.length > limit,
): { shown: Row[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = more ? shown.at(-1) : undefined;
  return { shown, next: last === undefined ? null : String(cursorOf(last)) };
}

/** The refusal of a cursor that no page gave. */
export function badCursor(): CountersignError {
  return new CountersignError('invalid', 'This cursor is not the `next` of a page. Start without a cursor.', {
    problems: [{ path: 'cursor', message: 'This is not a cursor.' }],
  });
}
