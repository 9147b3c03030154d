/** A table as its format reads it, for tests. */
import { type Guess, isDoubtful } from '#lib/core/values/guess.ts';
import type { Layout, LayoutSaid } from '#lib/core/values/layout.ts';
import { csv } from '#lib/ingest/csv/format.ts';
import type { Dialect } from '#lib/ingest/port.ts';

export type ReadTable = {
  fields: readonly string[];
  rows: string[][];
  /** With their bytes as they are in the file. */
  raws: Buffer[];
  /** Lines of the rows that could not be read. */
  refused: number[];
  layout: Layout;
  dialect: Dialect;
  /** What a person is asked. */
  asked: string[];
};

export async function readTable(
  file: Buffer | string,
  { fileName = 'table.csv', said = {}, chunk = 1 << 20 }: { fileName?: string; said?: LayoutSaid; chunk?: number } = {},
): Promise<ReadTable> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  async function* source() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const table: ReadTable = { fields: [], rows: [], raws: [], refused: [], layout: {}, dialect: {}, asked: [] };
  for await (const { fields, items, unreadable, layout, dialect } of csv.parse(source(), { fileName, now: new Date(0), said })) {
    table.rows.push(...items.map(({ values }) => [...values]));
    table.raws.push(...items.map(({ raw }) => Buffer.from(raw)));
    table.refused.push(...unreadable.map(({ line }) => line));
    Object.assign(table, { fields, layout, dialect });
  }
  table.asked = guessesOf(table.layout)
    .filter(([, guess]) => isDoubtful(guess))
    .map(([name]) => name);
  return table;
}

/** Every guess of a layout with its name. */
export function guessesOf(layout: Layout): [string, Guess<unknown>][] {
  return Object.entries(layout).flatMap(([name, value]): [string, Guess<unknown>][] => (isGuess(value) ? [[name, value]] : []));
}

function isGuess(value: unknown): value is Guess<unknown> {
  return typeof value === 'object' && value !== null && 'sure' in value;
}
