'use client';

import { useState } from 'react';
import { effectWord } from '#components/checkpoints/words.ts';
import { Button } from '#components/ui/button.tsx';
import { classes } from '#components/ui/classes.ts';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { BATCH_UNFINISHED } from '#lib/core/lifecycle.ts';
import type { ActionWords } from '#lib/shapes/actions.ts';
import type { BatchView } from '#lib/shapes/batches.ts';
import { type CountedCategory, countedCategories } from './words.ts';

/** More are folded away, the smallest of them. */
const SHOWN_MAX = 8;

/** How many items of the whole batch are in each category, and what its action is. */
export function CategoryCounts({ batch }: { batch: Pick<BatchView, 'state' | 'categories' | 'counts' | 'noun'> }) {
  const { state, counts, noun } = batch;
  const [all, setAll] = useState(false);
  const categories = countedCategories(batch);
  const largest = new Set(categories.toSorted((a, b) => b.items - a.items).slice(0, SHOWN_MAX));
  const folded = categories.length - largest.size;
  const shown = all ? categories : categories.filter((category) => largest.has(category));
  const going = BATCH_UNFINISHED.includes(state);
  return (
    <section aria-label="Categories" className="flex flex-col gap-2">
      {counts.complete ? null : (
        <p className="text-12 text-muted">
          {counts.upTo === 0
            ? going || state === 'proposed'
              ? 'Nothing is classified yet.'
              : 'Nothing was classified.'
            : `${going ? 'So far: ' : ''}${formatCount(counts.upTo)} of ${formatNoun(counts.of, noun)} ${going ? 'are' : 'were'} classified.`}
        </p>
      )}
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,17rem),1fr))] gap-x-6 gap-y-2">
        {shown.map((category) => (
          <CategoryLine key={category.name} category={category} of={counts.upTo} />
        ))}
      </ul>
      {folded > 0 ? (
        <p>
          <Button size="small" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Show the largest' : `${formatNoun(folded, 'further categories')} ▸`}
          </Button>
        </p>
      ) : null}
    </section>
  );
}

function CategoryLine({ category: { name, items, action }, of }: { category: CountedCategory; of: number }) {
  return (
    <li className="min-w-0">
      <p className="flex items-baseline gap-2">
        <span className="min-w-0 truncate text-14 font-medium" title={name}>
          <bdi>{name}</bdi>
        </span>
        <span className="text-14">{formatCount(items)}</span>
      </p>
      <span className="my-1 block h-1.5 overflow-hidden rounded-full bg-sunken" aria-hidden="true">
        <span
          className={classes('block h-full rounded-full', action ? 'bg-accent' : 'bg-control')}
          style={{ width: `${items === 0 ? 0 : Math.max(1, (items / of) * 100)}%` }}
        />
      </span>
      {action ? <ActionLine action={action} /> : <p className="text-12 text-muted">no action</p>}
    </li>
  );
}

function ActionLine({ action }: { action: ActionWords }) {
  return (
    <p className="flex gap-1.5 text-12 text-muted">
      <span className="min-w-0 truncate" title={action.will}>
        {action.will}
      </span>
      <span className={classes('shrink-0', action.effect === 'permanent' && 'font-medium text-red')}>{effectWord(action)}</span>
    </p>
  );
}
