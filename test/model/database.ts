/**
 * A model of the tables that an execution writes: one batch with one chunk, and each statement of lib/store that the executor or a person has it do,
 * as one step that either happens or throws. contract.test.ts holds it to what PostgreSQL answers.
 */

import { manifestHasher } from '#lib/core/checkpoints/manifest.ts';
import { type ActionReceiptKind, type ChunkState, chunkMay } from '#lib/core/lifecycle.ts';
import { LEASE_MS, WAIT_HELD_MS } from '#lib/core/limits.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { NO_ATTEMPTS } from '#lib/core/receipts/answer.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import { readReceipt, type SealedReceipt } from '#lib/ledger/receipt.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import type { Approval, Counted, Ending, FrozenRow, Page, Reserved, WorkRow } from '#lib/store/actions/execution.sql.ts';
import type { Claim, Renewal, Wait } from '#lib/store/chunks/claims.sql.ts';
import type { IntentRow, OutcomeRow, Settled } from '#lib/store/receipts/receipts.sql.ts';
import type { InspectedAction } from '#lib/store/uncertain/inspections.sql.ts';
import { ModelErrands } from './errands.ts';

/** `ordinal`: where it is not its place among the rows. */
type ModelRow = { connector: string; first?: boolean; ordinal?: number };
export type Stored = {
  seq: number;
  ordinal: number;
  step: number;
  kind: 'intent' | 'outcome' | 'resolution';
  result: string | null;
  body: Buffer;
  leaf: Buffer;
  /** by the database's clock, in ms */
  committedAt: number;
  /** when it was committed, in the order of everything that happened */
  order: number;
};

export type ModelChunk = {
  state: ChunkState;
  stopping: 'pause' | 'cancel' | null;
  epoch: number;
  leaseUntil: number | null;
  /** given back until then, and what for */
  notBefore: number | null;
  waitsFor: Wait['for'] | null;
  released: boolean;
  retryUpTo: number;
  seq: number;
  approved: number;
  done: number;
  failed: number;
  uncertain: number;
  notExecuted: number;
  inFlight: number;
};

export type Counters = Pick<ModelChunk, 'approved' | 'done' | 'failed' | 'uncertain' | 'notExecuted' | 'inFlight'>;

export type ModelSetup = {
  rows: ModelRow[];
  execution?: {
    concurrency?: number;
    ratePerSecond?: number | null;
    haltAfter?: { consecutive: number; share: number };
    retry?: { attempts: number };
  };
  serial?: boolean;
  backwards?: boolean;
  released?: boolean;
  /** receipts of the chunk that are no steps of actions: its corrections and its decision */
  told?: number;
  /** the batch that reviews again what another one left */
  again?: boolean;
};

/** What orders the history: `now` is the database's clock in ms, `tick` gives each thing that happens its place. */
export type Time = { now(): number; tick(): number };

const IDS = {
  chunkId: '00000000-0000-4000-8000-00000000c001',
  batchId: '00000000-0000-4000-8000-00000000b001',
  datasetId: '00000000-0000-4000-8000-00000000d001',
  decisionId: '00000000-0000-4000-8000-00000000e001',
};

/** Those of the batch that reviews the rest again. */
const AGAIN_IDS: typeof IDS = {
  chunkId: '00000000-0000-4000-8000-00000000c002',
  batchId: '00000000-0000-4000-8000-00000000b002',
  datasetId: IDS.datasetId,
  decisionId: '00000000-0000-4000-8000-00000000e002',
};

/** The one address behind all remote connectors, as the breaker names it. */
export const TARGET = 'https://target.example';

export class ModelDatabase {
  readonly ids: typeof IDS;
  readonly chunk: ModelChunk;
  readonly errands: ModelErrands;
  readonly receipts: Stored[] = [];
  readonly inspections = new Map<string, InspectedAction['said']>();
  /** What was made inside Countersign, by the same commits as the outcomes. */
  readonly made: { ordinal: number; key: string }[] = [];
  /** The history that no table keeps: who owned the chunk from when on, from when to when it was being stopped, when a person asked again. */
  readonly claims: { epoch: number; order: number }[] = [];
  readonly stops: { from: number; to: number }[] = [];
  readonly retries: number[] = [];
  /** The target fails for everybody; and the epoch whose owner tries it. */
  broken = false;
  private trying = 0;
  private counted: Counted | null = null;
  /** The batch's rate: when the next send is free; whose the last reservation is, where it begins, and how many receipts there were. */
  private rate: { nextAt: number; heldFrom: number; heldSeq: number; held: boolean } | null = null;
  /** The transaction that has the chunk's row. */
  lockedBy: symbol | null = null;
  private readonly rows: (FrozenRow & { request: Buffer; first: boolean })[];
  private readonly plan: Plan;
  private readonly setup: ModelSetup;
  private readonly time: Time;

  constructor(setup: ModelSetup, time: Time) {
    this.setup = setup;
    this.time = time;
    this.ids = setup.again ? AGAIN_IDS : IDS;
    this.plan = parsePlan({
      classifier: { kind: 'rules', rules: [], otherwise: 'all' },
      categories: [{ name: 'all' }],
      chunking: { by: 'size' },
      execution: { first: 0, ...setup.execution },
    });
    this.rows = setup.rows.map(({ connector, first = false, ordinal = 0 }, index) => {
      const number = ordinal || index + 1;
      const request = Buffer.from(`{"item":${number}}`);
      const [requestDigest, itemDigest] = [request, Buffer.from(`item ${number}`)].map((bytes) => sha256(bytes).toString('hex'));
      return {
        ...{ ordinal: number, category: 'all', connector, connection: null, do: 'send', version: 1, request, first },
        ...{ requestDigest: requestDigest ?? '', itemDigest: itemDigest ?? '' },
      };
    });
    this.chunk = {
      ...{
        state: 'executing',
        stopping: null,
        epoch: 0,
        leaseUntil: null,
        notBefore: null,
        waitsFor: null,
        released: setup.released ?? true,
        retryUpTo: 0,
        seq: setup.told ?? 0,
      },
      ...{ approved: setup.rows.length, done: 0, failed: 0, uncertain: 0, notExecuted: 0, inFlight: 0 },
    };
    this.errands = new ModelErrands(this.chunk, time);
  }

  // Claims and leases.

  /** Null while somebody has a live lease, or has the row. */
  claim(): Claim | null {
    const { chunk } = this;
    if (this.lockedBy !== null || chunk.state !== 'executing') return null;
    if (chunk.leaseUntil !== null && chunk.leaseUntil >= this.time.now()) return null;
    const waits = chunk.stopping === null || chunk.waitsFor === 'agent';
    if (waits && chunk.notBefore !== null && chunk.notBefore > this.time.now()) return null;
    chunk.epoch += 1;
    this.waitsNoMore();
    chunk.leaseUntil = this.time.now() + LEASE_MS;
    this.claims.push({ epoch: chunk.epoch, order: this.time.tick() });
    const { chunkId, batchId, datasetId } = this.ids;
    if (this.broken) this.trying = chunk.epoch;
    const probes = this.broken ? [TARGET] : [];
    return { chunkId, batchId, datasetId, number: 1, epoch: chunk.epoch, state: 'executing', stopping: chunk.stopping, probes };
  }

  renewLease(claim: Claim): { held: boolean } | null {
    if (!this.holds(claim) || this.chunk.leaseUntil === null) return null;
    this.chunk.leaseUntil = this.time.now() + LEASE_MS;
    return { held: this.broken && this.trying !== claim.epoch };
  }

  /** As the statement for many does it, which waits for nobody. */
  renewal(claim: Claim): Renewal {
    if (!this.holds(claim) || this.chunk.leaseUntil === null) return 'lost';
    return this.lockedBy === null ? (this.renewLease(claim) ?? 'lost') : 'in_use';
  }

  giveBack(claim: Claim, { for: what, ms }: Wait): void {
    if (!this.holds(claim)) return;
    if (what === 'agent') {
      const notBefore = this.errands.dueAfter(ms);
      Object.assign(this.chunk, { leaseUntil: null, notBefore, waitsFor: notBefore === null ? null : what });
      return;
    }
    const going = this.chunk.stopping === null;
    Object.assign(this.chunk, {
      ...{ leaseUntil: null, notBefore: going ? this.time.now() + ms : null, waitsFor: going ? what : null },
    });
  }

  reserveRate(_claim: Claim, count: number, perSecond: number): Reserved {
    const now = this.time.now();
    const nextAt = this.rate?.nextAt ?? now;
    if (nextAt > now + WAIT_HELD_MS) return { count: 0, ms: nextAt - now };
    const heldFrom = Math.max(nextAt, now);
    this.rate = { nextAt: heldFrom + (1_000 * count) / perSecond, heldFrom, heldSeq: this.chunk.seq, held: true };
    return { count, ms: heldFrom - now };
  }

  returnRate(_claim: Claim, unused: number | null, perSecond: number): void {
    const { rate } = this;
    if (!rate?.held) return;
    if (unused === null && this.receipts.some(({ seq, kind }) => kind === 'intent' && seq > rate.heldSeq)) return;
    const nextAt = unused === null ? rate.heldFrom : Math.max(rate.heldFrom, rate.nextAt - (1_000 * unused) / perSecond);
    Object.assign(rate, { nextAt, held: false });
  }

  closeBreaker(): void {
    this.broken = false;
  }

  releaseLease(claim: Claim): void {
    if (this.holds(claim)) this.chunk.leaseUntil = null;
  }

  howClaimStands(claim: Claim): 'stopping' | 'lost' | null {
    if (!this.holds(claim)) return 'lost';
    return this.chunk.stopping === null ? null : 'stopping';
  }

  whyRefused(claim: Claim): 'stopping' | 'lost' {
    return this.holds(claim) ? 'stopping' : 'lost';
  }

  holds(claim: Claim): boolean {
    return this.chunk.epoch === claim.epoch && this.chunk.state === claim.state;
  }

  keepCounted(claim: Claim, counted: Counted): void {
    if (this.holds(claim)) this.counted = counted;
  }

  // What execution reads.

  readApproval(claim: Claim): Approval | null {
    if (this.chunk.epoch !== claim.epoch) return null;
    const { serial = false, backwards = false } = this.setup;
    const { released, retryUpTo } = this.chunk;
    const manifestDigest = this.digest();
    const { counted, plan } = this;
    return { decisionId: this.ids.decisionId, manifestDigest, released, serial, backwards, retryUpTo, counted, plan };
  }

  frozenRows(): FrozenRow[] {
    return this.rows;
  }

  nextWork(page: Page): WorkRow[] {
    return this.work(page, (row) => {
      if (row.step === null) return true;
      const asked = row.seq !== null && row.seq <= page.retryUpTo;
      if ((row.result === 'failed' || row.result === 'not_executed') && asked) return true;
      if (row.result === 'not_executed' && this.wasNoAttempt(row)) return true;
      if (row.result !== 'failed' || row.tried >= page.retry.attempts || row.body === null) return false;
      const reason = reasonOf({ body: row.body });
      return page.retry.reasons.some((passing) => passing.connector === row.connector && passing.reason === reason);
    });
  }

  openIntents(page: Page): WorkRow[] {
    return this.work(page, ({ kind }) => kind === 'intent');
  }

  // Receipts.

  insertIntents(claim: Claim, rows: IntentRow[]): boolean {
    if (!this.holds(claim) || this.chunk.stopping !== null) return false;
    this.store(() => this.addIntents(rows));
    return true;
  }

  /** Null: the fence refused. Else what commits them; a fault that the statement would meet is thrown now. */
  outcomes(claim: Claim, rows: OutcomeRow[]): (() => void) | null {
    if (!this.holds(claim)) return null;
    const before = this.copy();
    this.store(() => this.addOutcomes(rows));
    this.restore(before);
    return () => this.store(() => this.addOutcomes(rows));
  }

  insertOutcomesAndIntents(claim: Claim, outcomes: OutcomeRow[], intents: IntentRow[]): 'stored' | 'stopping' | 'lost' {
    if (!this.holds(claim)) return 'lost';
    const going = this.chunk.stopping === null;
    this.store(() => {
      this.addOutcomes(outcomes);
      if (going) this.addIntents(intents);
    });
    return going ? 'stored' : 'stopping';
  }

  storedLeaves(asked: { ordinal: number; step: number }[]): Buffer[] {
    return this.receipts
      .filter((one) => asked.some(({ ordinal, step }) => one.ordinal === ordinal && one.step === step))
      .map(({ leaf }) => leaf);
  }

  isUncertain({ ordinal, step }: { ordinal: number; step: number }): boolean {
    const last = this.last(ordinal);
    return last !== null && last.step === step && last.result === 'uncertain';
  }

  saveInspection({ ordinal, step, said }: InspectedAction): void {
    this.inspections.set(`${ordinal} ${step}`, said);
  }

  /** uncertain -> succeeded or not executed, by a worker. False: the fence refused. */
  insertResolution(claim: Claim, row: Settled & { ordinal: number; step: number }): boolean {
    if (!this.holds(claim)) return false;
    this.store(() => {
      this.count({ uncertain: -1, ...(row.result === 'succeeded' ? { done: 1 } : { notExecuted: 1 }) });
      this.add('resolution', row.result, row);
    });
    return true;
  }

  // Ends.

  endExecution(claim: Claim, cutShort: boolean): Ending | 'resumed' | null {
    const { chunk } = this;
    if (!this.holds(claim) || chunk.inFlight !== 0) return null;
    if (cutShort && chunk.stopping === null) return 'resumed';
    const waiting = this.waiting();
    const ended = this.ending(cutShort, waiting);
    if (ended === null) throw new Error('Actions wait, and none of them is due. The counters are wrong.');
    if (chunk.stopping === 'cancel') chunk.notExecuted += waiting;
    this.stop(null);
    this.counted = null;
    Object.assign(chunk, { state: ended, leaseUntil: null });
    return ended;
  }

  haltChunk(claim: Claim): 'halted' | 'cancelled' | null {
    const { chunk } = this;
    if (!this.holds(claim)) return null;
    const cancelled = chunk.stopping === 'cancel' && chunk.inFlight === 0;
    if (cancelled) chunk.notExecuted += this.waiting();
    this.stop(null);
    this.counted = null;
    Object.assign(chunk, { state: cancelled ? 'cancelled' : 'halted', leaseUntil: null });
    return cancelled ? 'cancelled' : 'halted';
  }

  // People's verbs; false where there is nothing to do.

  pause(): boolean {
    if (this.chunk.state !== 'executing' || this.chunk.stopping === 'cancel') return false;
    this.stop('pause');
    this.waitsNoMore();
    return true;
  }

  resume(): boolean {
    const { chunk } = this;
    const stood = chunkMay('resume', chunk.state) || chunkMay('resume_halted', chunk.state);
    if (!stood && chunk.stopping !== 'pause') return false;
    this.stop(null);
    this.waitsNoMore();
    if (stood) Object.assign(chunk, { state: 'executing', leaseUntil: null });
    return true;
  }

  cancel(): boolean {
    const { chunk } = this;
    if (chunkMay('cancel_idle', chunk.state) && chunk.inFlight === 0) {
      chunk.notExecuted += this.waiting();
      chunk.epoch += 1;
      this.stop(null);
      chunk.state = 'cancelled';
      return true;
    }
    if (!chunkMay('cancel_idle', chunk.state) && chunk.state !== 'executing') return false;
    if (chunk.state !== 'executing') chunk.leaseUntil = null;
    this.stop('cancel');
    this.waitsNoMore();
    chunk.state = 'executing';
    return true;
  }

  retry(): boolean {
    const { chunk } = this;
    if (!chunkMay('retry', chunk.state) || chunk.failed + chunk.notExecuted === 0) return false;
    Object.assign(chunk, { state: 'executing', retryUpTo: chunk.seq, released: true, leaseUntil: null });
    this.retries.push(this.time.tick());
    return true;
  }

  /** The first ones are done, and a person lets the rest go. */
  release(): boolean {
    if (!chunkMay('release', this.chunk.state)) return false;
    Object.assign(this.chunk, { state: 'executing', released: true, leaseUntil: null });
    return true;
  }

  /** What may be reviewed again, as a batch of its own: of a cancelled chunk what nothing may have happened with. Nothing is undone in the model. */
  rest(): number[] {
    if (this.chunk.state !== 'cancelled') return [];
    const isFree = (last: Stored | null) => last === null || last.result === 'failed' || last.result === 'not_executed';
    return this.rows.map(({ ordinal }) => ordinal).filter((ordinal) => isFree(this.last(ordinal)));
  }

  uncertain(): Stored[] {
    return this.rows.flatMap(({ ordinal }) => this.last(ordinal) ?? []).filter(({ result }) => result === 'uncertain');
  }

  /** A person's answer to an uncertain action, as its receipt. */
  answer(result: 'succeeded' | 'not_executed' | 'abandoned', row: SealedReceipt & { ordinal: number; step: number }): void {
    this.store(() => {
      if (result === 'succeeded') this.count({ uncertain: -1, done: 1 });
      if (result === 'not_executed') this.count({ uncertain: -1, notExecuted: 1 });
      this.add('resolution', result, row);
    });
    if (this.chunk.state === 'unresolved' && this.uncertain().length === 0) this.chunk.state = 'done';
  }

  waiting(): number {
    const { approved, done, failed, uncertain, notExecuted, inFlight } = this.chunk;
    return approved - done - failed - uncertain - notExecuted - inFlight;
  }

  /** Forgets who has the lease, as when the owner gave it back without knowing. */
  lapse(): void {
    this.chunk.leaseUntil = null;
  }

  private waitsNoMore(): void {
    Object.assign(this.chunk, { notBefore: null, waitsFor: null });
  }

  private ending(cutShort: boolean, waiting: number): Ending | null {
    const { stopping, released } = this.chunk;
    const left = cutShort || waiting > 0;
    if (stopping === 'cancel' && left) return 'cancelled';
    if (stopping === 'pause' && left) return 'paused';
    if (!released && waiting > 0) return 'awaiting_release';
    if (waiting > 0) return null;
    return this.uncertain().length > 0 ? 'unresolved' : 'done';
  }

  private stop(to: 'pause' | 'cancel' | null): void {
    const { chunk, stops, time } = this;
    if (chunk.stopping === null && to !== null) stops.push({ from: time.tick(), to: Number.POSITIVE_INFINITY });
    const last = stops.at(-1);
    if (chunk.stopping !== null && to === null && last) last.to = time.tick();
    chunk.stopping = to;
  }

  private work(page: Page, due: (row: WorkRow) => boolean): WorkRow[] {
    const found = this.rows
      .filter(({ ordinal }) => page.after === null || (page.backwards ? ordinal < page.after : ordinal > page.after))
      .filter(({ first }) => first || page.released)
      .map((row) => this.workRow(row, page.retryUpTo))
      .filter(due);
    if (page.backwards) found.reverse();
    return found.slice(0, page.limit);
  }

  private workRow(row: FrozenRow & { request: Buffer }, retryUpTo: number): WorkRow {
    const last = this.last(row.ordinal);
    const failures = this.receipts.filter((one) => one.ordinal === row.ordinal && one.result === 'failed' && one.seq > retryUpTo);
    return {
      ...{ ordinal: row.ordinal, category: row.category, connector: row.connector ?? '', connection: null, do: row.do ?? '' },
      ...{ version: 1, itemDigest: row.itemDigest, requestDigest: row.requestDigest ?? '', request: row.request, fields: {} },
      ...{ step: last?.step ?? null, kind: last?.kind ?? null, result: last?.result ?? null, seq: last?.seq ?? null },
      ...{ body: last?.body ?? null, leaf: last?.leaf ?? null, ageMs: last && this.time.now() - last.committedAt },
      tried: last?.result === 'failed' ? failures.length : 0,
    };
  }

  private wasNoAttempt({ ordinal, step }: WorkRow): boolean {
    const before = this.receipts.find((one) => one.ordinal === ordinal && one.step === (step ?? 0) - 1);
    return before !== undefined && NO_ATTEMPTS.includes(reasonOf(before) ?? '');
  }

  private last(ordinal: number): Stored | null {
    return this.receipts.reduce<Stored | null>(
      (last, one) => (one.ordinal === ordinal && one.step > (last?.step ?? 0) ? one : last),
      null,
    );
  }

  private addIntents(rows: IntentRow[]): void {
    const left = (from: IntentRow['from']) => rows.filter((row) => row.from === from).length;
    this.count({ inFlight: rows.length, failed: -left('failed'), notExecuted: -left('not_executed') });
    for (const row of rows) this.add('intent', null, row);
  }

  private addOutcomes(rows: OutcomeRow[]): void {
    const ended = (result: OutcomeRow['result']) => rows.filter((row) => row.result === result).length;
    const [done, failed, uncertain] = [ended('succeeded'), ended('failed'), ended('uncertain')];
    this.count({ inFlight: -rows.length, done, failed, uncertain });
    for (const row of rows) this.add('outcome', row.result, row);
  }

  private count(by: Partial<Counters>): void {
    const { chunk } = this;
    for (const part of COUNTED) chunk[part] += by[part] ?? 0;
    if (COUNTED.some((part) => chunk[part] < 0)) throw fault('23514', 'The counters would be wrong.');
  }

  private add(kind: Stored['kind'], result: string | null, row: SealedReceipt & { ordinal: number; step: number }): void {
    const { ordinal, step, body, leaf } = row;
    if (this.receipts.some((one) => one.ordinal === ordinal && one.step === step)) throw fault('23505', 'A duplicate step.');
    this.chunk.seq += 1;
    const { seq } = this.chunk;
    this.receipts.push({ seq, ordinal, step, kind, result, body, leaf, committedAt: this.time.now(), order: this.time.tick() });
  }

  /** One statement: what it did is undone when it fails. */
  private store(statement: () => void): void {
    const before = this.copy();
    try {
      statement();
    } catch (error) {
      this.restore(before);
      throw error;
    }
  }

  private copy(): { chunk: ModelChunk; receipts: number } {
    return { chunk: { ...this.chunk }, receipts: this.receipts.length };
  }

  private restore({ chunk, receipts }: { chunk: ModelChunk; receipts: number }): void {
    Object.assign(this.chunk, chunk);
    this.receipts.length = receipts;
  }

  private digest(): string {
    const hasher = manifestHasher();
    for (const { ordinal, category, connector, connection, do: verb, version, requestDigest, itemDigest } of this.rows) {
      const action = { connector: connector ?? '', connection, do: verb ?? '', version: version ?? 1 };
      hasher.add({ ordinal, category, action, request: requestDigest, item: itemDigest });
    }
    return hasher.digest();
  }
}

const COUNTED = ['approved', 'done', 'failed', 'uncertain', 'notExecuted', 'inFlight'] as const;

/** What the server throws. */
export function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** `kind:result`, as the table of transitions names receipts. */
export function nameOf({ kind, result }: Pick<Stored, 'kind' | 'result'>): ActionReceiptKind {
  return (result === null ? kind : `${kind}:${result}`) as ActionReceiptKind;
}

/** What an outcome gives as its reason. */
export function reasonOf(receipt: Pick<Stored, 'body'>): string | null {
  const body = bodyOf(receipt);
  return body.kind === 'outcome' ? body.reason : null;
}

export const bodyOf = ({ body }: Pick<Stored, 'body'>) => readReceipt(body);
