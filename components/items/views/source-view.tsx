'use client';

import { useQuery } from '@tanstack/react-query';
import { refusalOf } from '#components/api-client.ts';
import { formatBytes } from '#components/ui/format.ts';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { ORIGINAL_SHOWN_BYTES } from '#lib/core/limits.ts';
import { Again } from './again.tsx';
import { originalOf } from './items-of.tsx';

/** An item's own bytes, as text. */
export function SourceView({ datasetId, ordinal }: { datasetId: string; ordinal: number }) {
  const { data, error, refetch } = useQuery(originalOf(datasetId, ordinal));
  if (error) return <Again words={refusalOf(error).message} onAgain={refetch} />;
  if (!data) return <Skeleton rows={6} label="Loading the source" />;
  return (
    <>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        className="max-h-[60dvh] overflow-auto rounded-md bg-sunken p-3 font-mono text-12 leading-[18px] break-all whitespace-pre-wrap"
      >
        {data.raw}
      </pre>
      <p className="text-12 text-muted">
        {formatBytes(data.rawBytes)}, shown as {data.charset}
        {data.rawBytes > ORIGINAL_SHOWN_BYTES ? `; these are the first ${formatBytes(ORIGINAL_SHOWN_BYTES)}` : ''}.
      </p>
    </>
  );
}
