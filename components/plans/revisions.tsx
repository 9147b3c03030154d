import { formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Outside } from '#components/ui/outside.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import type { PlanRevisionTold } from '#lib/shapes/plans.ts';
import { revisionWords } from './revision-words.ts';

type Props = {
  batchId: string;
  /** the latest first; the one behind the last that is shown, too, where there is one */
  revisions: readonly PlanRevisionTold[];
  /** the one whose rules are on the page */
  shown: number;
  /** as many are listed */
  most: number;
};

/** The revisions of a batch's rules: which one is in force, who made each, when, and what it changed. Nothing where the rules are those of the start. */
export function Revisions({ batchId, revisions, shown, most }: Props) {
  const [latest] = revisions;
  if (!latest || latest.revision === 1) return null;
  return (
    <section aria-labelledby="revisions" className="flex max-w-5xl flex-col gap-2">
      <h2 id="revisions" className="text-16 font-medium">
        Revisions of the plan
      </h2>
      <ol className="flex flex-col divide-y divide-hairline">
        {revisions.slice(0, most).map((one, at) => {
          const { revision, by, note } = one;
          const inForce = one === latest;
          return (
            <li key={revision} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 py-2">
              <Link
                href={inForce ? `/batches/${batchId}?tab=plan` : `/batches/${batchId}?tab=plan&revision=${revision}`}
                scroll={false}
                aria-current={revision === shown ? 'true' : undefined}
                className="font-medium underline-offset-2 hover:underline aria-[current]:no-underline pointer-coarse:inline-flex pointer-coarse:min-h-11 pointer-coarse:items-center"
              >
                Revision {revision}
              </Link>
              {inForce ? <span className="text-green">in force</span> : null}
              {revision === shown && !inForce ? <span className="text-muted">shown above</span> : null}
              <span className="min-w-0 text-muted wrap-anywhere">
                {revision === 1 ? 'as it was started' : revisionWords(one, revisions[at + 1] ?? null)} · {by} ·{' '}
                <Instant iso={one.at} />
                {note ? (
                  <>
                    {' '}
                    · <Outside text={note} />
                  </>
                ) : null}
              </span>
            </li>
          );
        })}
      </ol>
      {revisions.length > most ? (
        <p className="text-muted">
          {formatNoun(latest.revision - most, 'earlier revisions')} are not listed here. The trail has all of them.
        </p>
      ) : null}
    </section>
  );
}
