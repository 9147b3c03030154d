/** What is lost and what stays when a dataset is deleted. Pure. */
import { formatBytes, formatNoun } from '#components/ui/format.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';

/** @param batches how many were made of it: for them its rows and its file stay */
export function deletionWords(
  { itemCount, bytes, noun }: Pick<DatasetView, 'itemCount' | 'bytes' | 'noun'>,
  batches: number,
): { lost: string; stays: string } {
  const whole = `${formatNoun(itemCount, noun)}, the original file (${formatBytes(bytes)}) and how it was read`;
  if (batches === 0)
    return {
      lost: `${capital(whole)}. This cannot be undone.`,
      stays: 'Nothing of it here. The file that it was uploaded from is not touched.',
    };
  return {
    lost: 'The dataset is not listed any more, and no new batch can be made of it.',
    stays: `${formatNoun(batches, 'batches')} of it, with every receipt; and for ${batches === 1 ? 'it' : 'them'} ${whole}.`,
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
