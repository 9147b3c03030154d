/** The matrix: each named step, struck in each way, while the targets behave in each way. A cell is a batch of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FAILPOINTS, type Failpoint } from '#lib/engine/failpoints.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { MODES, type Mode } from '#test/target.ts';
import { ADA, proposedBatch, type Shape, type SoakBatch } from './batches.ts';
import { FAULTS, type Fault, type Hold } from './fleet.ts';
import { look, type World } from './person.ts';
import { type Random, shuffled } from './random.ts';
import { patiently } from './server.ts';

export type Cell = { point: Failpoint; fault: (typeof FAULTS)[number]; mode: Mode };

/** For one batch a denial is a refusal; what it means for all who share the target is struck by the storm. */
const BEHAVIOURS: readonly Mode[] = MODES.filter((mode) => mode !== 'deny');

/** Every step with every fault under every behaviour of the targets; those first that a soak which is cut short must have had. */
export function wholeMatrix(random: Random): Cell[] {
  const cells = FAILPOINTS.flatMap((point) =>
    FAULTS.flatMap((fault) => BEHAVIOURS.map((mode): Cell => ({ point, fault, mode }))),
  );
  const rank = ({ fault, mode }: Cell): number => (mode === 'ok' ? 0 : fault === 'kill' ? 1 : fault === 'restart' ? 3 : 2);
  return shuffled(random, cells).sort((a, b) => rank(a) - rank(b));
}

/** Every step once with a kill, each other fault and each behaviour at least once. */
export function shortMatrix(random: Random): Cell[] {
  const kills = FAILPOINTS.map(
    (point, at): Cell => ({
      point,
      fault: 'kill',
      mode: BEHAVIOURS[(at + random.below(BEHAVIOURS.length)) % BEHAVIOURS.length] as Mode,
    }),
  );
  BEHAVIOURS.forEach((mode, at) => {
    (kills[at * 4 + 2] as Cell).mode = mode;
  });
  const points = shuffled(random, BUSY);
  const others = FAULTS.filter((fault) => fault !== 'kill').map(
    (fault, at): Cell => ({ point: points[at] as Failpoint, fault, mode: random.pick(BEHAVIOURS) }),
  );
  return shuffled(random, [...kills, ...others, ...ZOMBIES, ...WOKEN]);
}

/**
 * A worker that wakes while its heir is in the middle: it finds the heir's intents open, and only the epoch in its statements keeps it from telling what
 * became of them.
 */
const ZOMBIES: readonly Cell[] = [
  { point: 'manifest.verified', fault: 'stop', mode: 'hang' },
  { point: 'manifest.before', fault: 'stall', mode: 'hang' },
];

/**
 * A worker that freezes with requests out, or while it waits to repeat one, and wakes when its heir has repeated them under the same keys: neither may send
 * under another key, nor tell what became of what is the other's.
 */
const WOKEN: readonly Cell[] = [
  { point: 'send.answered', fault: 'stop', mode: 'at-it' },
  { point: 'send.checked', fault: 'stop', mode: 'reset-after' },
];

/** Where something is at stake. */
const BUSY: readonly Failpoint[] = [
  'intents.before',
  'intents.committed',
  'outcomes.before',
  'send.before',
  'send.checked',
  'send.answered',
  'effect.made',
  'effect.recorded',
];

/** What has to happen before a step can be reached at all. */
const PRELUDES: Partial<Record<Failpoint, { point: Failpoint; faults: readonly Fault[] }>> = {
  'open.found': { point: 'outcomes.before', faults: ['kill'] },
  'open.doubting': { point: 'send.checked', faults: ['kill'] },
  'open.repeating': { point: 'send.checked', faults: ['kill'] },
  'acknowledgement.lost': { point: 'intents.before', faults: ['cut', 'drop'] },
  'acknowledgement.decided': { point: 'outcomes.before', faults: ['cut', 'drop'] },
  'lease.releasing': { point: 'send.answered', faults: ['term'] },
};

export type Played = { cell: Cell; batch: SoakBatch; struck: boolean; stuck: boolean; shape: Shape };

/** Plays one cell to its end, when nothing is left to do but the batch's own end. */
export async function play(world: World, random: Random, name: string, cell: Cell, patienceMs: number): Promise<Played> {
  const { point, fault } = cell;
  const halts = point.startsWith('halt.');
  const mode = modeFor(cell);
  const saysNo = NOES.includes(point);
  const shape: Shape = {
    items: 24,
    // One chunk, or several that one worker has at the same time.
    chunkItems: random.pick([24, 24, 12, 6]),
    concurrency: 4,
    first: saysNo ? 2 : halts ? 0 : random.pick([0, 0, 2]),
    // At the last one chunks wait, are given back, and are taken again.
    ratePerSecond: random.pick([null, null, 500, 5]),
    haltAfter: halts ? 2 : null,
  };
  const batch = { ...(await proposedBatch(world.targets, name, shape)), saysNo };
  // Long enough for a lease to be renewed, and for a worker that wakes to find its heir at work.
  const lasts = halts || point.startsWith('renewal.') || fault === 'stop' || fault === 'stall' || fault === 'partition';
  if (mode !== 'ok') await misbehave(world, batch, mode, lasts ? 12 : 1 + random.below(4));

  let struck = false;
  const strikes: Promise<void>[] = [];
  const skip = MANY.includes(point) ? random.below(3) : 0;
  const main = () =>
    world.fleet.arm(point, batch.batchId, skip, (hold) => {
      struck = true;
      strikes.push(world.fleet.strike(fault, hold));
    });
  const prelude = PRELUDES[point];
  const opening = prelude && random.pick(prelude.faults);
  const disarm: (() => void)[] = [];
  const begin = (hold: Hold): void => {
    // Before the blow, for the same worker may reach the step at once.
    disarm.push(main());
    strikes.push(world.fleet.strike(opening as Fault, hold));
  };
  disarm.push(prelude ? world.fleet.arm(prelude.point, batch.batchId, 0, begin) : main());
  await patiently(() => startBatch(ADA, { batchId: batch.batchId })).catch(() => {});
  const stuck = !(await untilOver(world, batch, patienceMs));
  for (const off of disarm) off();
  await Promise.all(strikes);
  return { cell, batch, struck, stuck, shape };
}

/** How the targets have to behave so that the step is reached at all; else as the cell says. */
function modeFor({ point, mode }: Cell): Mode {
  if (point.startsWith('halt.')) return 'refuse';
  // Only an uncertain action is looked up.
  if (point.startsWith('inspection.') && (mode === 'ok' || mode === 'refuse')) return '500-after';
  // A lease is renewed only while something takes long.
  if (point.startsWith('renewal.') && mode !== 'timeout-after') return 'hang';
  return mode;
}

/** A person looks again and again. False when it did not come to its end in time. */
export async function untilOver(world: World, batch: SoakBatch, patienceMs: number): Promise<boolean> {
  for (const until = performance.now() + patienceMs; performance.now() < until; ) {
    if (await look(world, batch)) return true;
    await sleep(LOOK_MS);
  }
  return false;
}

export async function misbehave({ targets }: World, { path, own }: SoakBatch, mode: Mode, times: number): Promise<void> {
  const { keeping, forgetful, rows, errands, mails } = targets;
  const web = [keeping, forgetful].map((target) => target.modeOf(path, mode, times));
  await Promise.all([...web, rows.modeOf(own, mode, times), errands.modeOf(own, mode, times), mails?.modeOf(own, mode, times)]);
}

const LOOK_MS = 150;

/** Struck before anything is sent: in these cells a person says No to the first few, and what is left is reviewed again. */
const NOES: readonly Failpoint[] = [
  'answers.before',
  'answers.stored',
  'classifying.ended',
  'manifest.before',
  'manifest.verified',
];

/** Reached more than once in a batch: not only the first time counts. */
const MANY: readonly Failpoint[] = [
  'intents.before',
  'intents.committed',
  'outcomes.before',
  'outcomes.committed',
  'send.before',
  'send.checked',
  'send.answered',
];
