import { formatNoun } from '#components/ui/format.ts';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { StateBadge, type StateLook } from '#components/ui/state-badge.tsx';
import { type Wait, waitWords } from '#lib/core/chunks/waits-for.ts';
import type { Queued } from '#lib/shapes/board.ts';

const LOOKS: Record<Wait, Omit<StateLook, 'word'>> = {
  person: { tone: 'amber', glyph: '◆' },
  target: { tone: 'red', glyph: '‖' },
  retry_after: { tone: 'neutral', glyph: '◌' },
  rate: { tone: 'neutral', glyph: '◌' },
  worker: { tone: 'neutral', glyph: '◌' },
  agent: { tone: 'neutral', glyph: '◌' },
  predecessor: { tone: 'neutral', glyph: '◌' },
  paused: { tone: 'neutral', glyph: '‖' },
  gate: { tone: 'neutral', glyph: '○' },
  resource: { tone: 'neutral', glyph: '◌' },
};

/** Every waiting chunk, by what it waits for. What needs a person comes first. */
export function BoardQueue({ queue, attended }: { queue: Queued[] /** whether any worker is there */; attended: boolean }) {
  if (queue.length === 0) return <p className="text-muted">No chunk is waiting.</p>;
  const now = new Date().toISOString();
  return (
    <ul className="flex flex-col divide-y divide-hairline rounded-md border border-hairline" aria-label="Queue">
      {queue.map(({ chunks, batches, since, ...wait }) => {
        const deserted = wait.for === 'worker' && !attended;
        const look = deserted ? ({ tone: 'red', glyph: '!' } as const) : LOOKS[wait.for];
        const words = `${formatNoun(chunks, 'chunks')} ${waitWords(wait, now)}${deserted ? ', and none is running' : ''}`;
        return (
          <li key={wait.for} className="flex flex-wrap items-baseline gap-x-3 px-3 py-1.5">
            <StateBadge {...look} word={words} wraps />
            <span className="text-muted">
              in {formatNoun(batches, 'batches')} · the oldest <RelativeTime iso={since} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
