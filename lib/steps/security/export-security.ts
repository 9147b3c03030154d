/** The security log as a file. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { EXPORT_PAGE_ROWS } from '#lib/core/limits.ts';
import { csvRow } from '#lib/core/values/formula-safe.ts';
import { legible } from '#lib/core/values/legible.ts';
import type { Download } from '#lib/engine/downloads.ts';
import { type SecurityAsked, type SecurityEventView, securityAsked } from '#lib/shapes/security.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readSecurityWindow } from '#lib/store/security/security.sql.ts';
import { isEnd, securityViews, securityWanted } from './list-security.ts';

const input = z.strictObject({ ...securityAsked, format: z.enum(['csv', 'jsonl'], 'The format is csv or jsonl.') });

const FORMATS = {
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    head: csvRow(['at', 'kind', 'what', 'by', 'by id', 'about', 'about id', 'facts']),
    row: asCsv,
  },
  jsonl: {
    contentType: 'application/jsonl; charset=utf-8',
    head: '',
    row: (one: SecurityEventView) => `${JSON.stringify(one)}\n`,
  },
} as const;

/** The events that are asked for, the newest first. CSV is for people; JSON Lines has every value to the byte. Throws `invalid`. */
export async function exportSecurity(actor: Actor, raw: SecurityAsked & { format: 'csv' | 'jsonl' }): Promise<Download> {
  authorise(actor, 'security');
  const { format, ...asked } = readInput(input, raw);
  const { contentType } = FORMATS[format];
  return { fileName: `security-log.${format}`, contentType, body: write(asked, format) };
}

async function* write(asked: SecurityAsked, format: keyof typeof FORMATS): AsyncGenerator<Uint8Array> {
  const { head, row } = FORMATS[format];
  const encoder = new TextEncoder();
  const wanted = securityWanted(asked);
  if (head) yield encoder.encode(head);
  for (let before: bigint | null = null; ; ) {
    const window = await readSecurityWindow(db().pool, wanted, { before, limit: EXPORT_PAGE_ROWS });
    const { rows } = window;
    if (rows.length > 0) yield encoder.encode((await securityViews(rows)).map(row).join(''));
    // A full page leaves some of its window for the next one.
    const last = rows.length === EXPORT_PAGE_ROWS ? rows.at(-1) : undefined;
    if (!last && isEnd(window, wanted)) return;
    before = last ? BigInt(last.id) : (window.lowest?.id ?? null);
  }
}

function asCsv({ at, kind, says, by, about, facts }: SecurityEventView): string {
  const texts = [says, by.name, by.id, about?.name ?? null, about?.id ?? null].map((text) => text && legible(text));
  return csvRow([at, kind, ...texts, legible(JSON.stringify(facts))]);
}
