import { Link } from '#components/ui/link.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import type { CheckpointView } from './checkpoint-view.ts';
import { decidedWords } from './decided-words.ts';

/** A decided chunk says who decided what, when, and after looking at what. */
export function DecidedLine({ view: { batch, chunk, categories, decisions } }: { view: CheckpointView }) {
  const acting = categories.flatMap(({ name, action }) => (action ? [name] : []));
  return (
    <section aria-label="What was decided" className="rounded-md border border-hairline bg-surface px-3 py-2">
      <ul className="flex flex-wrap gap-x-4 gap-y-1">
        {decisions.map((decision) => {
          const { did, after } = decidedWords(decision, acting, batch.noun);
          return (
            <li key={decision.seq}>
              <span className="font-medium">{did}</span> <Instant iso={decision.at} />
              {after ? <span className="text-muted"> {after}</span> : null}{' '}
              <Link
                href={`/batches/${batch.id}/receipts/${chunk.number}.${decision.seq}`}
                className="text-12 text-muted underline underline-offset-2 hover:text-text"
              >
                receipt {chunk.number}.{decision.seq}
              </Link>
            </li>
          );
        })}
        <li className="text-muted">Read only: nothing here changes any more. Marks go on.</li>
      </ul>
    </section>
  );
}
