import { skipToken } from '@tanstack/react-query';
import { queries } from '#components/api-client.ts';
import { formatCount } from '#components/ui/format.ts';
import type { Ground } from '#lib/shapes/checkpoints.ts';
import type { OfChunk } from './checkpoint-view.ts';

/** Items that were moved together: what is like all of them is looked for. */
export type MovedItems = { ordinals: number[]; from: string; to: string };

/** What is like what was moved last; nothing is asked while nothing was. */
export function alikeOptions(of: OfChunk, moved: MovedItems | null) {
  return queries.chunks.like.queryOptions({
    input: moved ? { params: of, body: moved } : skipToken,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
}

/** "Same From: 12 here, 88 to come" */
export function groundWords(
  { kind, field, ordinals, toCome }: Pick<Ground, 'kind' | 'field' | 'ordinals' | 'toCome'>,
  label: (name: string) => string,
): string {
  const what =
    kind === 'rule' ? 'Same rule' : kind === 'words' ? `Same words in ${label(field ?? '')}` : `Same ${label(field ?? '')}`;
  const later = toCome === null || toCome === 0 ? '' : `, ${formatCount(toCome)} to come`;
  return `${what}: ${formatCount(ordinals.length)} here${later}`;
}
