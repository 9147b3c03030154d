/**
 * Time and order for a run of the model. Nothing happens by itself: each statement, answer, request and timer is an event that waits until it is
 * picked, and those that are picked are all the order there is. Between two picks every promise that can go on goes on.
 */
import type { Clock } from '#lib/engine/clock.ts';
import type { Time } from './database.ts';

type Event = {
  label: string;
  /** who hears of it; null: it happens elsewhere, whatever becomes of the process */
  process: Process | null;
  /** not before, by the monotonic clock */
  due: number;
  /** null: always */
  possible: (() => boolean) | null;
  run: () => void;
};

const START = Date.UTC(2026, 10, 24, 12);

export class World implements Time {
  /** What happened, in order, for whoever reads a counterexample. */
  readonly trace: string[] = [];
  private pending: Event[] = [];
  private ms = 0;
  private ticks = 0;

  now(): number {
    return this.ms;
  }

  tick(): number {
    this.ticks += 1;
    return this.ticks;
  }

  wait(ms: number): void {
    this.ms += ms;
  }

  /** Lets something happen later; the returned function prevents it. */
  post(
    label: string,
    process: Process | null,
    run: () => void,
    more: { due?: number; possible?: () => boolean } = {},
  ): () => void {
    const event: Event = { label, process, run, due: more.due ?? 0, possible: more.possible ?? null };
    this.pending.push(event);
    return () => {
      this.pending = this.pending.filter((one) => one !== event);
    };
  }

  /** Its promises never go on. */
  bury(process: Process): void {
    this.pending = this.pending.filter((event) => event.process !== process);
  }

  /** One of the events that may happen now happens; else time goes on to the next timer. False when there is none. */
  async step(pick: number): Promise<boolean> {
    const possible = this.pending.filter(({ process, possible: may }) => !process?.frozen && (may === null || may()));
    if (possible.length === 0) return false;
    let ready = possible.filter(({ due }) => due <= this.ms);
    if (ready.length === 0) {
      this.ms = Math.min(...possible.map(({ due }) => due));
      ready = possible.filter(({ due }) => due <= this.ms);
    }
    const event = ready[pick % ready.length] as Event;
    this.pending = this.pending.filter((one) => one !== event);
    this.trace.push(`${(this.ms / 1000).toFixed(1)} s  ${event.label}`);
    event.run();
    await this.settled();
    return true;
  }

  /** Every promise that can go on has gone on: there is nothing else that a real event loop could do. */
  settled(): Promise<void> {
    return new Promise((resolve) => void setImmediate(resolve));
  }
}

/** One life of a worker process, with a clock that stands still for nobody and a wall clock that may be hours off. */
export class Process {
  readonly name: string;
  alive = true;
  frozen = false;
  wallOffsetMs = 0;
  /** Requests that it waits for; and the most there were. */
  sending = 0;
  mostSending = 0;
  epoch = 0;
  readonly drain = new AbortController();
  readonly clock: Clock;

  constructor(world: World, name: string) {
    this.name = name;
    const timer = (label: string, ms: number, act: () => void): (() => void) =>
      world.post(`${name}: ${label}`, this, act, { due: world.now() + Math.max(ms, 0) });
    this.clock = {
      now: () => world.now(),
      date: () => new Date(START + world.now() + this.wallOffsetMs),
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          const end = timer('wakes', ms, resolve);
          signal?.addEventListener('abort', () => {
            end();
            resolve();
          });
        }),
      after: (ms, act) => timer('a deadline passes', ms, act),
      every(ms, act) {
        let end = (): void => {};
        const next = (): void => {
          end = timer('a beat', ms, () => {
            next();
            act();
          });
        };
        next();
        return () => end();
      },
      soon: (act) => void timer('turns', 0, act),
    };
  }
}
