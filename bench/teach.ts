/**
 * What a large dataset costs that is classified by examples (docs/examples.md): how long a person waits for the next items to decide, at first and when so many are decided, how long
 * the web server's loop stands still meanwhile, how long the start of the batch takes, and how many items a second two real workers classify. The decisions are those of five rules.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { stopRinging } from '#lib/engine/bell.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { itemsToLearnFrom } from '#lib/steps/plans/items-to-learn-from.ts';
import { teach as teachStep } from '#lib/steps/plans/teach.ts';
import { ACTOR } from './approved-batch.ts';
import { type Bench, type BenchRun, type Figures, rounded } from './bench.ts';
import { batchOf, waitUntilClassified } from './classify.ts';
import { CATEGORIES, datasetOf, PLAIN, RULES } from './rows.ts';
import { startWorkers } from './workers.ts';

export const teach: Bench = {
  of: 'items',
  fullRows: 1_000_000,
  aims: { nextPickMs: { most: 2_000 }, loopStoodMs: { most: 50 }, perSecond: { least: 5_000 } },
  run,
};

const WORKERS = 2;
const ROUND = 20;
const TAUGHT = 500;

async function run({ rows, server, say }: BenchRun): Promise<Figures> {
  const fleet = await startWorkers(WORKERS, server.appUrl);
  try {
    const datasetId = await datasetOf(rows);
    say(`${rows} items are there`);
    const loop = monitorEventLoopDelay({ resolution: 5 });
    loop.enable();
    const items: Record<string, number[]> = {};
    const waits: number[] = [];
    for (let taught = 0; taught < TAUGHT; taught += ROUND) {
      const classifier = { kind: 'examples', otherwise: 'unsure', taught: taught === 0 ? [] : [{ dataset: datasetId, items }] };
      const began = performance.now();
      const asked = await teachStep(ACTOR, { datasetId, classifier, most: ROUND });
      waits.push(performance.now() - began);
      await decide(
        datasetId,
        asked.items.map(({ ordinal }) => ordinal),
        items,
      );
    }
    loop.disable();
    say(`the first pick took ${rounded(waits[0] ?? 0)} ms, the last ${rounded(waits.at(-1) ?? 0)} ms`);
    const began = performance.now();
    const batchId = await batchOf(datasetId, {
      classifier: { kind: 'examples', otherwise: 'unsure', taught: [{ dataset: datasetId, items }] },
      categories: [...CATEGORIES, 'unsure'],
    });
    const planMs = performance.now() - began;
    const starting = performance.now();
    await startBatch(ACTOR, { batchId });
    const startMs = performance.now() - starting;
    const classifying = performance.now();
    await waitUntilClassified(batchId, rows);
    const seconds = (performance.now() - classifying) / 1_000;
    return {
      ...{
        firstPickMs: rounded(waits[0] ?? 0),
        nextPickMs: rounded(Math.max(...waits.slice(1))),
        lastPickMs: rounded(waits.at(-1) ?? 0),
      },
      ...{
        loopStoodMs: rounded(loop.max / 1e6),
        planMs: rounded(planMs),
        startMs: rounded(startMs),
        perSecond: rounded(rows / seconds),
      },
      ...{ taught: Object.values(items).flat().length, workers: WORKERS },
      ...{ webMemoryBytes: process.memoryUsage().rss, peakMemoryBytes: fleet.peakMemoryBytes() },
    };
  } finally {
    await Promise.all([fleet.stop(), stopRinging()]);
  }
}

/** Puts each item where the first rule that holds says. */
async function decide(datasetId: string, ordinals: readonly number[], items: Record<string, number[]>): Promise<void> {
  const ascending = [...ordinals].sort((one, other) => one - other);
  for await (const page of itemsToLearnFrom.items(datasetId, ascending, ['from', 'subject', 'amount']))
    for (const { ordinal, fields } of page) {
      const { from = '', subject = '', amount = '' } = fields;
      const category = RULES[PLAIN.findIndex((holds) => holds({ from, subject, amount }))]?.category ?? 'other';
      items[category] = [...(items[category] ?? []), ordinal];
    }
}
