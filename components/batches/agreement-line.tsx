import { formatCount, formatNoun, formatShare } from '#components/ui/format.ts';
import { SparkLine } from '#components/ui/spark-line.tsx';
import type { Agreement } from '#lib/shapes/evidence.ts';

/** Fewer chunks make no line. */
const DRAWN_FROM = 3;

/** How often people agreed with whoever classified, over the batch and as a line from chunk to chunk, and what they filed that was left unsure. Nothing where nobody marked anything. */
export function AgreementLine({ agreement: { right, wrong, filed, chunks: all }, noun }: { agreement: Agreement; noun: string }) {
  const marked = right + wrong;
  if (marked + filed === 0) return null;
  if (marked === 0)
    return (
      <section aria-label="Agreement" className="text-14">
        <p>
          People filed {formatNoun(filed, noun)}{' '}
          <span className="text-muted">that {filed === 1 ? 'was' : 'were'} left unsure</span>
        </p>
      </section>
    );
  const chunks = all.filter((chunk) => chunk.right + chunk.wrong > 0);
  const shares = chunks.map((chunk) => chunk.right / (chunk.right + chunk.wrong));
  const [first, last] = [shares[0] ?? 0, shares.at(-1) ?? 0];
  return (
    <section aria-label="Agreement" className="flex flex-wrap items-center gap-x-4 gap-y-1 text-14">
      <p>
        People agreed on <span className="font-medium">{formatShare(right / marked)}</span>{' '}
        <span className="text-muted">
          of {formatNoun(marked, noun)} that they marked, {formatCount(wrong)} {wrong === 1 ? 'was' : 'were'} corrected
          {filed > 0 ? `, and filed ${formatCount(filed)} that ${filed === 1 ? 'was' : 'were'} left unsure` : ''}
        </span>
      </p>
      {chunks.length >= DRAWN_FROM ? (
        <SparkLine
          values={shares}
          label={`Agreement by chunk: ${formatShare(first)} in chunk ${chunks[0]?.number}, ${formatShare(last)} in chunk ${chunks.at(-1)?.number}`}
          className="max-w-40 text-accent"
        />
      ) : null}
    </section>
  );
}
