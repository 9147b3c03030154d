'use client';

import { useState } from 'react';
import { effectWord } from '#components/checkpoints/words.ts';
import { UnreadableLink } from '#components/datasets/unreadable-link.tsx';
import { Button } from '#components/ui/button.tsx';
import { classes } from '#components/ui/classes.ts';
import { formatCount, formatNoun, nounFor } from '#components/ui/format.ts';
import type { BatchView } from '#lib/shapes/batches.ts';
import { type ItemsPart, itemsSum } from './words.ts';

/** More categories are folded away, the smallest of them. */
const SHOWN_MAX = 8;

type Props = {
  batch: Pick<BatchView, 'state' | 'categories' | 'counts' | 'noun' | 'undoes' | 'rows' | 'datasetId'>;
  /** whether this person may open datasets */
  sees: boolean;
};

/** What became of the rows that were read: how many items of the whole batch are in each category, and what is in none, which make up the whole. */
export function ItemsSum({ batch, sees }: Props) {
  const { noun, undoes, rows, datasetId } = batch;
  const [all, setAll] = useState(false);
  const { whole, categories, others } = itemsSum(batch);
  const largest = new Set(categories.toSorted((a, b) => b.items - a.items).slice(0, SHOWN_MAX));
  const folded = categories.filter((category) => !largest.has(category));
  const shown = all ? categories : categories.filter((category) => largest.has(category));
  return (
    <section aria-label="Categories" className="flex flex-col gap-2">
      <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1 text-14">
        <span>
          <span className="font-medium">{formatCount(whole)}</span>{' '}
          <span className="text-muted">
            {nounFor(whole, noun)} {undoes ? 'to undo' : 'read'}
          </span>
        </span>
        {undoes ? null : <UnreadableLink datasetId={sees ? datasetId : null} count={rows.unreadable} />}
      </p>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,17rem),1fr))] gap-x-6 gap-y-2">
        {[...shown, ...others].map((part) => (
          <PartLine key={`${part.kind} ${part.name}`} part={part} of={whole} />
        ))}
      </ul>
      {folded.length > 0 ? (
        <p>
          <Button size="small" aria-expanded={all} onClick={() => setAll(!all)}>
            {all
              ? 'Show the largest'
              : `${formatNoun(folded.length, 'further categories')}, ${formatNoun(
                  folded.reduce((sum, { items }) => sum + items, 0),
                  noun,
                )} ▸`}
          </Button>
        </p>
      ) : null}
    </section>
  );
}

function PartLine({ part: { kind, name, items, action }, of }: { part: ItemsPart; of: number }) {
  return (
    <li className="min-w-0">
      <p className="flex items-baseline gap-2">
        {kind === 'category' ? (
          <span className="min-w-0 truncate text-14 font-medium" title={name}>
            <bdi>{name}</bdi>
          </span>
        ) : (
          <span className="text-14 text-muted">{name}</span>
        )}
        <span className="text-14">{formatCount(items)}</span>
      </p>
      <span className="my-1 block h-1.5 overflow-hidden rounded-full bg-sunken" aria-hidden="true">
        <span
          className={classes('block h-full rounded-full', action ? 'bg-accent' : 'bg-control')}
          style={{ width: `${items === 0 ? 0 : Math.max(1, (items / of) * 100)}%` }}
        />
      </span>
      {kind === 'category' ? (
        <p className="flex gap-1.5 text-12 text-muted">
          <span className="min-w-0 truncate" title={action?.will}>
            {action?.will ?? 'no action'}
          </span>
          {action ? (
            <span className={classes('shrink-0', action.effect === 'permanent' && 'font-medium text-red')}>
              {effectWord(action)}
            </span>
          ) : null}
        </p>
      ) : null}
    </li>
  );
}
