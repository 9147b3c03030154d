import { chunkLook } from '#components/chunks/state.ts';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Link } from '#components/ui/link.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { StateBadge, type StateLook, TONE_TEXT } from '#components/ui/state-badge.tsx';
import type { ChunkState } from '#lib/core/lifecycle.ts';
import type { Need } from '#lib/shapes/live.ts';

/** One thing that waits for a person, as a line with its link: a checkpoint, a release, a halt, or uncertain actions. */
export type NeedLine = Pick<Need, 'batchId' | 'batchName' | 'name' | 'since'> & {
  id: string;
  href: string;
  detail: string;
  state: ChunkState | 'uncertain';
};

/** What waits for a person, in the order in which to take it: together what is asked of one batch. */
export function NeedsYouList({ needs }: { needs: NeedLine[] }) {
  return (
    <div className="flex flex-col gap-6">
      {groupsOf(needs).map(({ key, first, members }) => {
        const look = lookOf(first.state);
        const reviews = first.state === 'awaiting_review';
        return (
          <section key={key} aria-label={`${first.batchName}: ${look.word}`}>
            <h2 className="mb-2 flex flex-wrap items-baseline gap-x-3">
              <span className="text-14 font-medium">{first.batchName}</span>
              <StateBadge {...look} />
              {members.length > 1 ? <span className="text-muted">{formatCount(members.length)}</span> : null}
            </h2>
            <ul className={reviews ? 'grid gap-1 sm:grid-cols-2 xl:grid-cols-3' : 'flex flex-col gap-1'}>
              {members.map((need) => (
                <li key={need.id} className="min-w-0">
                  <Link
                    href={need.href}
                    className="row-item flex items-center gap-3 rounded-md border border-hairline px-3 py-1 transition-colors hover:bg-surface"
                  >
                    <span className={TONE_TEXT[look.tone]}>
                      <Glyph name={look.glyph} />
                      <span className="sr-only">
                        {first.batchName}, {look.word}:
                      </span>
                    </span>
                    <span
                      className={`min-w-0 flex-1 ${reviews ? 'flex items-baseline gap-3' : 'sm:flex sm:items-baseline sm:gap-3'}`}
                    >
                      <span className={`font-medium ${reviews ? 'truncate' : 'block sm:shrink-0'}`}>{need.name}</span>
                      <span className={`min-w-0 text-muted ${reviews ? 'shrink-0' : 'block'}`}>{need.detail}</span>
                    </span>
                    {reviews ? null : (
                      <span className="shrink-0 text-12 text-muted max-sm:hidden">
                        <RelativeTime iso={need.since} />
                      </span>
                    )}
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function groupsOf(needs: NeedLine[]): { key: string; first: NeedLine; members: NeedLine[] }[] {
  const groups = new Map<string, { key: string; first: NeedLine; members: NeedLine[] }>();
  for (const need of needs) {
    const key = `${need.state} ${need.batchId}`;
    const group = groups.get(key);
    if (group) group.members.push(need);
    else groups.set(key, { key, first: need, members: [need] });
  }
  return [...groups.values()];
}

function lookOf(state: NeedLine['state']): StateLook {
  return state === 'uncertain'
    ? { tone: 'magenta', glyph: '?', word: 'Uncertain' }
    : chunkLook({ state, waitsFor: { for: 'person' } });
}
