/** What may befall a run, as commands of fast-check. The order of events is one of them, so that it shrinks with the rest. */
import fc from 'fast-check';
import { type Run, SLOTS, type Slot } from './run.ts';
import { FAILURES, LOSSES } from './store.ts';
import { MOODS, type Mood } from './targets.ts';

/** The run is its own model: what can't be done in it is left out. */
type Command = fc.AsyncCommand<Run, Run>;

function command(name: string, act: (run: Run) => unknown, may: (run: Run) => boolean = () => true): Command {
  return {
    check: may,
    toString: () => name,
    async run(run) {
      run.world.trace.push(`${' '.repeat(8)}— ${name}`);
      await act(run);
      await run.world.settled();
    },
  };
}

const at = (slot: Slot) => (run: Run) => run.process(slot);
const alive = (slot: Slot) => (run: Run) => run.process(slot) !== null;
const unlocked = ({ db }: Run) => db.lockedBy === null;

const slot = fc.constantFrom(...SLOTS);
const agent = fc.constantFrom('agent X', 'agent Y');
const start = (one: Slot) =>
  command(
    `${one} claims`,
    (run) => run.start(one),
    (run) => run.process(one) === null,
  );
/** The owner does not know, nor does it matter: the lease proves nothing. */
const takeOver = (one: Slot) =>
  command(
    `the lease lapses and ${one} claims`,
    (run) => {
      run.db.lapse();
      run.start(one);
    },
    (run) => run.process(one) === null,
  );
const happen = (picks: number[]) =>
  command(`let happen ${picks.join(' ')}`, async ({ world }) => {
    for (const pick of picks) await world.step(pick);
  });
const mood = ([one, times]: [Mood, number]) =>
  command(`the next ${times} requests meet “${one}”`, ({ targets }) => {
    for (let time = 0; time < times; time += 1) targets.moods.push(one);
  });

/** Sums of these cover what the protocol counts in: a turn, a beat, a lease, an answer, a margin of keys, a kept key. */
const WAITS_MS = [50, 600, 1_100, 3_100, 10_500, 31_000, 20 * 60_000, 70 * 60_000];

const reviewAgain = command(
  'the rest is reviewed again',
  (run) => run.reviewAgain(),
  (run) => run.isLeft && unlocked(run),
);
/** What nobody began to send is left at once; what is out is not. */
function cancelAndReviewAgain(run: Run): void {
  run.db.cancel();
  if (run.isLeft) run.reviewAgain();
}
/** What a worker hears of while an intent is ahead of a free slot, which few orders of events would come to by themselves. */
const WHILE_AHEAD: Record<string, (run: Run, slot: Slot) => void> = {
  pause: ({ db }) => db.pause(),
  cancel: ({ db }) => db.cancel(),
  crash: (run, one) => run.crash(one),
  drain: (run, one) => at(one)(run)?.drain.abort(),
  'give way': (run, one) => run.giveWay(one),
  'lose the lease': ({ db }) => db.lapse(),
  'meet refusals': ({ targets }) => void targets.moods.push('refused', 'refused', 'refused'),
  'be asked to wait': ({ targets }) => void targets.moods.push('429', '429'),
};
const STEPS_MAX = 80;

const whileAhead = ([other, what, pick]: [Slot, string, number]) =>
  command(
    `whoever has the chunk, or ${other}, goes on until an intent is ahead, and is to ${what}`,
    async (run) => {
      const { db, world, setup } = run;
      const slots = setup.execution?.concurrency ?? 1;
      const one = SLOTS.find((slot) => run.process(slot)) ?? other;
      if (!run.process(one)) run.start(one);
      for (let steps = 0; db.chunk.inFlight <= slots && steps < STEPS_MAX && (await world.step(pick)); steps += 1);
      if (unlocked(run)) WHILE_AHEAD[what]?.(run, one);
    },
    ({ setup }) => isKeyed(setup),
  );

function isKeyed({ rows, serial, execution }: Run['setup']): boolean {
  return !serial && execution?.ratePerSecond == null && rows.filter(({ connector }) => connector === 'keyed').length > 2;
}

/** To the batch that reviews the rest again. */
const toRest = (one: Command): Command => ({
  check: ({ again }) => again !== null && one.check(again.run),
  toString: () => `to the rest: ${one}`,
  run: ({ again }) => (again ? one.run(again.run, again.run) : Promise.resolve()),
});

const COMMANDS: [number, fc.Arbitrary<Command>][] = [
  [40, fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 24 }).map(happen)],
  [6, slot.map(start)],
  [10, slot.map(takeOver)],
  [4, slot.map((one) => command(`${one} crashes`, (run) => run.crash(one), alive(one)))],
  [3, slot.map((one) => command(`${one} freezes`, (run) => Object.assign(at(one)(run) ?? {}, { frozen: true }), alive(one)))],
  [3, slot.map((one) => command(`${one} thaws`, (run) => Object.assign(at(one)(run) ?? {}, { frozen: false }), alive(one)))],
  [1, slot.map((one) => command(`${one} is asked to end`, (run) => at(one)(run)?.drain.abort(), alive(one)))],
  [2, slot.map((one) => command(`${one} is asked to give way`, (run) => run.giveWay(one), alive(one)))],
  [1, slot.map((one) => command(`the clock of ${one} jumps`, (run) => jump(run, one), alive(one)))],
  [3, fc.constant(command('the lease lapses', ({ db }) => db.lapse()))],
  [5, fc.constantFrom(...WAITS_MS).map((ms) => command(`wait ${ms / 1000} s`, ({ world }) => world.wait(ms)))],
  [7, fc.constantFrom(...LOSSES).map((loss) => command(`lose a commit: ${loss}`, ({ losses }) => void losses.push(loss)))],
  [
    4,
    fc
      .constantFrom(...FAILURES)
      .map((one) => command(`lose another statement: ${one}`, ({ failures }) => void failures.push(one))),
  ],
  [6, fc.tuple(slot, fc.constantFrom(...Object.keys(WHILE_AHEAD)), fc.nat({ max: 5 })).map(whileAhead)],
  [8, fc.tuple(fc.constantFrom(...(Object.keys(MOODS) as Mood[])), fc.integer({ min: 1, max: 5 })).map(mood)],
  [1, fc.constant(command('an inspection says nothing', ({ targets }) => targets.silence()))],
  [1, fc.constant(command('the target fails for everybody', ({ db }) => Object.assign(db, { broken: true })))],
  [2, fc.constant(command('pause', ({ db }) => db.pause(), unlocked))],
  [2, fc.constant(command('pause, and lose the answer of the next commit', pauseUnheard, unlocked))],
  [3, fc.constant(command('resume', ({ db }) => db.resume(), unlocked))],
  [1, fc.constant(command('cancel', ({ db }) => db.cancel(), unlocked))],
  [2, fc.constant(command('retry', ({ db }) => db.retry(), unlocked))],
  [2, fc.constant(command('release', ({ db }) => db.release(), unlocked))],
  [3, fc.constant(reviewAgain)],
  [1, fc.constant(command('cancel, and review the rest again', cancelAndReviewAgain, unlocked))],
  [6, agent.map((one) => command(`${one} takes an errand`, (run) => run.takeErrand(one), unlocked))],
  [4, agent.map((one) => command(`${one} does its errand`, (run) => run.carryOut(one)))],
  [4, agent.map((one) => command(`${one} answers`, (run) => run.answerErrand(one, false), unlocked))],
  [1, agent.map((one) => command(`${one} answers twice`, (run) => run.answerErrand(one, true), unlocked))],
  [1, agent.map((one) => toRest(command(`${one} takes an errand`, (run) => run.takeErrand(one), unlocked)))],
  [2, slot.map((one) => toRest(start(one)))],
  [2, slot.map((one) => toRest(takeOver(one)))],
  [1, slot.map((one) => toRest(command(`${one} crashes`, (run) => run.crash(one), alive(one))))],
  [
    3,
    fc
      .tuple(fc.nat({ max: 5 }), fc.constantFrom('succeeded' as const, 'not_executed' as const, 'abandoned' as const))
      .map(([pick, result]) => command(`a person says ${result}`, (run) => run.answer(pick, result), unlocked)),
  ],
];

/** What was to be written with the outcomes that are found is not there. */
function pauseUnheard({ db, losses }: Run): void {
  db.pause();
  losses.push('after');
}

function jump(run: Run, one: Slot): void {
  const process = run.process(one);
  if (process) process.wallOffsetMs += 5 * 3_600_000;
}

export const commands = fc.commands(
  COMMANDS.flatMap(([weight, arbitrary]) => Array.from({ length: weight }, () => arbitrary)),
  { maxCommands: 60, size: 'max' },
);
