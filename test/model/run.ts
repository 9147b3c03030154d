/** One run of the model: up to three workers on one chunk, a person, and what may befall them. */
import { executeChunk } from '#lib/engine/execute/executor.ts';
import { requestGate } from '#lib/engine/execute/requests.ts';
import type { Execution } from '#lib/engine/execute/run.ts';
import { leaseKeeper } from '#lib/engine/lease.ts';
import { sealReceipt } from '#lib/ledger/receipt.ts';
import { bodyOf, ModelDatabase, type ModelSetup } from './database.ts';
import type { ModelErrand } from './errands.ts';
import { type Failure, type Loss, type ModelStore, modelStore, type Transport } from './store.ts';
import { type ConnectorName, RETRIES, Targets } from './targets.ts';
import { Process, World } from './world.ts';

export type Setup = Omit<ModelSetup, 'rows'> & { rows: { connector: ConnectorName; first: boolean; ordinal?: number }[] };
export const SLOTS = ['A', 'B', 'C'] as const;
export type Slot = (typeof SLOTS)[number];

type Worker = { process: Process; store: ModelStore; giveWay: AbortController; ended: Execution | 'idle' | 'refused' | null };

export class Run {
  readonly world: World;
  readonly db: ModelDatabase;
  readonly targets: Targets;
  readonly losses: Loss[];
  readonly failures: Failure[];
  /** All that ever lived, by what they are called in the trace. */
  readonly processes: Process[] = [];
  /** What an executor threw that is no fault of the database. */
  readonly faults: unknown[] = [];
  readonly setup: Setup;
  /** The batch that reviews the rest of this one again, of the same items at the same targets; and when it was made. */
  again: { run: Run; order: number } | null = null;
  private readonly slots = new Map<Slot, Worker>();

  /** @param of the run whose rest it reviews again */
  constructor(setup: Setup, of: Run | null = null) {
    this.setup = setup;
    this.world = of?.world ?? new World();
    this.losses = of?.losses ?? [];
    this.failures = of?.failures ?? [];
    this.db = new ModelDatabase(setup, this.world);
    this.targets = of?.targets ?? new Targets(this.world);
  }

  /** Whether something is left to be reviewed again, and nobody does so yet. */
  get isLeft(): boolean {
    return this.again === null && !this.setup.again && this.db.rest().length > 0;
  }

  /** What the chunk left is reviewed again and approved, as a batch of its own. */
  reviewAgain(): void {
    const left = this.db.rest();
    const rows = this.setup.rows.flatMap((row, index) => (left.includes(index + 1) ? [{ ...row, ordinal: index + 1 }] : []));
    this.again = { run: new Run({ ...this.setup, rows, told: 0, again: true }, this), order: this.world.tick() };
  }

  process(slot: Slot): Process | null {
    const worker = this.slots.get(slot);
    return worker?.process.alive && worker.ended === null ? worker.process : null;
  }

  /** A worker claims the chunk, if it may, and executes it: what lib/engine/worker.ts and lib/steps/actions/execute-chunk.ts do around the executor. */
  start(slot: Slot): void {
    const own = this.setup.again ? `again ${slot}` : slot;
    const life = this.processes.filter(({ name }) => name.startsWith(own)).length + 1;
    const process = new Process(this.world, `${own}${life}`);
    const store = modelStore(this.db, process.clock, this.transport(process));
    const worker: Worker = { process, store, giveWay: new AbortController(), ended: null };
    this.processes.push(process);
    this.slots.set(slot, worker);
    void this.work(worker).catch((error) => this.faults.push(error));
  }

  /** Another batch has nobody who works on it. */
  giveWay(slot: Slot): void {
    this.slots.get(slot)?.giveWay.abort();
  }

  crash(slot: Slot): void {
    const worker = this.slots.get(slot);
    if (!worker) return;
    worker.process.alive = false;
    this.world.bury(worker.process);
    worker.store.die();
  }

  /** A person's answer to one of the uncertain actions. */
  answer(pick: number, result: 'succeeded' | 'not_executed' | 'abandoned'): void {
    const uncertain = this.db.uncertain();
    const action = uncertain[pick % uncertain.length];
    if (!action || this.db.lockedBy !== null) return;
    const outcome = bodyOf(action);
    if (outcome.kind !== 'outcome') throw new Error('An uncertain action without an outcome.');
    const step = action.step + 1;
    const sealed = sealReceipt({
      ...{
        v: 1,
        kind: 'resolution',
        batch: this.db.ids.batchId,
        chunk: 1,
        ordinal: action.ordinal,
        step,
        attempt: outcome.attempt,
      },
      ...{ intent: outcome.intent, result, evidence: 'person', by: 'user:ada', at: new Date(this.world.now()).toISOString() },
    });
    this.db.answer(result, { ...sealed, ordinal: action.ordinal, step });
  }

  /** An agent asks for an errand. What it is given is what reaches it: another agent never sees the same. */
  takeErrand(agent: string): void {
    const { db, world, targets } = this;
    const given = db.errands.take(agent);
    if (!given?.isNew) return;
    const { key, ordinal } = given.errand;
    targets.sent.push({
      ...{ order: world.tick(), at: world.now(), by: agent, epoch: db.chunk.epoch, connector: 'errand', ordinal, key },
      bytes: '',
    });
  }

  /** It carries out what it has, or had: also after its time, but not what it said that it did not do. */
  carryOut(agent: string): void {
    const errand = this.lastErrandOf(agent);
    const sent = this.targets.sent.findLast(({ key }) => key === errand?.key);
    if (!errand || !sent || errand.answer === 'failed' || this.hasDone(errand)) return;
    this.targets.effects.push({ ...sent, actedOrder: this.world.tick() });
  }

  /** It says what it did; `twice`: the same again and then the opposite, neither of which changes anything. */
  answerErrand(agent: string, twice: boolean): void {
    const errand = this.lastErrandOf(agent);
    if (!errand) return;
    const [truth, lie] = this.hasDone(errand) ? (['done', 'failed'] as const) : (['failed', 'done'] as const);
    // What was said to be done was done; what it does after that is of another errand.
    if (errand.answer === null) this.db.errands.answer(errand.key, truth);
    const { answer, closed } = errand;
    if (!twice) return;
    const again = this.db.errands.answer(errand.key, answer ?? truth);
    const other = this.db.errands.answer(errand.key, answer === truth ? lie : truth);
    if (again !== (closed === 'silent' ? 'late' : 'already') || other !== 'refused' || errand.answer !== answer)
      this.faults.push(new Error(`An errand was answered twice: ${again}, ${other}`));
  }

  private lastErrandOf(agent: string): ModelErrand | null {
    const key = this.targets.sent.findLast(({ by, connector }) => by === agent && connector === 'errand')?.key;
    return this.db.errands.all.find((one) => one.key === key) ?? null;
  }

  private hasDone({ key }: ModelErrand): boolean {
    return this.targets.effects.some((effect) => effect.key === key);
  }

  /** Nothing goes wrong any more, and everything is brought to its end, the rest of a cancelled chunk too; false when it does not come to one. */
  async finish(): Promise<boolean> {
    if (!(await this.end())) return false;
    return this.again === null || this.again.run.end();
  }

  private async end(): Promise<boolean> {
    const { db, world, targets } = this;
    this.losses.length = 0;
    this.failures.length = 0;
    targets.moods.length = 0;
    targets.mute = 0;
    for (const process of [...this.processes, ...(this.again?.run.processes ?? [])]) process.frozen = false;
    for (let round = 0; round < 40; round += 1) {
      for (let steps = 0; steps < 5_000 && SLOTS.some((slot) => this.process(slot)); steps += 1) await world.step(0);
      // Requests and statements that are still under way.
      for (let steps = 0; steps < 5_000 && (await world.step(0)); steps += 1);
      const { state, stopping } = db.chunk;
      if (state === 'done' || state === 'cancelled') {
        if (this.isLeft) this.reviewAgain();
        while (db.uncertain().length > 0) this.answer(0, 'abandoned');
        return true;
      }
      if (state === 'unresolved') while (db.uncertain().length > 0) this.answer(0, 'abandoned');
      if (state === 'awaiting_release') db.release();
      if (state === 'paused' || state === 'halted' || stopping === 'pause') db.resume();
      // Errands that nobody has are done, one by one; those that somebody has and forgot are silent in their time.
      const free = SLOTS.find((slot) => !this.process(slot));
      const agent = `the last agent ${round}`;
      this.takeErrand(agent);
      this.carryOut(agent);
      this.answerErrand(agent, false);
      if (free && db.chunk.state === 'executing') {
        db.lapse();
        world.wait(Math.max(0, (db.chunk.notBefore ?? 0) - world.now()));
        this.start(free);
      }
    }
    return false;
  }

  private async work(worker: Worker): Promise<void> {
    const { process, store } = worker;
    const claimedAt = process.clock.now();
    const claim = await store.claim().catch(() => 'refused' as const);
    if (claim === null || claim === 'refused') {
      worker.ended = claim ?? 'idle';
      return;
    }
    process.epoch = claim.epoch;
    const leases = leaseKeeper(store, process.clock);
    const lease = leases.hold(claim, claimedAt);
    try {
      const ended = await executeChunk({
        ...{
          store,
          clock: process.clock,
          random: () => 0.5,
          claim,
          lease,
          by: `worker:${process.name}`,
          drain: process.drain.signal,
          place: { giveWay: worker.giveWay.signal, resting: () => {} },
          requests: requestGate()(),
        },
        targetFor: (connector) => this.targets.target(connector as ConnectorName, process, this.db),
        passing: RETRIES.flatMap(({ reasons }) =>
          reasons.flatMap((reason) => ['plain', 'keyed', 'asked'].map((connector) => ({ connector, reason }))),
        ),
        announce: () => {},
      });
      if (typeof ended === 'object' && 'wait' in ended) await store.giveBack(claim, ended.wait);
      else if (typeof ended === 'object') {
        if (ended.fault) this.db.broken = true;
        await store.haltChunk(claim);
      } else if (ended === 'drained' || ended === 'gave_way' || ended === 'held') await store.releaseLease(claim);
      worker.ended = ended;
    } catch (error) {
      if (!store.trouble.met(error)) {
        this.faults.push(error);
        await store.haltChunk(claim).catch(() => {});
      } else await store.releaseLease(claim).catch(() => {});
      worker.ended = 'refused';
    } finally {
      lease.end();
      leases.end();
    }
  }

  private transport(process: Process): Transport {
    const { world, losses, failures } = this;
    return {
      at: (label, act, when) =>
        world.post(`${process.name} → ${label}`, null, act, {
          ...(when?.possible && { possible: when.possible }),
          ...(when?.afterMs !== undefined && { due: world.now() + when.afterMs }),
        }),
      hear: (label, act) => void world.post(`${process.name} ← ${label}`, process, act),
      loss: () => losses.shift() ?? null,
      failure: () => failures.shift() ?? null,
    };
  }
}
