/** The task body: what happened to the batch itself, a heading per decision, a line per action that ended or item that was moved, and what is still open. */

import { fieldsLine } from '#lib/core/receipts/receipt-line.ts';
import type { Sum } from '#lib/core/receipts/sum.ts';
import { markdownText } from '#lib/core/values/markdown-safe.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import type { BatchRecord, Unresolved } from './export-receipts.ts';

export async function* markdownReceipts(record: BatchRecord): AsyncGenerator<string> {
  const { batch } = record;
  const names = new Map(record.chunks.map(({ number, name }) => [number, name]));
  yield `# ${markdownText(batch.name)}\n`;
  if (batch.taskRef) yield `\nTask: ${markdownText(batch.taskRef)}\n`;
  let chunk = -1;
  let attestations = 0;
  for await (const rows of record.pages) {
    let text = '';
    for (const row of rows) {
      if (row.kind === 'intent') continue;
      if (row.kind === 'attestation') attestations += 1;
      const heading = row.kind === 'decision' || row.chunk !== chunk;
      const of = row.chunk === 0 ? 'The batch' : `Chunk ${row.chunk} · ${markdownText(names.get(row.chunk) ?? '')}`;
      if (heading) text += `\n## ${of}${row.kind === 'decision' ? ` — ${markdownText(row.line)}` : ''}\n\n`;
      if (row.kind !== 'decision') text += lineOf(row);
      chunk = row.chunk;
    }
    yield text;
  }
  yield unresolvedText(record.unresolved, batch.plan);
  yield sumText(await record.sum(), record.at);
  if (attestations > 0) yield `\n${attestedText(attestations)}\n`;
}

function attestedText(count: number): string {
  const n = count.toLocaleString('en-US');
  return `Beside these, ${n} ${count === 1 ? 'attestation' : 'attestations'} of agents, who say what they did. None of it is in the sum.`;
}

function lineOf(row: ReceiptRow): string {
  return `- ${markdownText(row.line)}\n`;
}

/** I7: every intent without a terminal receipt, by name. */
function unresolvedText(unresolved: readonly Unresolved[], plan: BatchRecord['batch']['plan']): string {
  if (unresolved.length === 0) return '';
  const lines = unresolved.map(({ state, reason, ordinal, chunk, at, fields }) => {
    const what = state === 'in_flight' ? 'In flight' : `Uncertain${reason ? ` (${reason})` : ''}`;
    return `- ${markdownText(`${what}: ${fieldsLine(plan, fields)} (item ${ordinal}, chunk ${chunk}, ${at})`)}\n`;
  });
  return `\n## Unresolved\n\n${lines.join('')}`;
}

function sumText(sum: Sum, at: Date): string {
  const n = (count: number): string => count.toLocaleString('en-US');
  const parts = [
    ...[`${n(sum.done)} done`, `${n(sum.skipped)} skipped`, `${n(sum.failed)} failed`, `${n(sum.uncertain)} uncertain`],
    ...[`${n(sum.notExecuted)} not executed`, `${n(sum.inFlight)} in flight`, `${n(sum.waiting)} waiting`],
  ];
  const verdict = sum.addsUp ? 'It adds up.' : `Counts disagree by ${n(sum.difference)}.`;
  const when = `${at.toISOString().slice(0, 10)} ${at.toISOString().slice(11, 16)} UTC`;
  return `\n## Sum at ${when}\n\n${n(sum.approved)} approved = ${parts.join(' + ')}. ${verdict}\n`;
}
