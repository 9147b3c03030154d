import { Fragment } from 'react';
import { classes } from '#components/ui/classes.ts';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Zoned } from '#components/ui/relative-time.tsx';
import type { Sum } from '#lib/core/receipts/sum.ts';
import type { BatchView } from '#lib/shapes/batches.ts';
import { actionTerms, verdictOf } from './words.ts';

/** What became of the approved actions: a sum that a reader can add up. */
export function SumLine({ batch: { categories, sum } }: { batch: Pick<BatchView, 'categories' | 'sum'> }) {
  if (sum.approved === 0 && sum.addsUp)
    return (
      <p className="text-14 text-muted">
        {categories.some(({ action }) => action !== null)
          ? 'No action has been approved. Nothing has been sent.'
          : 'No category has an action: nothing is sent.'}
      </p>
    );
  return (
    <p className="flex flex-wrap items-baseline gap-x-1.5 gap-y-1 text-14">
      <span className="whitespace-nowrap">
        <span className="font-medium">{formatCount(sum.approved)}</span> <span className="text-muted">approved</span>
      </span>
      {actionTerms(sum).map(({ key, count, word }, index) => {
        const loud = key === 'failed' ? 'text-red' : key === 'uncertain' ? 'text-magenta' : '';
        return (
          <Fragment key={key}>
            {' '}
            <span className={classes('whitespace-nowrap', loud)}>
              <span className="text-muted">{index === 0 ? '=' : '+'}</span>{' '}
              <span className={loud ? 'font-medium' : ''}>{formatCount(count)}</span>{' '}
              <span className={loud || 'text-muted'}>{word}</span>
            </span>
          </Fragment>
        );
      })}
      <Verdict sum={sum} />
    </p>
  );
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
