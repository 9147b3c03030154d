'use client';

import { useQuery } from '@tanstack/react-query';
import { queries, refusalOf } from '#components/api-client.ts';
import { formatCount } from '#components/ui/format.ts';

type Props = { datasetId: string; lines: readonly number[]; caption: string };

/** Lines of the file that a dataset was read from, as they stand there. */
export function SourceLines({ datasetId, lines, caption }: Props) {
  const { data, error } = useQuery(sourceLines(datasetId, lines));
  if (error) return <p className="text-12 text-red">{refusalOf(error).message}</p>;
  return (
    <figure className="flex min-w-0 flex-col gap-1">
      <figcaption className="text-12 text-muted">{caption}</figcaption>
      <ol className="flex min-w-0 flex-col overflow-x-auto rounded-md bg-sunken p-2 font-mono text-12 leading-[18px]">
        {lines.map((line) => (
          <li key={line} className="flex gap-3 whitespace-pre">
            <span className="w-12 shrink-0 text-right text-muted">{formatCount(line)}</span>
            <span>
              {data
                ? (data.lines.find((one) => one.line === line)?.text ??
                  '(can’t be shown: no row begins here, or it is too far into the file)')
                : '…'}
            </span>
          </li>
        ))}
      </ol>
    </figure>
  );
}

/** These lines of the file of a dataset. What was read once stays: a file does not change. */
export function sourceLines(datasetId: string, lines: readonly number[]) {
  return {
    ...queries.datasets.lines.queryOptions({ input: { id: datasetId, lines: lines.join(',') } }),
    staleTime: Number.POSITIVE_INFINITY,
  };
}
