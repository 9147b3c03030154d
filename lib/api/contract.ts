/** The JSON paths of the API, each with what it takes and gives. Files and live events are in streams.ts. */
import { oc } from '@orpc/contract';
import { batchPaths } from './contract/batches.ts';
import { chunkPaths } from './contract/chunks.ts';
import { connectionPaths } from './contract/connections.ts';
import { datasetPaths } from './contract/datasets.ts';
import { fleetPaths } from './contract/fleet.ts';
import { peoplePaths } from './contract/people.ts';
import { planPaths } from './contract/plans.ts';
import { receiptPaths } from './contract/receipts.ts';
import { workPaths } from './contract/work.ts';

export const contract = oc.prefix('/api/v1').router({
  ...datasetPaths,
  ...batchPaths,
  ...planPaths,
  ...connectionPaths,
  ...chunkPaths,
  ...receiptPaths,
  ...fleetPaths,
  ...peoplePaths,
  ...workPaths,
});
