'use client';

import { useQuery } from '@tanstack/react-query';
import { queries } from '#components/api-client.ts';
import { Button } from '#components/ui/button.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { type ExamplesPart, taughtOf, withTaught } from '#lib/classifiers/examples/part.ts';

type Props = { batchId: string; part: ExamplesPart; onLearn: (part: ExamplesPart) => void };

/** What people corrected in a batch that runs, offered as examples. */
export function LessonsOffer({ batchId, part, onLearn }: Props) {
  const { data } = useQuery({ ...queries.batches.lessons.queryOptions({ input: { id: batchId } }), staleTime: 0 });
  if (!data) return null;
  const known = taughtOf(part, data.dataset);
  const items = data.items.filter(({ ordinal, category }) => known.get(ordinal) !== category);
  if (items.length === 0)
    return (
      <p>
        {data.items.length === 0
          ? 'People corrected nothing that it has not learned from.'
          : 'The corrections are among its examples now.'}
      </p>
    );
  return (
    <div className="flex flex-wrap items-center gap-3">
      <p>
        People corrected {formatNoun(items.length, 'items')} that it has not learned from
        {data.more ? ', and more than can be learned from at once' : ''}.
      </p>
      <Button
        onClick={() =>
          onLearn(withTaught(part, data.dataset, new Map(items.map(({ ordinal, category }) => [ordinal, category]))))
        }
      >
        Add them to its examples
      </Button>
    </div>
  );
}
