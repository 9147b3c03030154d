'use client';

import { useSeen } from '#components/checkpoints/use-seen.ts';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Outside } from '#components/ui/outside.tsx';
import type { SampleOfBatch } from '#lib/shapes/decisions.ts';

/** One random item of each acting category of each chunk. Only what was really on the screen counts as seen. */
export function Samples({
  samples,
  seen,
  onSeen,
}: {
  samples: SampleOfBatch[];
  seen: ReadonlySet<number>;
  onSeen: (ordinals: number[]) => void;
}) {
  const observe = useSeen(onSeen);
  return (
    <section aria-label="One of each" className="flex flex-col gap-1">
      <p className="text-12 text-muted">
        One of each category in each chunk. {formatCount(samples.filter(({ ordinal }) => seen.has(ordinal)).length)} of{' '}
        {formatCount(samples.length)} were on your screen.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <ul tabIndex={0} aria-label="Samples" className="max-h-56 overflow-y-auto rounded-md border border-hairline">
        {samples.map(({ ordinal, chunk, category, line }) => (
          <li
            key={ordinal}
            ref={observe(ordinal)}
            className="flex items-baseline gap-2 border-b border-hairline px-3 py-1 text-12 last:border-b-0"
          >
            <span className="w-3 shrink-0 text-green">{seen.has(ordinal) ? <Glyph name="✓" /> : null}</span>
            <span className="w-20 shrink-0 truncate text-muted">{category}</span>
            <span className="min-w-0 flex-1 truncate">
              <Outside text={line} />
            </span>
            <span className="shrink-0 text-muted">{formatCount(chunk)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
