'use client';

import { useQuery } from '@tanstack/react-query';
import { queries, refusalOf } from '#components/api-client.ts';
import { useFieldLabel } from '#components/datasets/field-labels.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { othersWords } from './others-words.ts';
import { RequestView } from './request-view.tsx';

type Props = {
  of: { id: string; n: number };
  only?: readonly string[];
  /** the chunk's name, where the question is about others too */
  chunk?: string | null;
};

/** One real request of each category that acts (or of `only` these), in full, and in what the others differ. Asked for when the question is. */
export function RequestExamples({ of, only, chunk = null }: Props) {
  const label = useFieldLabel();
  const { data, error } = useQuery(
    queries.chunks.requests.queryOptions({ input: of, retry: false, refetchOnWindowFocus: false, staleTime: 0, gcTime: 0 }),
  );
  if (error)
    return (
      <p role="alert" className="text-red">
        {refusalOf(error).message}
      </p>
    );
  if (!data) return <Skeleton rows={3} label="Building one request of each action" />;
  return (
    <div className="flex flex-col gap-3">
      {data.requests
        .filter(({ category }) => only?.includes(category) ?? true)
        .map(({ ordinal, category, request, problem, digest, ...others }) => (
          <section key={category} aria-label={`A request of ${category}`} className="rounded-md border border-hairline p-3">
            <h3 className="mb-2 text-12 text-muted">
              {category}, item {formatCount(ordinal)}: {request ? 'in full' : 'no request'}
            </h3>
            {request ? <RequestView key={digest} request={request} /> : <p className="text-red">{problem}</p>}
            <p className="mt-2 text-12 text-muted">{othersWords(others, label, chunk)}</p>
          </section>
        ))}
    </div>
  );
}
