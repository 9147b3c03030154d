import type { ErasureRow } from '#lib/shapes/erasure.ts';

export const KIND_WORDS: Record<ErasureRow['kind'], string> = {
  value: 'A value, wherever it stands',
  batch: 'The values of a batch',
  dataset: 'All of a dataset',
  original: 'The original files of a dataset',
};

export const STATE_WORDS: Record<ErasureRow['state'], string> = {
  looking: 'Being looked for',
  found: 'Waits to be confirmed',
  erasing: 'Being erased',
  done: 'Erased',
  withdrawn: 'Withdrawn, nothing erased',
};
