/** A batch's state in words: derived here and nowhere else, for its page, the list, the board and REST. */
import { WAITING_FOR_A_PERSON, type Wait, type Waiter, type WaitsFor, waitsFor, waitWords } from '#lib/core/chunks/waits-for.ts';
import type { BatchState, ChunkState } from '#lib/core/lifecycle.ts';

/**
 * What the words are mainly about; pages give each a colour and a glyph. `asks`: nothing continues without a person; `stands`: a chunk halted, or it waits
 * for something that is broken; `waits`: it continues by itself.
 */
export const MOODS = ['proposed', 'running', 'asks', 'waits', 'stands', 'paused', 'finished', 'cancelled'] as const;
export type Mood = (typeof MOODS)[number];

export type Says = { mood: Mood; words: string };

/** Chunks that are not settled, as many as are in one state and wait for the same; null: a worker holds them. */
export type Standing = { state: ChunkState; waitsFor: WaitsFor | null; chunks: number };

/** The chunks of each group, with what they wait for. */
export function standingOf(waiters: readonly (Waiter & { chunks: number })[]): Standing[] {
  return waiters.map((waiter) => ({ state: waiter.state, waitsFor: waitsFor(waiter), chunks: waiter.chunks }));
}

/** Chunks that wait for the same thing: `until` is the earliest time, `target` the target if all wait for one. */
export type WaitGroup = WaitsFor & { chunks: number };

type Facts = {
  state: BatchState;
  standing: readonly Standing[];
  /** actions that are uncertain and that nobody has answered for */
  uncertain: number;
  /** whether any worker was heard of lately */
  attended: boolean;
  /** ISO 8601 */
  now: string;
};

/** "Running (4) · waiting for a person (2) · waiting for an earlier review (20)": the numbers are chunks. */
export function saysOf({ state, standing, uncertain, attended, now }: Facts): Says {
  const running = standing.reduce((all, { waitsFor, chunks }) => all + (waitsFor === null ? chunks : 0), 0);
  const halted = standing.filter(stopped);
  const groups = waitGroups(standing.filter((one) => !stopped(one)));
  const mood = moodOf(running, halted.length > 0, groups, attended);
  // What the mood is about comes first.
  const leads = (group: WaitGroup): boolean =>
    mood === 'stands' ? isBroken(group, attended) : mood === 'waits' && BY_ITSELF.includes(group.for);
  const parts = [
    { words: state === 'cancelled' ? 'stopping' : 'running', chunks: running },
    { words: 'halted', chunks: halted.reduce((all, { chunks }) => all + chunks, 0) },
    ...[...groups.filter(leads), ...groups.filter((group) => !leads(group))]
      .filter((group) => state !== 'paused' || group.for !== 'paused')
      .map((group) => ({
        words: waitWords(group, now),
        chunks: group.chunks,
        more: group.for === 'worker' && !attended ? ', and none is running' : '',
      })),
  ].flatMap(({ words, chunks, more = '' }: Part) => (chunks > 0 ? [`${words} (${number(chunks)})${more}`] : []));
  const doubts = uncertain === 0 ? [] : [`${number(uncertain)} ${uncertain === 1 ? 'action' : 'actions'} uncertain`];
  const said = (...words: string[]): string => capital([...words, ...doubts].join(' · '));
  switch (state) {
    case 'proposed':
      return { mood: 'proposed', words: 'Not started' };
    case 'finished':
      return { mood: 'finished', words: said('finished') };
    case 'cancelled':
      return { mood: 'cancelled', words: said('cancelled', ...parts) };
    case 'paused':
      return { mood: 'paused', words: said('paused', ...parts) };
    case 'running':
      return parts.length === 0 ? { mood: 'running', words: said('running') } : { mood, words: said(...parts) };
  }
}

type Part = { words: string; chunks: number; more?: string };

/** The words for a reader who decides on chunks: whoever that is, is the person that they wait for. */
export function toReviewer(words: string): string {
  return words.replace(WAITING, (found) => `${found.charAt(0)}aiting for you`);
}

const WAITING = new RegExp(WAITING_FOR_A_PERSON, 'i');

/** It halted for a cause of its own, and not at a target that it waits for. */
const stopped = ({ state, waitsFor }: Standing): boolean => state === 'halted' && waitsFor?.for === 'person';

/** The waiting chunks by what they wait for, the most urgent for a person first. */
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

const ORDER: readonly Wait[] = [
  'person',
  'target',
  'retry_after',
  'rate',
  'worker',
  'agent',
  'predecessor',
  'paused',
  'gate',
  'resource',
];

function moodOf(running: number, halted: boolean, groups: readonly WaitGroup[], attended: boolean): Mood {
  if (running > 0) return 'running';
  if (halted || groups.some((group) => isBroken(group, attended))) return 'stands';
  return groups.some((group) => BY_ITSELF.includes(group.for)) ? 'waits' : 'asks';
}

function isBroken({ for: what, until }: WaitGroup, attended: boolean): boolean {
  return (what === 'target' && until === null) || (what === 'worker' && !attended);
}

const BY_ITSELF: readonly Wait[] = ['target', 'retry_after', 'rate', 'worker', 'agent'];

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function number(count: number): string {
  return count.toLocaleString('en-US');
}
