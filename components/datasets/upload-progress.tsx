import { Banner } from '#components/ui/banner.tsx';
import { formatBytes, formatCount, formatNoun } from '#components/ui/format.ts';
import { Progress } from '#components/ui/progress.tsx';
import type { DatasetView } from '#lib/shapes/datasets.ts';

type Receiving = Pick<DatasetView, 'itemCount' | 'unreadableCount' | 'bytes'> & { totalBytes: number | null };

/** How far a dataset has arrived, on any screen that looks at it; its first rows can be read meanwhile. */
export function UploadProgress({ receiving, noun }: { receiving: Receiving; noun: string }) {
  const { itemCount, unreadableCount, bytes, totalBytes } = receiving;
  const size = totalBytes === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
  const unreadable = unreadableCount > 0 ? ` · ${formatCount(unreadableCount)} unreadable` : '';
  return (
    <Progress
      label={`${formatNoun(itemCount, noun)} so far · ${size}${unreadable}`}
      value={totalBytes ? bytes / totalBytes : null}
      tone="blue"
    />
  );
}

/** Why a dataset failed, and that nothing of it is left half-visible. */
export function UploadFailed({ reason }: { reason: string }) {
  return <Banner kind="danger">{reason}</Banner>;
}
