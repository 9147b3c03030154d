/**
 * Whether anybody waits for somebody else's slow target: batches that may send once a second, and batches whose target answers after two seconds, have far
 * more chunks than the workers together. Then small batches of labels are approved, one after the other: from each approval to its end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CHUNKS_PER_WORKER } from '#lib/core/limits.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { db } from '#lib/store/postgres/db.ts';
import { ACTOR, approve, type Reviewed, reviewedBatch, untilDone } from './approved-batch.ts';
import { startTarget } from './http.ts';

const PACED = { batches: 20, chunks: 20, chunkItems: 20, ratePerSecond: 1 };
const SLOW = { batches: 5, chunks: 20, chunkItems: 60, latencyMs: 2_000 };
const LABELS = { batches: 20, items: 50, everyMs: 500 };
/** Until the workers are full and the batches have settled down. */
const SETTLE_MS = 5_000;

/** With the workers that are there. Times in ms: the middle one, and the longest. */
export async function starving(workers: number): Promise<object> {
  const [near, far] = [await startTarget(), await startTarget(SLOW.latencyMs)];
  const post = (url: string) => ({ connector: 'http', do: 'POST', with: { url, body: { subject: '{{subject}}' } } });
  const waiting: Reviewed[] = [];
  try {
    for (let made = 0; made < PACED.batches; made += 1) {
      const items = PACED.chunks * PACED.chunkItems;
      const { chunkItems, ratePerSecond } = PACED;
      waiting.push(await reviewedBatch({ items, chunkItems, ratePerSecond, action: post(near.url) }));
    }
    for (let made = 0; made < SLOW.batches; made += 1)
      waiting.push(
        await reviewedBatch({ items: SLOW.chunks * SLOW.chunkItems, chunkItems: SLOW.chunkItems, action: post(far.url) }),
      );
    const labels: Reviewed[] = [];
    for (let made = 0; made < LABELS.batches; made += 1)
      labels.push(await reviewedBatch({ items: LABELS.items, chunkItems: LABELS.items }));
    for (const one of waiting) await approve(one);
    await sleep(SETTLE_MS);
    const full = await owned();
    const sentBefore = await sent(waiting);
    const began = performance.now();
    const waits: number[] = [];
    for (const one of labels) {
      const from = await approve(one);
      waits.push(1_000 * ((await untilDone(one)) - from));
      await sleep(LABELS.everyMs);
    }
    const seconds = (performance.now() - began) / 1_000;
    const sentAfter = await sent(waiting);
    waits.sort((a, b) => a - b);
    const paced = waiting.slice(0, PACED.batches);
    const perSecond = paced.map(({ batchId }) => ((sentAfter.get(batchId) ?? 0) - (sentBefore.get(batchId) ?? 0)) / seconds);
    return {
      ...{ workers, loops: workers * CHUNKS_PER_WORKER, busyLoops: full, labelItems: LABELS.items, labelBatches: LABELS.batches },
      medianMs: Math.round(waits[(waits.length - 1) >> 1] ?? Number.NaN),
      longestMs: Math.round(waits.at(-1) ?? Number.NaN),
      /** What the batches that may send once a second got meanwhile: the least of them, and all together. */
      pacedPerSecond: {
        least: Number(Math.min(...perSecond).toFixed(2)),
        mean: Number((perSecond.reduce((sum, one) => sum + one, 0) / perSecond.length).toFixed(2)),
      },
    };
  } finally {
    for (const { batchId } of waiting) await cancel(ACTOR, { batchId }).catch(() => {});
    await atRest(waiting);
    await Promise.all([near.stop(), far.stop()]);
  }
}

async function owned(): Promise<number> {
  const { rows } = await db().pool.query<{ owned: number }>(
    'SELECT count(*)::int AS owned FROM chunk WHERE lease_until > clock_timestamp()',
  );
  return rows[0]?.owned ?? 0;
}

async function sent(batches: Reviewed[]): Promise<Map<string, number>> {
  const { rows } = await db().pool.query<{ id: string; sent: number }>(
    'SELECT batch_id AS id, sum(done)::int AS sent FROM chunk WHERE batch_id = ANY ($1) GROUP BY 1',
    [batches.map(({ batchId }) => batchId)],
  );
  return new Map(rows.map(({ id, sent: count }) => [id, count]));
}

async function atRest(batches: Reviewed[]): Promise<void> {
  for (let open = true; open; await sleep(100)) {
    const { rows } = await db().pool.query<{ open: boolean }>(
      "SELECT coalesce(bool_or(state = 'executing'), false) AS open FROM chunk WHERE batch_id = ANY ($1)",
      [batches.map(({ batchId }) => batchId)],
    );
    open = rows[0]?.open ?? false;
  }
}
