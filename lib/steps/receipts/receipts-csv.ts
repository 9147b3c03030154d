/**
 * Receipts as CSV: one row each, then one row of kind `unresolved` for every intent without a terminal receipt. For people: safe to
 * open in a spreadsheet, and with a stand-in for what nobody sees. Machines read the JSONL, which has every value to the byte.
 */
import { csvRow } from '#lib/core/values/formula-safe.ts';
import { legible } from '#lib/core/values/legible.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import type { BatchRecord } from './export-receipts.ts';

/** What people said, beside the receipt that it belongs to. */
const WORDS = ['note', 'override'] as const;

const COLUMNS = [
  ...[
    'chunk',
    'seq',
    'ordinal',
    'step',
    'attempt',
    'kind',
    'result',
    'reason',
    'evidence',
    'category',
    'line',
    'at',
    'committedAt',
    'by',
  ],
  ...['connector', 'connection', 'do', 'decision', 'target', 'idempotencyKey', 'leaf'],
  ...WORDS,
];

export async function* csvReceipts(record: BatchRecord): AsyncGenerator<string> {
  const names = record.batch.plan.receiptFields;
  yield rowOf([...COLUMNS, ...names.map((name) => `field.${name}`)]);
  for await (const rows of record.pages)
    yield rows.map((row) => rowOf([...cells(row), ...words(row, names), ...values(fieldsOf(row), names)])).join('');
  for (const open of record.unresolved) {
    const { fields, ...place } = open;
    const own: Record<string, string | number | null> = { ...place, kind: 'unresolved', result: open.state };
    yield rowOf([...COLUMNS.map((name) => own[name] ?? null), ...values(fields, names)]);
  }
}

function rowOf(row: readonly (string | number | null)[]): string {
  return csvRow(row.map((cell) => (typeof cell === 'string' ? legible(cell) : cell)));
}

function cells(row: ReceiptRow): (string | number | null)[] {
  // What a kind of receipt does not have is an empty cell.
  const body = row.body as unknown as Record<string, string | number | null> & {
    action?: { connector: string; connection: string | null; do: string };
  };
  return [
    ...[
      row.chunk,
      row.seq,
      row.ordinal,
      row.step,
      body.attempt ?? null,
      row.kind,
      row.result,
      row.reason,
      row.kind === 'resolution' ? (body.evidence ?? null) : null,
      row.category,
    ],
    ...[row.line, row.at, row.committedAt, body.by ?? null],
    ...[
      body.action?.connector ?? null,
      body.action?.connection ?? null,
      body.action?.do ?? null,
      body.decision ?? null,
      body.target ?? null,
    ],
    ...[body.idempotencyKey ?? null, row.leaf],
  ];
}

/** A field of an item may be called as they are. */
function words({ ordinal, kind, fields, body }: ReceiptRow, names: readonly string[]): (string | null)[] {
  if (body.kind === 'decision' && body.v === 1) return [null, body.override];
  const isIts = (word: string) => ordinal === null || (kind === 'resolution' && !names.includes(word));
  return WORDS.map((word) => (isIts(word) && Object.hasOwn(fields, word) ? (fields[word] ?? null) : null));
}

/** What is no step of an action has words of people only. */
function fieldsOf({ ordinal, fields }: ReceiptRow): Record<string, string> {
  return ordinal === null ? {} : fields;
}

function values(fields: Record<string, string>, names: readonly string[]): (string | null)[] {
  return names.map((name) => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : null));
}
