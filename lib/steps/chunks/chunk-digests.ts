/**
 * What a decision on each of these chunks is bound to, for a list: so that whoever approves thousands of chunks need not read thousands of checkpoints. What
 * is listed is what a decision compares, or nothing.
 */
import { requestBuilder } from '#lib/connectors/registry.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import { LISTED_DIGEST_ITEMS_MAX } from '#lib/core/limits.ts';
import { type ChunkNow, readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { readApprovedDigests } from '#lib/store/checkpoints/decisions.sql.ts';
import { currentManifests } from '#lib/store/checkpoints/manifest.sql.ts';
import type { db } from '#lib/store/postgres/db.ts';

/** How many of these chunks a page can tell of: the manifests that have to be built for it have a bound, and the first chunk may be larger. */
export function fitting(chunks: readonly ChunkNow[]): number {
  let items = 0;
  const beyond = chunks.findIndex((chunk) => {
    const before = items;
    if (isUnknown(chunk)) items += chunk.itemCount;
    return before > 0 && items > LISTED_DIGEST_ITEMS_MAX;
  });
  return beyond === -1 ? chunks.length : beyond;
}

/**
 * The digests, hex, by the chunks' ids: what was approved, once something was; before, what the classifications make at the revision that was read. A chunk
 * has none while it is not classified, while an item's request can't be built, and where it was changed meanwhile.
 */
export async function readDigests(
  pool: ReturnType<typeof db>['pool'],
  batchId: string,
  chunks: readonly ChunkNow[],
): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const { id, state, manifestDigest } of chunks)
    if (CHUNK_IN_REVIEW.includes(state) && manifestDigest !== null) digests.set(id, manifestDigest);
  const decided = chunks.filter(({ decisionId }) => decisionId !== null).map(({ id }) => id);
  if (decided.length > 0) for (const [id, digest] of await readApprovedDigests(pool, decided)) digests.set(id, digest);
  const unknown = chunks.filter(isUnknown);
  const batch = unknown.length > 0 ? await readBatchFacts(pool, batchId) : null;
  if (!batch) return digests;
  const of = { batchId, datasetId: batch.datasetId, plan: batch.plan };
  for (const [id, { digest, problems, stands }] of await currentManifests(pool, of, unknown, requestBuilder))
    if (stands && problems.length === 0) digests.set(id, digest);
  return digests;
}

const isUnknown = ({ state, manifestDigest }: ChunkNow): boolean => CHUNK_IN_REVIEW.includes(state) && manifestDigest === null;
