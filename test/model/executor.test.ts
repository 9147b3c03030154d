/**
 * The executor, its receipt writer and its lease in thousands of orders of events that nobody thought of. docs/model.md says what is modelled, and how to
 * run it for longer: FC_RUNS=20000 FC_SEED=7 npx vitest run test/model/executor.test.ts
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HELD_BACK } from '#lib/core/receipts/answer.ts';
import { atSize } from '#test/size.ts';
import { commands } from './commands.ts';
import { reasonOf } from './database.ts';
import { judge } from './oracle.ts';
import { Run, type Setup } from './run.ts';
import { CONNECTORS, type ConnectorName } from './targets.ts';

const SEED = Number(process.env.FC_SEED ?? atSize(20261124, Date.now() % 2 ** 31));
const RUNS = Number(process.env.FC_RUNS ?? atSize(300, 3_000));
/** A run that takes long is one that hangs: the longest takes a fraction of a second. */
const TIMEOUT_MS = 20_000 + RUNS * 100;

const rowsOf = (connectors: readonly ConnectorName[], minLength: number, maxLength: number) =>
  fc.array(fc.record({ connector: fc.constantFrom(...connectors), first: fc.boolean() }), { minLength, maxLength });
const executionOf = (ratePerSecond: readonly (number | null)[]) =>
  fc.record({
    concurrency: fc.integer({ min: 1, max: 3 }),
    ratePerSecond: fc.constantFrom(...ratePerSecond),
    haltAfter: fc.record({ consecutive: fc.constantFrom(2, 100), share: fc.constant(1) }),
    retry: fc.record({ attempts: fc.integer({ min: 1, max: 3 }) }),
  });
const common = { backwards: fc.boolean(), released: fc.boolean(), told: fc.integer({ min: 0, max: 3 }) };

const setup: fc.Arbitrary<Setup> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ rows: rowsOf(CONNECTORS, 1, 6), execution: executionOf([null, null, 0.2, 1, 50]), serial: fc.boolean(), ...common },
    }),
  },
  // Where intents are written ahead of a free slot: enough for a target that honours keys, and nothing else to wait for.
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ rows: rowsOf(['keyed', 'keyed', 'keyed', 'plain'], 5, 9), execution: executionOf([null]), ...common },
      serial: fc.constant(false),
    }),
  },
);

test(`whatever befalls it, the receipts tell the truth (seed ${SEED}, ${RUNS} runs)`, { timeout: TIMEOUT_MS }, async () => {
  const seen = { receipts: 0, effects: 0, claims: 0, again: 0, unsent: 0 };
  await fc.assert(
    fc.asyncProperty(setup, commands, async (wanted, befalls) => {
      const run = new Run(wanted);
      await fc.asyncModelRun(() => ({ model: run, real: run }), befalls);
      const ended = await run.finish();
      const found = judge(run);
      if (!ended) found.push(`the chunk does not come to an end: it is ${run.db.chunk.state}`);
      seen.receipts += run.db.receipts.length;
      seen.effects += run.targets.effects.length + run.db.made.length;
      seen.claims += run.db.claims.length;
      seen.unsent += run.db.receipts.filter((receipt) => reasonOf(receipt) === HELD_BACK).length;
      seen.again += run.again?.run.db.receipts.length ?? 0;
      if (found.length > 0) throw new Error([...found, '', ...run.world.trace.slice(-120)].join('\n'));
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: false },
  );
  // A model in which nothing happens would find nothing.
  expect(seen.receipts / RUNS).toBeGreaterThan(2);
  expect(seen.effects / RUNS).toBeGreaterThan(1);
  expect(seen.claims / RUNS).toBeGreaterThan(1.5);
  expect(seen.again / RUNS).toBeGreaterThan(0.1);
  expect(seen.unsent).toBeGreaterThan(0);
  if (process.env.FC_RUNS) console.log(seen);
});
