/** The targets of a run: what reaches them, what they do and what they say. The log of what they did is written at the moment of acting. */

import type { Answer, Unsuccessful } from '#lib/core/receipts/answer.ts';
import type { RetryClass } from '#lib/core/retry.ts';
import type { Inspection, Sending, Target } from '#lib/engine/execute/target.ts';
import { TARGET } from './database.ts';
import type { Process, World } from './world.ts';

/** `plain` keeps no keys and can't be asked; `keyed` keeps keys, and what it said under each; `asked` can be asked; `inside` shares its outcome's transaction. */
export const CONNECTORS = ['plain', 'keyed', 'asked', 'inside'] as const;
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

  /** What `process` reaches `name` by. */
  target(name: ConnectorName, process: Process): Target {
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
