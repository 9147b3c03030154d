/** Rows of a dataset that could not be read are answered for: by somebody who says that a batch may go without them. */
import { UNREADABLE_QUIET_ROWS, UNREADABLE_QUIET_SHARE } from '#lib/core/limits.ts';

/** Of a dataset: how many rows were read, and how many could not be. */
export type RowCounts = { read: number; unreadable: number };

/** Whether whoever starts a batch is asked. A few rows of many are told, and not asked about. */
export function asksAboutRows({ read, unreadable }: RowCounts): boolean {
  return unreadable > UNREADABLE_QUIET_ROWS || unreadable > (read + unreadable) * UNREADABLE_QUIET_SHARE;
}

/** "6,046 of 6,068 rows; 22 could not be read" */
export function rowsInWords({ read, unreadable }: RowCounts): string {
  const number = (count: number) => count.toLocaleString('en-US');
  return `${number(read)} of ${number(read + unreadable)} rows; ${number(unreadable)} could not be read`;
}
