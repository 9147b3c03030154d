import { skipToken } from '@tanstack/react-query';
import { queries } from '#components/api-client.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { OfChunk } from './checkpoint-view.ts';
import type { Move } from './review.ts';

/** Who else waits to be moved the same way: "Same sender: 38 more?" */
export type Alike = { what: string; ordinals: number[] };

/** Fields that name who an item comes from, best first. */
const SENDER_FIELDS = ['from', 'sender', 'email', 'author'];
const ALIKE_MAX = 500;
const SEARCH_CHARS_MAX = 200;

/** The others of the same sender in the category that an item was moved out of; nothing is asked while nothing was moved. */
export function alikeOptions(of: OfChunk, moved: { sample: Sample; move: Move } | null) {
  const field = SENDER_FIELDS.find((name) => moved?.sample.fields[name]);
  const sender = field && moved?.sample.fields[field];
  return queries.chunks.items.queryOptions({
    input:
      moved && sender
        ? { ...of, category: moved.move.from, search: sender.slice(0, SEARCH_CHARS_MAX), limit: ALIKE_MAX }
        : skipToken,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    select: ({ items }): Alike => ({
      what: field === 'from' || field === 'sender' ? 'Same sender' : `Same ${field}`,
      ordinals: items.flatMap(({ ordinal, fields }) =>
        field && ordinal !== moved?.sample.ordinal && fields[field] === sender ? [ordinal] : [],
      ),
    }),
  });
}
