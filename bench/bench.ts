import type { Embedded } from '../lib/store/embedded.ts';

export type Figures = {
  bytes?: number;
  /** Rows (or actions) a second, the median of the rounds. */
  ours: number;
  floor: number;
  /** ours / floor within a round, the median of the rounds. */
  ratio: number;
  /** How far resident memory rose, at most, in a process that did nothing else before. */
  peakMemoryBytes: number;
  /** Each round's ratio. */
  ratios: number[];
  /** Actions a second when each receipt holds three personal values; there is no floor for these. */
  withValues?: number;
  /** Worker processes that took part. */
  workers?: number;
};

export type BenchRun = {
  rows: number;
  /** Scratch space, removed afterwards. */
  folder: string;
  /** Migrated; DATABASE_URL is its application role's. */
  server: Embedded;
  say(line: string): void;
};

export type Bench = {
  /** What is counted: the option that asks for fewer, and the name in the answer. */
  of: 'rows' | 'items';
  /** A run with fewer rows is `scaled` and meets no aim. */
  fullRows: number;
  aim: { ratio: number; peakMemoryBytes?: number };
  run(given: BenchRun): Promise<Figures>;
};

/** The middle one; the lower of two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1] ?? Number.NaN;
}

/** Three digits that mean something. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
