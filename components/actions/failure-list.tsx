import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatCount, formatNoun, formatSpan } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Zoned } from '#components/ui/relative-time.tsx';
import type { FailureGroup } from '#lib/shapes/actions.ts';

/** What failed, by why it did, with a few of each. */
export function FailureList({ batchId, groups }: { batchId: string; groups: FailureGroup[] }) {
  if (groups.length === 0)
    return <EmptyState title="Nothing failed" text="Actions that the target refuses are listed here, by reason." level={3} />;
  return (
    <section aria-label="Failed" className="rounded-md border border-hairline">
      <ul>
        {groups.map(({ reason, why, count, chunks, from, to, examples }) => (
          <li key={reason} className="border-b border-hairline px-3 py-2 last:border-b-0">
            <p className="flex flex-wrap items-baseline gap-x-3">
              <span className="font-medium">
                <span className="text-red">{formatCount(count)}</span> {why}
              </span>
              <span className="text-12 text-muted">
                <Zoned text={formatSpan(from, to)} />, in {formatNoun(chunks, 'chunks')}
              </span>
            </p>
            <ul className="mt-1 font-mono text-12 leading-[18px]">
              {examples.map((one) => (
                <li key={one.ordinal}>
                  <Link
                    href={`/batches/${batchId}/receipts/${one.chunk}.${one.seq}`}
                    className="block py-0.5 break-words text-muted hover:text-text"
                  >
                    {one.line || `item ${one.ordinal}`}
                  </Link>
                </li>
              ))}
              {count > examples.length ? (
                <li className="py-0.5 text-muted">and {formatCount(count - examples.length)} more</li>
              ) : null}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}
