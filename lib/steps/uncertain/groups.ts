/** The name of a group of uncertain actions: what was seen of it, so that an answer never covers one that came later. */
import { z } from 'zod';
import { CountersignError } from '#lib/core/errors.ts';
import type { Cause, SeenUpTo } from '#lib/store/uncertain/uncertain.sql.ts';

const name = z.tuple([
  z.uuid(),
  z.string().max(200).nullable(),
  z.string().max(200).nullable(),
  z
    .array(z.tuple([z.int32().min(1), z.int32().min(1)]))
    .min(1)
    .max(100_000),
]);

export type UncertainGroupName = { batchId: string; cause: Cause; seen: SeenUpTo };

/** As a text without meaning to anybody else. */
export function groupId({ batchId, cause, seen }: UncertainGroupName): string {
  return Buffer.from(JSON.stringify([batchId, cause.reason, cause.lost, seen])).toString('base64url');
}

/** Reads the name back. Throws `invalid` for what was never one, and for a group of another batch. */
export function readGroupId(text: string, batchId: string): UncertainGroupName {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    value = null;
  }
  const read = name.safeParse(value);
  if (!read.success || read.data[0] !== batchId || [read.data[1], read.data[2]].some((one) => one?.includes('\0'))) {
    const message = 'This batch has no such group of uncertain actions. Give the id of a group from the list.';
    throw new CountersignError('invalid', message, { problems: [{ path: 'group', message }] });
  }
  const [, reason, lost, seen] = read.data;
  return { batchId, cause: { reason, lost }, seen };
}
