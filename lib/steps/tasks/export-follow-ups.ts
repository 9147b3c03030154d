/** The follow-up tasks as a file that a spreadsheet or another task list takes. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { EXPORT_PAGE_ROWS } from '#lib/core/limits.ts';
import { csvRow } from '#lib/core/values/formula-safe.ts';
import { legible } from '#lib/core/values/legible.ts';
import type { Download } from '#lib/engine/downloads.ts';
import { type FollowUp, type FollowUpsAsked, followUpsAsked } from '#lib/shapes/tasks.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import type { BatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readTaskPage } from '#lib/store/tasks/follow-ups.ts';
import { followUpRows, tasksAsked } from './follow-up-rows.ts';

const input = z.strictObject({ ...followUpsAsked, format: z.enum(['csv', 'jsonl'], 'The format is csv or jsonl.') });

const FORMATS = {
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    head: csvRow(['title', 'body', 'about', 'batch', 'item', 'made at', 'assigned to', 'done at', 'done by', 'withdrawn at']),
    row: asCsv,
  },
  jsonl: { contentType: 'application/jsonl; charset=utf-8', head: '', row: (task: FollowUp) => `${JSON.stringify(task)}\n` },
} as const;

/** Those that are asked for, the newest first, as they are while it goes on. CSV is for people; JSON Lines has every value to the byte. Throws `invalid`. */
export async function exportFollowUps(actor: Actor, raw: FollowUpsAsked & { format: 'csv' | 'jsonl' }): Promise<Download> {
  authorise(actor, 'download');
  const { format, ...asked } = readInput(input, raw);
  const { contentType } = FORMATS[format];
  return { fileName: `tasks.${format}`, contentType, body: write(actor, asked, format) };
}

async function* write(actor: Actor, asked: FollowUpsAsked, format: keyof typeof FORMATS): AsyncGenerator<Uint8Array> {
  const { head, row } = FORMATS[format];
  const encoder = new TextEncoder();
  const batches = new Map<string, BatchFacts | null>();
  if (head) yield encoder.encode(head);
  for (let before: bigint | null = null; ; ) {
    const tasks = await readTaskPage(db(), tasksAsked(asked, actor), { before, limit: EXPORT_PAGE_ROWS });
    const last = tasks.at(-1);
    if (!last) return;
    yield encoder.encode((await followUpRows(tasks, actor, batches)).map(row).join(''));
    before = last.id;
  }
}

function asCsv({ title, body, about, batchName, ordinal, at, assignee, doneAt, doneBy, withdrawnAt }: FollowUp): string {
  const texts = [title, body, about, batchName].map((text) => legible(text));
  return csvRow([...texts, ordinal, at, assignee?.name ?? null, doneAt, doneBy, withdrawnAt]);
}
