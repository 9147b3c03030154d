import { formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import type { RetentionView } from '#lib/shapes/erasure.ts';

/** What the settings let go by age, and what would go now. */
export function RetentionDue({ retention: { originalsDays, valuesDays, due, more } }: { retention: RetentionView }) {
  if (originalsDays === null && valuesDays === null)
    return (
      <p className="max-w-prose text-muted">
        Nothing goes by age. RETAIN_ORIGINALS_DAYS and RETAIN_VALUES_DAYS set after how many days originals, and values, go.
      </p>
    );
  return (
    <div className="flex flex-col gap-2">
      <p className="max-w-prose">
        {originalsDays === null
          ? 'Originals stay.'
          : `Originals go ${formatCount(originalsDays)} days after the last batch on their dataset ended.`}{' '}
        {valuesDays === null ? 'Values stay.' : `Values go ${formatCount(valuesDays)} days after their batch ended.`}
      </p>
      {due.length === 0 ? (
        <p className="text-muted">Nothing is due.</p>
      ) : (
        <ul className="flex flex-col gap-1">
          {due.map(({ kind, id, name, endedAt }) => (
            <li key={`${kind} ${id}`}>
              <Link href={`/${kind === 'batch' ? 'batches' : 'datasets'}/${id}`} className="underline underline-offset-2">
                {name}
              </Link>
              <span className="text-muted">
                : {DUE[kind]}, ended <Instant iso={endedAt} />
              </span>
            </li>
          ))}
          {more ? <li className="text-muted">and more than {formatCount(due.length)}</li> : null}
        </ul>
      )}
    </div>
  );
}

const DUE = { batch: 'its values', dataset: 'its rows', original: 'its original files' };
