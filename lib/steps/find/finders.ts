/** Everything that can be found, in the order in which it is told. Adding a kind is adding one line here, and its name in lib/shapes/find.ts. */
import { findBatches, findChunksNamed, findDatasets, findPeople } from './find-names.ts';
import { findItemValues, findReceiptValues } from './find-values.ts';
import type { Finder } from './finder.ts';

export const FINDERS: readonly Finder[] = [
  { kind: 'batches', title: 'Batches', verb: 'see_batches', values: false, find: findBatches },
  { kind: 'chunks', title: 'Chunks', verb: 'see_batches', values: false, find: findChunksNamed },
  { kind: 'datasets', title: 'Datasets', verb: 'see', values: false, find: findDatasets },
  { kind: 'items', title: 'Items', verb: 'see', values: true, find: findItemValues },
  { kind: 'receipts', title: 'Receipts', verb: 'see_batches', values: true, find: findReceiptValues },
  { kind: 'people', title: 'People', verb: 'people', values: false, find: findPeople },
];
