/** What can name something at all, before anybody looks for it. */
import { z } from 'zod';

/** Chunks, ordinals and lines are PostgreSQL integers. */
export const NUMBER_MAX = 2 ** 31 - 1;

/** Whether something can be the number of a chunk or an item at all; what can't names nothing. */
export function isNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= NUMBER_MAX;
}

const uuid = z.uuid();

/** Whether a text can be an id at all; what can't names nothing. */
export function isId(text: unknown): text is string {
  return uuid.safeParse(text).success;
}
