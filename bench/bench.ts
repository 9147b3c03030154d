import type { Embedded } from '#lib/store/postgres/embedded.ts';

/** What a benchmark says on its line. Rates are a second and medians of the rounds; a ratio is the median of the rounds' own ratios. */
export type Figures = {
  /** How far resident memory rose, at most, in a process that did nothing else before. */
  peakMemoryBytes: number;
  [figure: string]: unknown;
};

/** What is aimed at, by the figure's name: at least so much of a ratio, at most so much of all else. */
type Aims = Record<string, { least: number } | { most: number }>;

export type BenchRun = {
  rows: number;
  /** Of `--batch`: items of the batch that is looked at, where that is another thing. */
  batch?: number;
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
  aims: Aims;
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
