import { chunkLook } from '#components/chunks/state.ts';
import { classes } from '#components/ui/classes.ts';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Link } from '#components/ui/link.tsx';
import { StateBadge, type StateLook, TONE_TEXT } from '#components/ui/state-badge.tsx';
import type { ChunkState } from '#lib/core/lifecycle.ts';
import type { BatchView } from '#lib/shapes/batches.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';

const CHUNKS_SINGLY_MAX = 400;

/** These stand still in the middle of the work, so they stand out. Reviews are the ordinary case: colour, glyph and word are enough. */
const STANDS_OUT: ReadonlySet<ChunkState> = new Set(['awaiting_release', 'halted', 'unresolved']);

type GridChunk = Pick<
  ChunkRow,
  'number' | 'name' | 'state' | 'stopping' | 'continued' | 'note' | 'itemCount' | 'counts' | 'waitsFor'
>;
/** Every chunk as glyph and name; above 400, how many are in each state. Give `groups` when there are more than were loaded. */
export function ChunkGrid({
  batchId,
  chunks,
  noun,
  groups,
}: {
  batchId: string;
  chunks: GridChunk[];
  noun: string;
  groups?: BatchView['groups'];
}) {
  if (groups || chunks.length > CHUNKS_SINGLY_MAX) return <Groups batchId={batchId} groups={groups ?? chunks.map(alone)} />;
  return (
    <div className="flex flex-col gap-3">
      <ul className="flex flex-wrap gap-1" aria-label="Chunks">
        {chunks.map((chunk) => {
          const look = chunkLook(chunk);
          return (
            <li key={chunk.number}>
              <Link
                href={`/batches/${batchId}/chunks/${chunk.number}`}
                title={`${chunk.name}: ${look.word}, ${formatNoun(chunk.itemCount, noun)}`}
                className={classes(
                  'row-item inline-flex max-w-48 items-center gap-1.5 rounded-md border bg-surface px-2 transition-colors hover:bg-sunken',
                  STANDS_OUT.has(chunk.state) ? 'border-current' : 'border-hairline hover:border-control',
                  TONE_TEXT[look.tone],
                )}
              >
                <Glyph name={look.glyph} />
                <span className="truncate text-text">{chunk.name}</span>
                <span className="sr-only">, {look.word}</span>
              </Link>
            </li>
          );
        })}
      </ul>
      <Legend looks={chunks.map(chunkLook)} />
    </div>
  );
}

type Group = NonNullable<BatchView['groups']>[number];

const alone = ({ state, stopping, waitsFor }: GridChunk): Group => ({
  state,
  stopping,
  waitsFor: waitsFor?.for ?? null,
  count: 1,
});

function Groups({ batchId, groups }: { batchId: string; groups: Group[] }) {
  const told = Map.groupBy(groups, (group) => `${group.state} ${lookOf(group).word}`);
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(15rem,1fr))] gap-1" aria-label="Chunks by state">
      {[...told].map(([key, [first, ...others]]) =>
        first ? (
          <li key={key}>
            <Link
              href={`/batches/${batchId}?tab=chunks&state=${first.state}`}
              className="row-item flex items-center justify-between gap-3 rounded-md border border-hairline bg-surface px-3 transition-colors hover:bg-sunken"
            >
              <StateBadge {...lookOf(first)} className="min-w-0 truncate" />
              <span>{formatCount(others.reduce((sum, { count }) => sum + count, first.count))}</span>
            </Link>
          </li>
        ) : null,
      )}
    </ul>
  );
}

function lookOf({ state, stopping, waitsFor }: Group): StateLook {
  return chunkLook({ state, stopping, waitsFor: waitsFor && { for: waitsFor } });
}

/** Only the states that are there, with how many: the grid's key, and its summary. */
function Legend({ looks }: { looks: StateLook[] }) {
  const counts = new Map<string, { look: StateLook; count: number }>();
  for (const look of looks) counts.set(look.word, { look, count: (counts.get(look.word)?.count ?? 0) + 1 });
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 text-12">
      {[...counts.values()].map(({ look, count }) => (
        <span key={look.word} className="inline-flex items-center gap-1">
          <StateBadge {...look} /> <span className="text-muted">{formatCount(count)}</span>
        </span>
      ))}
    </p>
  );
}
