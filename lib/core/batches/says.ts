/** A batch's state in words: derived here and nowhere else, for its page, the list, the board and REST. */
import { type Wait, type Waiter, type WaitsFor, waitsFor, waitWords } from '#lib/core/chunks/waits-for.ts';
import type { BatchState } from '#lib/core/lifecycle.ts';

/**
 * What the words are mainly about; pages give each a colour and a glyph. `asks`: nothing goes on without a person; `stands`: it waits for something
 * that is broken; `waits`: it goes on by itself.
 */
export const MOODS = ['proposed', 'running', 'asks', 'waits', 'stands', 'paused', 'finished', 'cancelled'] as const;
export type Mood = (typeof MOODS)[number];

export type Says = { mood: Mood; words: string };

/** Chunks that are not settled, as many as wait for the same; null: a worker is at them. */
export type Standing = { waitsFor: WaitsFor | null; chunks: number };

/** Chunks as many as wait for the same, out of those that wait alike. */
export function standingOf(waiters: readonly (Waiter & { chunks: number })[]): Standing[] {
  return waiters.map((waiter) => ({ waitsFor: waitsFor(waiter), chunks: waiter.chunks }));
}

/** Chunks that wait for the same thing: until the soonest hour, and for the target where it is one. */
export type WaitGroup = WaitsFor & { chunks: number };

type Facts = {
  state: BatchState;
  standing: readonly Standing[];
  /** actions of which nobody knows what became */
  uncertain: number;
  /** any worker was heard of lately */
  attended: boolean;
  /** ISO 8601 */
  now: string;
};

/** "4 chunks run · 2 wait for a person · 20 wait to be let through". */
export function saysOf({ state, standing, uncertain, attended, now }: Facts): Says {
  const running = standing.reduce((all, { waitsFor, chunks }) => all + (waitsFor === null ? chunks : 0), 0);
  const groups = waitGroups(standing);
  const doubts = uncertain === 0 ? [] : [`${number(uncertain)} ${uncertain === 1 ? 'action' : 'actions'} uncertain`];
  const words = (begin: string | null, waits: readonly WaitGroup[]): string => {
    const parts = [
      ...(running > 0 ? [{ count: running, verb: running === 1 ? 'runs' : 'run' }] : []),
      ...waits.map((group) => ({ count: group.chunks, verb: verbOf(group, attended, now) })),
    ];
    // What is counted is named once.
    const told = parts.map(
      ({ count, verb }, at) => `${number(count)} ${at > 0 ? '' : count === 1 ? 'chunk ' : 'chunks '}${verb}`,
    );
    return [...(begin === null ? [] : [begin]), ...told, ...doubts].join(' · ');
  };
  switch (state) {
    case 'proposed':
      return { mood: 'proposed', words: 'Not started' };
    case 'finished':
      return { mood: 'finished', words: words('Finished', []) };
    case 'cancelled':
      return { mood: 'cancelled', words: words('Cancelled', groups) };
    case 'paused':
      return {
        mood: 'paused',
        words: words(
          'Paused',
          groups.filter((group) => group.for !== 'paused'),
        ),
      };
    case 'running':
      return running + groups.length === 0
        ? { mood: 'running', words: words('Running', []) }
        : { mood: moodOf(running, groups, attended), words: words(null, groups) };
  }
}

/** By what they wait for, in the order in which somebody has to do something about it. */
export function waitGroups(standing: readonly Standing[]): WaitGroup[] {
  const groups = new Map<Wait, WaitGroup>();
  for (const { waitsFor, chunks } of standing) {
    if (waitsFor === null || chunks === 0) continue;
    const { for: what, until, target } = waitsFor;
    const group = groups.get(what) ?? { for: what, until, target, chunks: 0 };
    groups.set(what, {
      for: what,
      until: group.until === null || (until !== null && until < group.until) ? until : group.until,
      target: group.target === target ? target : null,
      chunks: group.chunks + chunks,
    });
  }
  return ORDER.flatMap((what) => groups.get(what) ?? []);
}

const ORDER: readonly Wait[] = ['person', 'target', 'retry_after', 'rate', 'worker', 'predecessor', 'paused', 'gate', 'resource'];

function verbOf(group: WaitGroup, attended: boolean, now: string): string {
  const verb = waitWords(group, now, group.chunks);
  return group.for === 'worker' && !attended ? `${verb}, and none is running` : verb;
}

function moodOf(running: number, groups: readonly WaitGroup[], attended: boolean): Mood {
  if (running > 0) return 'running';
  const broken = ({ for: what, until }: WaitGroup) => (what === 'target' && until === null) || (what === 'worker' && !attended);
  if (groups.some(broken)) return 'stands';
  const byItself: readonly Wait[] = ['target', 'retry_after', 'rate', 'worker'];
  return groups.some((group) => byItself.includes(group.for)) ? 'waits' : 'asks';
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}
