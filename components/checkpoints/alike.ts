import { skipToken } from '@tanstack/react-query';
import { queries } from '#components/api-client.ts';
import { formatCount } from '#components/ui/format.ts';
import { LIKE_OF_MAX } from '#lib/core/limits.ts';
import type { Ground } from '#lib/shapes/checkpoints.ts';
import type { OfChunk } from './checkpoint-view.ts';
import type { Move } from './review.ts';

/** Items that were moved together, named one by one or by the correction that moved them: what is like all of them is looked for. */
export type MovedItems = ({ ordinals: number[] } | { revision: number }) & { from: string; to: string };

/** Moves that were made together, as what is asked about: others are looked for where most of them were. Null where nothing was moved. */
export function movedTogether(moves: readonly Move[]): MovedItems | null {
  const from = [...Map.groupBy(moves, (move) => move.from)].sort(([, a], [, b]) => b.length - a.length)[0]?.[0];
  const [first] = moves;
  if (from === undefined || !first || moves.length > LIKE_OF_MAX) return null;
  return { ordinals: moves.map(({ ordinal }) => ordinal), from, to: first.category };
}

/** What is like what was moved last; nothing is asked while nothing was. */
export function alikeOptions(of: OfChunk, moved: MovedItems | null) {
  return queries.chunks.like.queryOptions({
    input: moved ? { params: of, body: moved } : skipToken,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
}

/** What a ground says as a line of an instruction; null where it says nothing to whoever reads only items. */
export function groundLine(
  { kind, field, value }: Pick<Ground, 'kind' | 'field' | 'value'>,
  { from, to }: Pick<MovedItems, 'from' | 'to'>,
  label: (name: string) => string,
): string | null {
  if (kind === 'rule' || field === null) return null;
  const which = kind === 'words' ? `whose ${label(field)} has the words “${value}”` : `whose ${label(field)} is “${value}”`;
  return `Items ${which} are “${to}”, not “${from}”.`;
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
