'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries, refusalOf } from '#components/api-client.ts';
import { ItemView } from '#components/items/views/item-view.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { Kbd } from '#components/ui/kbd.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { useKeys } from '#components/ui/use-keys.ts';
import { type ExamplesPart, withTaught } from '#lib/classifiers/examples/part.ts';
import { TEACH_ROUND_ITEMS, TEACH_ROUND_ITEMS_MAX } from '#lib/core/limits.ts';
import type { TeachRoundTold } from '#lib/shapes/plans.ts';
import { teachWords } from './teach-words.ts';

type Props = {
  part: ExamplesPart;
  categories: string[];
  datasetId: string;
  onChange: (part: ExamplesPart) => void;
  onClose: () => void;
};

/** So many categories have a key. */
const KEYS = 9;

/**
 * One item after the other, one key each; after a round it learns, and asks about what it knows least. What it would say of an item is not shown: whoever sees a
 * guess goes along with it.
 */
export function TeachPanel({ part, categories, datasetId, onChange, onClose }: Props) {
  const [said, setSaid] = useState<ReadonlyMap<number, string>>(new Map());
  const [skipped, setSkipped] = useState<ReadonlySet<number>>(new Set());
  const most = Math.min(TEACH_ROUND_ITEMS + skipped.size, TEACH_ROUND_ITEMS_MAX);
  const [asked, setAsked] = useState({ classifier: part, most });
  const { data, error, isFetching, refetch } = useQuery({
    ...queries.datasets.teach.queryOptions({ input: { params: { id: datasetId }, body: asked } }),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
    refetchOnWindowFocus: false,
    retry: false,
  });
  const round = data as TeachRoundTold | undefined;
  const items = isFetching ? [] : (round?.items ?? []).filter(({ ordinal }) => !skipped.has(ordinal));
  const left = items.filter(({ ordinal }) => !said.has(ordinal));
  const [item] = left;

  const learn = (all: ReadonlyMap<number, string>, without: ReadonlySet<number> = skipped) => {
    const next = withTaught(part, datasetId, all);
    setSaid(new Map());
    setAsked({ classifier: next, most: Math.min(TEACH_ROUND_ITEMS + without.size, TEACH_ROUND_ITEMS_MAX) });
    if (all.size > 0) onChange(next);
  };
  const file = (category: string | undefined) => {
    if (!item || category === undefined) return;
    const all = new Map(said).set(item.ordinal, category);
    if (left.length === 1) learn(all);
    else setSaid(all);
  };
  const skip = () => {
    if (!item) return;
    const without = new Set(skipped).add(item.ordinal);
    setSkipped(without);
    if (left.length === 1) learn(said, without);
  };
  const back = () => {
    const last = [...said.keys()].at(-1);
    if (last === undefined) return;
    const all = new Map(said);
    all.delete(last);
    setSaid(all);
  };
  const close = () => {
    if (said.size > 0) onChange(withTaught(part, datasetId, said));
    onClose();
  };
  useKeys({
    ...Object.fromEntries(categories.slice(0, KEYS).map((category, at) => [String(at + 1), () => file(category)])),
    s: skip,
    z: back,
  });

  const words = round ? teachWords(round, 'items', part.otherwise) : [];
  return (
    <section aria-label="Teach" className="flex max-w-4xl flex-col gap-3 rounded-md border border-hairline p-4">
      <div aria-live="polite" className="flex flex-col gap-1">
        {words.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
      {error ? (
        <Banner kind="warning" actions={<Button onClick={() => refetch()}>Try again</Button>}>
          {refusalOf(error).message}
        </Banner>
      ) : null}
      {isFetching ? <Skeleton rows={6} label={said.size === 0 && !round ? 'Reading the items' : 'Learning'} /> : null}
      {item ? (
        <>
          <p className="text-muted">
            Item {item.ordinal} · {said.size + 1} of {said.size + left.length} before it learns again
          </p>
          <div className="max-h-80 overflow-y-auto rounded-md bg-surface p-3">
            <ItemView key={item.ordinal} item={item} sourceElsewhere />
          </div>
          <fieldset className="flex flex-wrap gap-2">
            <legend className="mb-1 text-12 font-medium">Where does it belong?</legend>
            {categories.map((category, at) => (
              <Button key={category} onClick={() => file(category)}>
                {at < KEYS ? <Kbd>{String(at + 1)}</Kbd> : null} {category}
              </Button>
            ))}
          </fieldset>
        </>
      ) : isFetching || error ? null : (
        <p>Every item that can be asked about is decided.</p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button kind="ghost" disabled={!item} onClick={skip}>
          <Kbd>s</Kbd> Leave it out
        </Button>
        <Button kind="ghost" disabled={said.size === 0} onClick={back}>
          <Kbd>z</Kbd> Take back
        </Button>
        <Button kind="ghost" disabled={said.size === 0} onClick={() => learn(said)}>
          Learn now
        </Button>
        <Button className="ml-auto" onClick={close}>
          Done teaching
        </Button>
      </div>
    </section>
  );
}
