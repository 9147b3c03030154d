/** The scratchpad's two files of a chunk, rendered from its classifications as they are now. */
import { type RowCounts, rowsInWords } from '#lib/core/batches/unreadable.ts';
import { markdownText } from '#lib/core/values/markdown-safe.ts';

/** `chunk-01`: padded to two digits at least, and to as many as the batch's last chunk needs. */
export function scratchpadName(number: number, chunkCount: number): string {
  return `chunk-${String(number).padStart(Math.max(2, String(chunkCount).length), '0')}`;
}

export type ScratchpadSummary = {
  processed: number;
  categories: Record<string, number>;
  /** of the batch's dataset; left out where every row was read */
  rows?: RowCounts;
  /** what its calls to models came to; left out where there were none */
  models?: ScratchpadCalls[];
};

/** `spent` in the currency, with what may have been paid. */
type ScratchpadCalls = {
  model: string;
  instruction: string;
  calls: number;
  answers: number;
  tokensIn: number;
  tokensOut: number;
  spent: number;
  currency: string;
};

/** `{"processed": 50, "categories": {"task": 3, "fyi": 40, "skip": 7}}`, in the order of the plan's categories. */
export function scratchpadSummary(
  categories: readonly string[],
  counts: ReadonlyMap<string, number>,
  { read, unreadable }: RowCounts,
): ScratchpadSummary {
  const known = new Set(categories);
  const names = [...categories, ...[...counts.keys()].filter((name) => !known.has(name))];
  const entries = names.flatMap((name) => (counts.get(name) ? [[name, counts.get(name) ?? 0] as const] : []));
  return {
    processed: entries.reduce((sum, [, count]) => sum + count, 0),
    categories: Object.fromEntries(entries),
    ...(unreadable > 0 ? { rows: { read, unreadable } } : {}),
  };
}

/** The summary as the file holds it: one line of JSON with spaces, as people write it. */
export function summaryText({ processed, categories, rows, models }: ScratchpadSummary): string {
  const counts = Object.entries(categories).map(([name, count]) => `${JSON.stringify(name)}: ${count}`);
  const lost = rows
    ? `, "rows": {"read": ${rows.read}, "unreadable": ${rows.unreadable}, "told": ${JSON.stringify(rowsInWords(rows))}}`
    : '';
  const asked = models ? `, "models": ${JSON.stringify(models)}` : '';
  return `{"processed": ${processed}, "categories": {${counts.join(', ')}}${lost}${asked}}\n`;
}

export function detailsHeading(chunk: { number: number; name: string; itemCount: number }, processed: number): string {
  return `# Chunk ${chunk.number} · ${markdownText(chunk.name)}\n\n${processed} of ${chunk.itemCount} items are classified.\n`;
}

export const NOTES_HEADING = '\n## Notes of agents\n\n';

/** What an agent appended before the chunk's approval. */
export function detailsNote({ ordinal, text, by, at }: { ordinal: number | null; text: string; by: string; at: Date }): string {
  const about = ordinal === null ? '' : `Item ${ordinal}: `;
  return `- ${about}${markdownText(text)} (${markdownText(by)}, ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC)\n`;
}

export type DetailsItem = { ordinal: number; line: string; category: string; why: string; confidence: number; by: string };

/** One item: what it is, where it was put, and why. */
export function detailsItem({ ordinal, line, category, why, confidence, by }: DetailsItem): string {
  return [
    `\n## Item ${ordinal}${line === '' ? '' : ` · ${markdownText(line)}`}\n\n`,
    `- Category: ${markdownText(category)}\n`,
    `- Why: ${markdownText(why)}\n`,
    `- Confidence: ${confidence}, by ${markdownText(by)}\n`,
  ].join('');
}
