/** A dataset as ingest would leave it, made inside the database: only what is done with it is measured. */
import { randomUUID } from 'node:crypto';
import { db } from '#lib/store/postgres/db.ts';
import { ACTOR } from './approved-batch.ts';

const FIELDS = [
  { name: 'date', type: 'date', iso: 'YYYY-MM-DD' },
  { name: 'from', type: 'email' },
  { name: 'subject', type: 'text' },
  { name: 'amount', type: 'number' },
  { name: 'text', type: 'text' },
];

/** Gives its id. Dates of two years, a thousand senders at ten domains, subjects of a few words, and a text of some lines. */
export async function datasetOf(rows: number): Promise<string> {
  const id = randomUUID();
  const { pool } = db();
  await pool.query(
    `INSERT INTO dataset (id, name, state, format, fields, item_count, created_by) VALUES ($1, 'rows.csv', 'ready', 'csv', $2, $3, $4)`,
    [id, JSON.stringify(FIELDS.map((field) => ({ ...field, filled: rows }))), rows, ACTOR.id],
  );
  await pool.query(
    `INSERT INTO item (dataset_id, ordinal, fields, raw, digest)
     SELECT $1, o, jsonb_build_object(
         'date', to_char(date '2024-01-01' + (o::bigint * 730 / $2::int)::int, 'YYYY-MM-DD'),
         'from', 'customer' || o % 1000 || '@' || (ARRAY['example.org','github.com','shop.example','news.example','people.example','a.example','b.example','c.example','d.example','e.example'])[o % 10 + 1],
         'subject', (ARRAY['Weekly news','Order','Invoice','Re: meeting','Your ticket'])[o % 5 + 1] || ' ' || o || ' is late',
         'amount', (o % 5000)::text,
         'text', 'Dear customer, ' || repeat('this is a line of an ordinary mail, as there are many. ', 4)),
       raw, sha256(raw)
     FROM generate_series(1, $2::int) o, convert_to('row ' || o, 'UTF8') raw`,
    [id, rows],
  );
  await pool.query('ANALYZE item').catch(() => {});
  return id;
}

/** Five rules as people write them, and the same as plain functions. */
export const RULES = [
  { when: 'item.from.endsWith("@github.com")', category: 'fyi' },
  { when: '["weekly", "digest", "newsletter"].exists(w, item.subject.lower().contains(w))', category: 'noise' },
  { when: 'item.subject.matches("(?i)^re: ")', category: 'task' },
  { when: 'item.from.endsWith("@shop.example") && number(item.amount) > 4000.0', category: 'task' },
  { when: 'item.subject.startsWith("Invoice") || item.subject.contains("ticket")', category: 'fyi' },
];
export const PLAIN: ((row: { from: string; subject: string; amount: string }) => boolean)[] = [
  ({ from }) => from.endsWith('@github.com'),
  ({ subject }) => ['weekly', 'digest', 'newsletter'].some((word) => subject.toLowerCase().includes(word)),
  ({ subject }) => /^re: /i.test(subject),
  ({ from, amount }) => from.endsWith('@shop.example') && Number(amount) > 4_000,
  ({ subject }) => subject.startsWith('Invoice') || subject.includes('ticket'),
];
export const CATEGORIES = ['fyi', 'noise', 'task', 'other'];
