/** What is left of the time: several batches at once, any fault at any moment, and people who pause, cancel, release and retry as they like. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CountersignError } from '#lib/core/errors.ts';
import { FAILPOINTS } from '#lib/engine/failpoints.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { retry } from '#lib/steps/batches/retry.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { MODES } from '#test/target.ts';
import { ADA, proposedBatch, restsOf, type Shape, type SoakBatch, undoOf, undosBegun } from './batches.ts';
import { FAULTS, type Fault } from './fleet.ts';
import { misbehave, untilOver } from './matrix.ts';
import { isAway, stateOf, type World } from './person.ts';
import type { Random } from './random.ts';
import { patiently } from './server.ts';

/** How many batches are undone in their turn. */
const UNDONE = 0.3;

/** How many say No to the first few, where some run first. */
const SAYS_NO = 0.5;

type Stormed = { batch: SoakBatch; stuck: boolean };

type StormOptions = {
  until: number;
  batchesAtOnce: number;
  patienceMs: number;
  /** Called with each batch that came to its end. */
  judged: (stormed: Stormed) => Promise<void>;
};

/** Goes on until the time is over and every batch that was begun is at its end. Gives how many there were. */
export async function storm(world: World, random: Random, options: StormOptions): Promise<number> {
  const living = new Map<string, SoakBatch>();
  const strikes = new Set<Promise<void>>();
  let begun = 0;
  let over = false;

  const lane = async (): Promise<void> => {
    while (performance.now() < options.until) {
      begun += 1;
      const { batch, shape } = await stormBatch(world, random, `storm-${begun}`);
      await live(batch);
      for (const undo of await undosBegun(world, batch).catch(noneIfAway)) await live(undo);
      for (const rest of await restsOf(world.targets, batch, shape).catch(noneIfAway)) await live(rest);
      if (random.next() > UNDONE) continue;
      const undo = await undoOf(batch).catch(unlessAway);
      if (undo) await live(undo);
    }
  };
  const live = async (batch: SoakBatch): Promise<void> => {
    living.set(batch.batchId, batch);
    const stuck = !(await lived(world, random, batch, options.patienceMs));
    living.delete(batch.batchId);
    await options.judged({ batch, stuck });
  };
  const weather = async (): Promise<void> => {
    while (!over) {
      await sleep(200 + random.below(1_000));
      const batch = [...living.values()][random.below(living.size)];
      if (!batch || over) continue;
      const fault = anyFault(random);
      await world.targets.forgetful.lookup(random.pick(['true', 'true', 'lies', 'broken'] as const));
      if (random.next() < 0.2) await world.targets.rows.jolt(random);
      if (random.next() < 0.2) await world.targets.mails?.jolt(random);
      if (random.next() < 0.4) await misbehave(world, batch, random.pick(MODES), 1 + random.below(12));
      if (random.next() < 0.4) {
        const hold = world.fleet.anyone(random.next());
        if (hold) track(strikes, world.fleet.strike(fault, hold));
      } else {
        const off = world.fleet.arm(random.pick(FAILPOINTS), batch.batchId, random.below(6), (hold) =>
          track(strikes, world.fleet.strike(fault, hold)),
        );
        setTimeout(off, 15_000).unref();
      }
    }
  };

  const raging = weather();
  await Promise.all(Array.from({ length: options.batchesAtOnce }, lane));
  over = true;
  await raging;
  await Promise.all(strikes);
  return begun;
}

function track(strikes: Set<Promise<void>>, strike: Promise<void>): void {
  strikes.add(strike);
  void strike.finally(() => strikes.delete(strike));
}

/** A restart strikes everybody, so it comes seldom. */
function anyFault(random: Random): Fault {
  const fault = random.pick([...FAULTS, 'kill', 'kill', 'term'] as const);
  return fault === 'restart' && random.next() < 0.7 ? 'kill' : fault;
}

async function stormBatch(world: World, random: Random, name: string): Promise<{ batch: SoakBatch; shape: Shape }> {
  const items = 16 + random.below(300);
  const shape: Shape = {
    items,
    chunkItems: Math.max(8, Math.ceil(items / (1 + random.below(5)))),
    concurrency: 1 + random.below(8),
    first: random.pick([0, 0, 3]),
    ratePerSecond: random.pick([null, null, 200]),
    haltAfter: random.pick([null, null, 5]),
  };
  const batch = { ...(await proposedBatch(world.targets, name, shape)), saysNo: random.next() < SAYS_NO };
  await patiently(() => startBatch(ADA, { batchId: batch.batchId })).catch(() => {});
  return { batch, shape };
}

/** A person brings it to its end, and meddles now and then on the way. */
async function lived(world: World, random: Random, batch: SoakBatch, patienceMs: number): Promise<boolean> {
  const { batchId } = batch;
  const verbs = random.below(5);
  for (let done = 0; done < verbs; done += 1) {
    if (await untilOver(world, batch, 200 + random.below(3_000))) break;
    await meddle(world, random, batchId);
  }
  if (!(await untilOver(world, batch, patienceMs))) return false;
  // What failed, or was said not to have happened, is attempted again, as often as a person likes.
  for (let again = random.below(3); again > 0; again -= 1) {
    await quietly(() => retry(ADA, { batchId }));
    if (!(await untilOver(world, batch, patienceMs))) return false;
  }
  return true;
}

async function meddle({ server }: World, random: Random, batchId: string): Promise<void> {
  const { chunks } = await patiently(() => stateOf(server, batchId));
  const chunk = random.next() < 0.6 ? random.pick(chunks).number : undefined;
  const which = { batchId, ...(chunk !== undefined && { chunk }) };
  const verb = random.below(10);
  if (verb < 4) await quietly(() => pause(ADA, which));
  else if (verb < 7) await quietly(() => resume(ADA, which));
  else if (verb < 9) await quietly(() => retry(ADA, which));
  else await quietly(() => cancel(ADA, which));
}

/** What the product refuses, and what a database that is away keeps it from, a person leaves at that. */
async function quietly(act: () => Promise<unknown>): Promise<void> {
  await act().catch(unlessAway);
}

function noneIfAway(error: unknown): never[] {
  unlessAway(error);
  return [];
}

function unlessAway(error: unknown): null {
  if (error instanceof CountersignError || isAway(error)) return null;
  throw error;
}
