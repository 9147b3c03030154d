/** The whole soak: a server, targets and workers of its own, the matrix, the storm, the judgement of every batch, the report. */
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LEASE_MS } from '#lib/core/limits.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { closeDb } from '#lib/store/postgres/db.ts';
import { startTarget } from '#test/target.ts';
import { restsOf, type SoakBatch, type Targets, undosBegun } from './batches.ts';
import { startErrands } from './errands.ts';
import { startFleet } from './fleet.ts';
import { type Cell, type Played, play, shortMatrix, untilOver, wholeMatrix } from './matrix.ts';
import { EffectLog, judge, judgeEnd, LIE_KINDS, type Lie, receiptsOfItem, type Verdict } from './oracle.ts';
import { startMails, startRows } from './outside.ts';
import { told, type World } from './person.ts';
import { seeded } from './random.ts';
import type { Report } from './report.ts';
import { patiently, startServer } from './server.ts';
import { storm } from './storm.ts';

export type SoakOptions = {
  seed: number;
  minutes: number;
  short: boolean;
  /** only the cells of the matrix whose title contains it, and no storm */
  only: string;
  workers: number;
  say: (line: string) => void;
};

/** So many cells, or batches of the storm, at once. Two workers more than that leave one idle when another is killed. */
const CELLS_AT_ONCE = 3;
/** Of the time, at most, for the matrix: an hour has room for all of it. The storm has the rest. */
const MATRIX_SHARE = 0.85;
const TELL_MS = 60_000;
const PATIENCE_MS = 180_000;
const CELL_TRIES = 3;

/** Runs it to its end and gives what came of it. Throws only when the soak itself is broken. */
export async function soak(options: SoakOptions): Promise<Report> {
  const { seed, say } = options;
  const started = performance.now();
  const server = await startServer();
  const web = {
    keeping: await startTarget({ log: join(server.folder, 'keeping.jsonl'), honourKeys: true, latencyMs: 15 }),
    forgetful: await startTarget({ log: join(server.folder, 'forgetful.jsonl'), latencyMs: 15 }),
  };
  const rows = await startRows(server);
  const errands = await startErrands(server, seeded(seed + 2));
  const mails = await startMails();
  const missing = 'missing' in mails ? [`mails in Dovecot: ${mails.missing}`] : [];
  for (const one of missing) say(`not a target here: ${one}`);
  const targets: Targets = { ...web, rows, errands, mails: 'missing' in mails ? null : mails };
  const logs = [new EffectLog(join(server.folder, 'keeping.jsonl')), new EffectLog(join(server.folder, 'forgetful.jsonl'))];
  const fleet = await startFleet(server, options.workers);
  const witnesses = [...logs, rows, errands, ...(targets.mails ? [targets.mails] : [])];
  const world: World = { server, fleet, targets, witnesses };
  const court = judgesOf(world, say);
  const abandon = (): void => {
    fleet.abandon();
    for (const { pid } of [web.keeping, web.forgetful]) process.kill(pid, 'SIGKILL');
    server.abandon();
  };
  process.once('exit', abandon);
  // A soak that is ended half way has told how far it came.
  const telling = setInterval(() => say(JSON.stringify({ ...fleet.counts, ...court.sums() })), TELL_MS);
  const until = started + options.minutes * 60_000;
  try {
    const all = options.short ? shortMatrix(seeded(seed)) : wholeMatrix(seeded(seed));
    // Numbered before they are chosen from: a cell that is played alone has the seed that it has in the whole.
    const planned = all
      .map((cell, index) => ({ ...cell, number: index + 1 }))
      .filter((cell) => titleOf(cell).includes(options.only));
    const mere = options.short || options.only !== '';
    const matrixUntil = mere ? Number.POSITIVE_INFINITY : started + options.minutes * 60_000 * MATRIX_SHARE;
    const played = await playAll(world, court, seed, planned, matrixUntil, say);
    say(`matrix: ${played.struck} of ${planned.length} cells struck`);
    const storms = mere
      ? 0
      : await storm(world, seeded(seed + 1), {
          ...{ until, batchesAtOnce: CELLS_AT_ONCE, patienceMs: PATIENCE_MS },
          judged: ({ batch, stuck }) => court.judge(batch, batch.name, stuck),
        });
    await court.awaitEnds();
    const takeovers = await takeoversOf(world);
    await fleet.end();
    for (const said of [...(await errands.amiss()), ...((await targets.mails?.amiss()) ?? [])]) court.amiss(said);
    return {
      seed,
      form: options.short ? 'short' : 'full',
      seconds: Math.round((performance.now() - started) / 1000),
      cells: { planned: planned.length, ...played },
      storms,
      ...fleet.counts,
      ...court.sums(),
      missing,
      takeovers,
      coverage: fleet.coverage(),
      stuck: court.stuck,
      crashes: fleet.crashes,
      stories: court.stories,
      machine: {
        cpu: cpus()[0]?.model ?? 'unknown',
        cores: cpus().length,
        memoryBytes: totalmem(),
        node: process.version,
        postgres: server.version,
      },
    };
  } finally {
    clearInterval(telling);
    await fleet.end();
    await Promise.all([...Object.values(targets).map((target) => target?.stop()), stopRinging(), closeDb()]);
    await server.stop();
    process.off('exit', abandon);
  }
}

const titleOf = ({ point, fault, mode }: Cell): string => `${point} × ${fault} × ${mode}`;

type Numbered = Cell & { number: number };

type Court = ReturnType<typeof judgesOf>;

/** Judges each batch as it comes to its end and adds up. */
function judgesOf(world: World, say: (line: string) => void) {
  const { server, witnesses } = world;
  const lies: Lie[] = [];
  const stuck: string[] = [];
  const stories: string[] = [];
  const unfinished = new Map<string, { batch: SoakBatch; where: string }>();
  const sum: Omit<Verdict, 'lies'> & { batches: number } = {
    ...{ batches: 0, items: 0, receipts: 0, effects: 0, mails: 0, rows: 0, errands: 0, withdrawn: 0, repeats: 0 },
    ...{ uncertain: 0, inspected: 0, resolved: 0, resolvedRightly: 0 },
    ...{ corrected: 0, revisions: 0, onLooks: 0, again: 0 },
  };

  const tell = async (batch: SoakBatch, where: string, lie: Lie): Promise<void> => {
    lies.push(lie);
    const receipts = await patiently(() => receiptsOfItem(server.pool, batch.batchId, lie.ordinal));
    stories.push([`${lie.kind} in ${where}: item ${lie.ordinal}: ${lie.said}`, ...receipts].join('\n    '));
    say(stories.at(-1) ?? '');
  };

  /** A worker may have died between a chunk's end and the closing receipt of a cancelled batch: a chore finds that too. */
  const untilClosed = async (batch: SoakBatch): Promise<Lie[]> => {
    for (const patience = performance.now() + PATIENCE_MS; ; await sleep(500)) {
      const lies = await patiently(() => judgeEnd(server.pool, batch));
      if (lies.length === 0 || performance.now() > patience) return lies;
    }
  };

  return {
    stuck,
    stories,
    /** What is not where the record of its target says, found when all is over. */
    amiss(said: string): void {
      lies.push({ kind: 'falseOutcome', batch: '', ordinal: 0, said });
      stories.push(said);
      say(said);
    },
    async judge(batch: SoakBatch, where: string, late: boolean): Promise<void> {
      if (late) {
        const { rows } = await patiently(() =>
          server.pool.query(
            `SELECT b.state AS batch, c.number, c.state, c.stopping, c.epoch, c.lease_until, c.in_flight, c.uncertain, c.halt_reason, clock_timestamp() AS now
             FROM batch b JOIN chunk c ON c.batch_id = b.id WHERE b.id = $1 ORDER BY c.number`,
            [batch.batchId],
          ),
        );
        stuck.push(`${where} did not come to its end: ${JSON.stringify(rows)}`);
        say(stuck.at(-1) ?? '');
        return;
      }
      unfinished.set(batch.batchId, { batch, where });
      const { addsUp, sum: said, open } = await told(batch);
      const verdict = await patiently(() => judge(server.pool, witnesses, batch, open));
      for (const witness of witnesses) witness.forget(batch);
      sum.batches += 1;
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) if (key !== 'batches') sum[key] += verdict[key];
      if (!addsUp)
        verdict.lies.push({
          kind: 'sum',
          batch: batch.name,
          ordinal: 0,
          said: `the sum does not add up: ${JSON.stringify(said)}`,
        });
      for (const lie of verdict.lies) await tell(batch, where, lie);
    },
    /** A batch whose worker died between its chunk's end and its own is ended by a chore. */
    async awaitEnds(): Promise<void> {
      // A new worker does its chores first; the others would come to them within a minute.
      const anyone = world.fleet.anyone(0);
      if (anyone) await world.fleet.strike('term', anyone);
      for (const patience = performance.now() + PATIENCE_MS; performance.now() < patience; await sleep(500)) {
        const { rows } = await patiently(() =>
          server.pool.query<{ id: string }>(
            "SELECT id FROM batch WHERE id = ANY($1) AND state NOT IN ('finished', 'cancelled')",
            [[...unfinished.keys()]],
          ),
        );
        if (rows.length === 0) break;
        if (performance.now() + 1_000 > patience)
          for (const { id } of rows) stuck.push(`${unfinished.get(id)?.where}: every chunk has ended, and the batch has not`);
      }
      for (const { batch, where } of unfinished.values())
        for (const lie of await untilClosed(batch)) await tell(batch, where, lie);
    },
    sums() {
      const count = (kind: string): number => lies.filter((lie) => lie.kind === kind).length;
      return { ...sum, lies: Object.fromEntries(LIE_KINDS.map((kind) => [kind, count(kind)])) as Report['lies'] };
    },
  };
}

/** What a No left: its undo, and then what is reviewed again, of which the undone is a part. */
async function playAgain(world: World, court: Court, { batch, shape }: Played, title: string): Promise<void> {
  const live = async (one: SoakBatch): Promise<void> => {
    const over = await untilOver(world, one, PATIENCE_MS);
    await court.judge(one, `${one.name} (${title})`, !over);
  };
  for (const undo of await undosBegun(world, batch)) await live(undo);
  for (const rest of await restsOf(world.targets, batch, shape)) await live(rest);
}

async function playAll(
  world: World,
  court: Court,
  seed: number,
  planned: Numbered[],
  until: number,
  say: (line: string) => void,
) {
  let next = 0;
  let begun = 0;
  let struck = 0;
  const missed: string[] = [];
  const lane = async (): Promise<void> => {
    while (next < planned.length && performance.now() < until) {
      const cell = planned[next] as Numbered;
      next += 1;
      const title = titleOf(cell);
      begun += 1;
      let hit = false;
      for (let tries = 0; tries < CELL_TRIES && !hit; tries += 1) {
        const name = `cell-${cell.number}${tries > 0 ? `-${tries}` : ''}`;
        const played = await play(world, seeded(seed * 1_000 + cell.number + tries * 7_919), name, cell, PATIENCE_MS);
        await court.judge(played.batch, `${name} (${title})`, played.stuck);
        if (!played.stuck && played.batch.saysNo) await playAgain(world, court, played, title);
        hit = played.struck;
        if (played.stuck) break;
      }
      if (hit) struck += 1;
      else missed.push(title);
      if (begun % 20 === 0) say(`${begun} of ${planned.length} cells`);
    }
  };
  await Promise.all(Array.from({ length: CELLS_AT_ONCE }, lane));
  return { begun, struck, missed };
}

/** From the kill to the next owner's claim, in ms by the database's clock, where another worker was idle and no restart came between. */
async function takeoversOf({ server, fleet }: World): Promise<Report['takeovers']> {
  const took: number[] = [];
  for (const { chunkId, epoch, atMs } of fleet.kills) {
    const { rows } = await patiently(() =>
      server.pool.query<{ at: number }>(
        'SELECT (extract(epoch FROM at) * 1000)::float8 AS at FROM soak.claim WHERE chunk_id = $1 AND epoch = $2',
        [chunkId, epoch + 1],
      ),
    );
    const at = rows[0]?.at;
    // After a start of the database nobody takes over before one lease length has passed.
    const undisturbed = (since: number): boolean => since < atMs - 2 * LEASE_MS || since > (at ?? 0);
    if (at !== undefined && server.restarts().at.every(undisturbed)) took.push(at - atMs);
  }
  took.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(took[Math.min(took.length - 1, Math.ceil(share * took.length) - 1)] ?? 0);
  return { kills: took.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: Math.round(took.at(-1) ?? 0) };
}
