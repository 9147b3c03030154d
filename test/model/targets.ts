/** The targets of a run: what reaches them, what they do and what they say. The log of what they did is written at the moment of acting. */

import type { Answer, Unsuccessful } from '#lib/core/receipts/answer.ts';
import type { RetryClass } from '#lib/core/retry.ts';
import type { Inspection, Said, Sending, Target } from '#lib/engine/execute/target.ts';
import { type ModelDatabase, TARGET } from './database.ts';
import type { Process, World } from './world.ts';

/** `plain` keeps no keys and can't be asked; `keyed` keeps keys, and what it said under each; `asked` can be asked; `inside` shares its outcome's transaction; `errand` is carried out by agents, and answered when they like. */
export const CONNECTORS = ['plain', 'keyed', 'asked', 'inside', 'errand'] as const;
export type ConnectorName = (typeof CONNECTORS)[number];

/** Whether a request acts, and what is said of it. A repeat under a kept key never acts again. */
export const MOODS = {
  ok: { acts: true, says: 'ok' },
  '500 after acting': { acts: true, says: 'uncertain' },
  '500 before acting': { acts: false, says: 'uncertain' },
  'no answer after acting': { acts: true, says: 'nothing' },
  'no answer before acting': { acts: false, says: 'nothing' },
  refused: { acts: false, says: 'refused' },
  '429': { acts: false, says: 'busy' },
  'at it for a while': { acts: true, says: 'later' },
} as const;
export type Mood = keyof typeof MOODS;

export const RETRIES: RetryClass[] = [{ name: 'busy', reasons: ['busy'], firstMs: 500, maxMs: 4_000 }];
const RETRY_AFTER_MS = 1_500;

export const KEYS_KEPT_MS = 60 * 60_000;
/** How long a target that is at it takes; a repeat that comes meanwhile hears so. */
const AT_IT_MS = 2_500;
/** Nothing that was sent longer ago arrives any more; less than the margin before a target forgets a key. */
const REQUEST_LIFE_MS = 2 * 60_000;
const MARGIN_MS = 15 * 60_000;
const TIMEOUT_MS = 30_000;
/** So often an errand that nobody has is looked at. */
const LOOK_MS = 10 * 60_000;

export type Sent = {
  order: number;
  at: number;
  by: string;
  epoch: number;
  connector: string;
  ordinal: number;
  key: string;
  bytes: string;
};
export type Effect = Sent & { actedOrder: number };

/** As the real connector: a refusal of the repeat says nothing about the first, and one for good would be said again. */
function inDoubt(refusal: Unsuccessful): Answer {
  return { ...refusal, result: 'uncertain', ...(refusal.reason === 'busy' && { repeat: 'unanswered' }) };
}

export class Targets {
  readonly sent: Sent[] = [];
  /** The effect log. */
  readonly effects: Effect[] = [];
  readonly moods: Mood[] = [];
  /** The next inspections say nothing. */
  mute = 0;
  private readonly world: World;
  private readonly kept = new Map<string, number>();
  /** What `keyed` said under a key and says again; null while it is at it. */
  private readonly stored = new Map<string, Answer | null>();

  constructor(world: World) {
    this.world = world;
  }

  /** What `process` reaches `name` by. `db`: whose errands its agents are given. */
  target(name: ConnectorName, process: Process, db: ModelDatabase): Target {
    if (name === 'errand') return this.errand(process, db);
    if (name === 'inside') {
      return {
        kind: 'transactional',
        applyMany: async (tx, sendings) => {
          const results: Answer[] = [];
          for (const { row, idempotencyKey } of sendings) {
            if (MOODS[this.moods.shift() ?? 'ok'].says === 'refused') results.push({ result: 'failed', reason: 'refused' });
            else {
              await tx.query('make', [row.ordinal, idempotencyKey]);
              results.push({ result: 'succeeded', target: null });
            }
          }
          return results;
        },
      };
    }
    return {
      kind: 'remote',
      keepsAnswers: name !== 'plain',
      retries: RETRIES,
      targetOf: () => TARGET,
      faultOf: (_row, reason) =>
        reason === 'refused' || reason === 'in progress' ? null : { target: TARGET, message: `The target says ${reason}.` },
      honoursKeys: (_row, ageMs) => name === 'keyed' && ageMs < KEYS_KEPT_MS - MARGIN_MS,
      apply: (sending, signal) => this.apply(name, process, sending, signal),
      ...(name === 'asked' && { inspect: (sending: Sending, signal: AbortSignal) => this.inspect(process, sending, signal) }),
    };
  }

  private errand(process: Process, { errands }: ModelDatabase): Target {
    const asked = <T>(label: string, look: () => T): Promise<T> =>
      new Promise((resolve) => {
        this.world.post(`${process.name} → ${label}`, null, () => {
          const seen = look();
          this.world.post(`${process.name} ← ${label}`, process, () => resolve(seen));
        });
      });
    return {
      ...{ kind: 'remote', keepsAnswers: true, retries: [], targetOf: () => null, faultOf: () => null },
      ...{ honoursKeys: () => true, answersLater: true },
      apply: ({ row: { ordinal }, idempotencyKey: key }) =>
        asked(`the errand of item ${ordinal}`, (): Said => {
          errands.putDown(key, ordinal);
          const { closed = null, answer = null, until = null } = errands.look(key) ?? {};
          if (closed === 'withdrawn') return { result: 'withdrawn' };
          if (closed === 'silent') return { result: 'uncertain', reason: 'agent_silent' };
          if (closed === 'heard')
            return answer === 'done' ? { result: 'succeeded', target: key } : { result: 'failed', reason: 'agent_failed' };
          return { result: 'pending', ms: Math.min(LOOK_MS, (until ?? Number.POSITIVE_INFINITY) - this.world.now()) };
        }),
      inspect: ({ row: { ordinal }, idempotencyKey: key }) =>
        asked(`what is known of the errand of item ${ordinal}`, (): Inspection => {
          const answer = errands.all.find((one) => one.key === key)?.answer;
          if (answer === 'done') return { finding: 'happened', target: key };
          return answer === 'failed' ? { finding: 'did_not' } : { finding: 'unknown', reason: 'agent_silent' };
        }),
    };
  }

  /** The next inspection says nothing. */
  silence(): void {
    this.mute += 1;
  }

  private apply(connector: ConnectorName, process: Process, sending: Sending, signal: AbortSignal): Promise<Answer> {
    const { world } = this;
    const { row, idempotencyKey: key, mayHaveActed } = sending;
    const sent: Sent = {
      ...{ order: world.tick(), at: world.now(), by: process.name, epoch: process.epoch, connector, ordinal: row.ordinal, key },
      bytes: row.request.toString('hex'),
    };
    this.sent.push(sent);
    process.sending += 1;
    process.mostSending = Math.max(process.mostSending, process.sending);
    return new Promise((resolve) => {
      let over = false;
      const answer = (result: Answer): void => {
        if (over) return;
        over = true;
        process.sending -= 1;
        endTimeout();
        resolve(result.result === 'failed' && mayHaveActed ? inDoubt(result) : result);
      };
      const uncertain = (reason: string) => answer({ result: 'uncertain', reason, repeat: 'unanswered' });
      const endTimeout = process.clock.after(TIMEOUT_MS, () => uncertain('timeout'));
      signal.addEventListener('abort', () => uncertain('aborted'));
      world.post(`item ${row.ordinal} of ${process.name} arrives at ${connector}`, null, () => {
        const say = (result: Answer) =>
          world.post(`${process.name} hears of item ${row.ordinal}: ${result.result}`, process, () => answer(result));
        const result = this.receive(sent, say);
        if (result) say(result);
      });
    });
  }

  /** `say`: for what is answered later. */
  private receive(sent: Sent, say: (result: Answer) => void): Answer | null {
    const { world } = this;
    if (world.now() - sent.at > REQUEST_LIFE_MS) return null;
    const { acts, says } = MOODS[this.moods.shift() ?? 'ok'];
    const known =
      sent.connector === 'keyed' && world.now() - (this.kept.get(sent.key) ?? Number.NEGATIVE_INFINITY) < KEYS_KEPT_MS;
    const stored = known ? this.stored.get(sent.key) : undefined;
    if (stored === null) return { result: 'failed', reason: 'in progress', repeat: 'in_progress' };
    if (stored !== undefined && says !== 'nothing' && says !== 'uncertain') return stored;
    const act = (): void => void this.effects.push({ ...sent, actedOrder: world.tick() });
    const keep = (result: Answer | null): void => {
      this.kept.set(sent.key, world.now());
      this.stored.set(sent.key, result);
    };
    const done: Answer = { result: 'succeeded', target: `thing ${sent.ordinal}`, heard: 'HTTP 201\n\n{}' };
    if (says === 'later' && !known) {
      keep(null);
      world.post(
        `the target is done with item ${sent.ordinal}`,
        null,
        () => {
          act();
          keep(done);
          say(done);
        },
        { due: world.now() + AT_IT_MS },
      );
      return null;
    }
    if (acts && !known) {
      act();
      keep(done);
    }
    if (says === 'nothing') return null;
    if (acts && says !== 'uncertain') return done;
    if (says === 'uncertain') return { result: 'uncertain', reason: 'http_500', repeat: 'unanswered' };
    const refusal: Answer =
      says === 'busy'
        ? { result: 'failed', reason: 'busy', retryAfterMs: RETRY_AFTER_MS }
        : { result: 'failed', reason: 'refused' };
    if (!known) keep(refusal);
    return refusal;
  }

  private inspect(process: Process, { row, idempotencyKey }: Sending, signal: AbortSignal): Promise<Inspection> {
    const { world } = this;
    return new Promise((resolve) => {
      const unknown: Inspection = { finding: 'unknown', reason: 'aborted' };
      signal.addEventListener('abort', () => resolve(unknown));
      world.post(`${process.name} asks about item ${row.ordinal}`, null, () => {
        const there = this.effects.some(({ key }) => key === idempotencyKey);
        const muted = this.mute > 0;
        if (muted) this.mute -= 1;
        const said: Inspection = muted ? unknown : there ? { finding: 'happened', target: null } : { finding: 'not_there' };
        world.post(`${process.name} hears that item ${row.ordinal} is ${said.finding}`, process, () => resolve(said));
      });
    });
  }
}
