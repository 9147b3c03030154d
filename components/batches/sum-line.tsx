import { Fragment } from 'react';
import { UnreadableLink } from '#components/datasets/unreadable-link.tsx';
import { classes } from '#components/ui/classes.ts';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Zoned } from '#components/ui/relative-time.tsx';
import type { Sum } from '#lib/core/receipts/sum.ts';
import type { BatchView } from '#lib/shapes/batches.ts';
import { actionTerms, itemTerms, type Term, verdictOf } from './words.ts';

/** What became of the rows, and of the approved actions: two sums that a reader can add up. */
export function SumLines({
  batch,
}: {
  batch: Pick<BatchView, 'state' | 'counts' | 'categories' | 'undoes' | 'rows' | 'datasetId' | 'sum'>;
}) {
  const { whole, terms } = itemTerms(batch);
  const { sum } = batch;
  return (
    <div className="flex flex-col gap-1">
      <p className={LINE}>
        <Whole {...whole} />
        <Parts terms={terms} />
        {batch.undoes ? null : (
          <span className="sm:ml-2">
            <UnreadableLink datasetId={batch.datasetId} count={batch.rows.unreadable} />
          </span>
        )}
      </p>
      {sum.approved === 0 && sum.addsUp ? (
        <p className="text-14 text-muted">
          {batch.categories.some(({ action }) => action !== null)
            ? 'No action has been approved. Nothing has been sent.'
            : 'No category has an action: nothing is sent.'}
        </p>
      ) : (
        <p className={LINE}>
          <Whole count={sum.approved} word="approved" />
          <Parts
            terms={actionTerms(sum).map(({ key, ...term }) => ({
              ...term,
              loud: key === 'failed' ? 'text-red' : key === 'uncertain' ? 'text-magenta' : '',
            }))}
          />
          <Verdict sum={sum} />
        </p>
      )}
    </div>
  );
}

const LINE = 'flex flex-wrap items-baseline gap-x-1.5 gap-y-1 text-14';

function Whole({ count, word }: Term) {
  return (
    <span className="whitespace-nowrap">
      <span className="font-medium">{formatCount(count)}</span> <span className="text-muted">{word}</span>
    </span>
  );
}

function Parts({ terms }: { terms: (Term & { loud?: string })[] }) {
  return terms.map(({ count, word, loud = '' }, index) => (
    <Fragment key={word}>
      {' '}
      <span className={classes('whitespace-nowrap', loud)}>
        <span className="text-muted">{index === 0 ? '=' : '+'}</span>{' '}
        <span className={loud ? 'font-medium' : ''}>{formatCount(count)}</span>{' '}
        <span className={loud || 'text-muted'}>{word}</span>
      </span>
    </Fragment>
  ));
}

function Verdict({ sum }: { sum: Sum }) {
  const { says, words, more } = verdictOf(sum);
  if (says === 'differs')
    return (
      <span role="alert" className="sm:ml-2 text-red">
        <span className="inline-flex items-center gap-1 font-medium">
          <Glyph name="!" /> {words}
        </span>{' '}
        {more}
      </span>
    );
  if (says === 'unknown')
    return (
      <span title={more ?? undefined} className="sm:ml-2 whitespace-nowrap text-muted">
        <Zoned text={words} />
      </span>
    );
  return (
    <span title={more ?? undefined} className="sm:ml-2 inline-flex items-center gap-1 font-medium whitespace-nowrap text-green">
      <Glyph name="✓" />{' '}
      <span>
        <Zoned text={words} />
      </span>
    </span>
  );
}
