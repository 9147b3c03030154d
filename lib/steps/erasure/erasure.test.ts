/** A value that is erased is nowhere any more, neither in a table nor in a file; and what was written about it still verifies. */
import { createHash, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { retry } from '#lib/steps/batches/retry.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { enablePerson } from '#lib/steps/people/enable-person.ts';
import { exportTrail } from '#lib/steps/receipts/export-trail.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { previewUndo } from '#lib/steps/undo/preview-undo.ts';
import { removeUnusedSources } from '#lib/store/datasets/sources.sql.ts';
import { originals } from '#lib/store/originals/originals.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { verifyTrail } from '#lib/trail/verify/checks.mjs';
import { hashing, inflate } from '#lib/trail/verify/node.mjs';
import { openZip } from '#lib/trail/verify/zip.mjs';
import { testDatabase } from '#test/database.ts';
import { type SeededBatch, type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { somebody } from '#test/fixtures/signed-in.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';
import { carryOnErasures } from './carry-on.ts';
import { chooseFinds } from './choose-finds.ts';
import { confirmErasure } from './confirm-erasure.ts';
import { lookFor } from './look-for.ts';
import { readErasure, readErasureFinds, readErasures } from './read-erasure.ts';
import { removePerson } from './remove-person.ts';
import { keepRetention, readRetention } from './retention.ts';
import { withdrawErasure } from './withdraw-erasure.ts';

const { pool, ownerPool, superPool } = await testDatabase();

const EVE = 'eve.o’neil+x@example.org';
const PLAN = {
  classifier: {
    kind: 'rules' as const,
    rules: [{ when: `item.from == '${EVE}'`, category: 'send', why: 'hers' }],
    otherwise: 'send',
  },
  categories: [
    {
      name: 'send',
      action: {
        connector: 'http' as const,
        do: 'POST' as const,
        with: { url: 'http://crm.invalid/{{subject}}', body: { who: '{{from}}' } },
      },
    },
    { name: 'noise', action: { connector: 'shelf' as const, do: 'archive' as const } },
  ],
  receiptFields: ['from', 'subject'],
};
const DONE: SeedItem['receipts'] = ['intent', 'outcome:succeeded'];
const mail = (from: string, subject: string, more: Partial<SeedItem> = {}): SeedItem => ({
  ...{ fields: { from, subject }, category: 'send', receipts: DONE, why: `${from} wrote it` },
  ...more,
});

/** Where a text stands, table by table: as it is, and as the bytes of it. */
async function standsIn(value: string): Promise<string[]> {
  const { rows: tables } = await pool.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '_prisma_migrations' ORDER BY 1`,
  );
  const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), Buffer.from(value).toString('hex')];
  const found: string[] = [];
  for (const { relname } of tables) {
    const { rows } = await pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM "${relname}" t WHERE EXISTS (SELECT FROM unnest($1::text[]) f WHERE position(lower(f) IN lower(to_jsonb(t)::text)) > 0)`,
      [forms],
    );
    if (rows[0]?.n) found.push(`${relname} ${rows[0].n}`);
  }
  return found;
}

async function verified({ batchId }: { batchId: string }) {
  const parts: Uint8Array[] = [];
  for await (const part of (await exportTrail(ADA, { batchId })).body) parts.push(part);
  const bytes = Buffer.concat(parts);
  const { names, read } = await openZip(
    { size: bytes.length, read: async (at: number, length: number) => bytes.subarray(at, at + length) },
    inflate,
  );
  return { bytes, report: await verifyTrail({ names, read }, hashing) };
}

async function looked(value: string) {
  const { id } = await lookFor(ADA, { value });
  await carryOnErasures();
  const found = await readErasure(ADA, { id });
  if (!found) throw new Error('It is gone.');
  return found;
}

const placesOf = ({ places }: { places: { place: string; found: number }[] }) =>
  Object.fromEntries(places.map(({ place, found }) => [place, found]));

/** Everything that there is of her, wherever the product can have put it. */
async function everywhere({ batchId, datasetId, chunks }: SeededBatch, { batchId: other }: SeededBatch): Promise<Buffer> {
  const digest = createHash('sha256').update(EVE).digest();
  const [chunk] = chunks;
  const file = await originals().put(datasetId);
  await file.write(Buffer.from(EVE));
  await file.finish();
  await file.keep(digest);
  const all: [string, unknown[]][] = [
    ['INSERT INTO source (digest, bytes) VALUES ($1, 9)', [digest]],
    ['INSERT INTO dataset_source (dataset_id, position, digest, name) VALUES ($1, 0, $2, $3)', [datasetId, digest, `${EVE}.csv`]],
    ['UPDATE dataset SET name = $2 WHERE id = $1', [datasetId, `mails of ${EVE}.csv`]],
    [
      'INSERT INTO unreadable_row (dataset_id, line, reason, excerpt) VALUES ($1, 9, $2, $3)',
      [datasetId, 'odd', Buffer.from(`${EVE};x`, 'utf16le')],
    ],
    ['UPDATE batch SET name = $2, task_ref = $3 WHERE id = $1', [batchId, `For ${EVE}`, EVE.toUpperCase()]],
    ['UPDATE chunk SET note = $2, name = $3, halt_reason = $2 WHERE id = $1', [chunk?.id, `ask ${EVE}`, EVE]],
    [
      `WITH moved AS (UPDATE classification SET "by" = 'user:x' WHERE batch_id = $1 AND ordinal = 2 RETURNING category)
       INSERT INTO correction (batch_id, ordinal, "from", "to", by, revision, note) SELECT $1, 2, 'elsewhere', category, 'user:x', 2, $2 FROM moved`,
      [batchId, `${EVE} said so`],
    ],
    [
      `INSERT INTO decision (id, batch_id, root, answers, by, via, override, note) VALUES ($1, $2, sha256(''), '{}', 'user:x', 'api', $3, $3)`,
      [randomUUID(), batchId, `by ${EVE}`],
    ],
    [
      `INSERT INTO follow_up (idempotency_key, batch_id, dataset_id, ordinal, title, body, done_at) VALUES ('k', $1, $2, 1, $3, 'Write back', now())`,
      [batchId, datasetId, `Answer ${EVE}`],
    ],
    [
      `INSERT INTO errand (key, batch_id, chunk_id, ordinal, attempt, request_digest, given_to, given_name, given_at, until, answer, words, answered_at)
       VALUES ($1, $2, $2, 1, 1, sha256(''), 'agent:x', 'w', now(), now(), 'done', $3, now())`,
      [randomUUID(), batchId, `Wrote to ${EVE}`],
    ],
    [
      `INSERT INTO handed_change (batch_id, ordinal, chunk_id, epoch, commit, change, bytes) VALUES ($1, 1, $1, 1, 'c', $2, 20)`,
      [batchId, Buffer.from(`{"message":"${EVE}"}`)],
    ],
    [
      `INSERT INTO inspection (batch_id, ordinal, step, finding, target, by, at) VALUES ($1, 1, 2, 'happened', $2, 'user:x', now())`,
      [batchId, EVE],
    ],
    [
      `INSERT INTO batch_plan (batch_id, revision, plan, digest, seq, reviews, "by", via) VALUES ($1, 2, $2, sha256(''), 2, 0, 'user:x', 'page')`,
      [other, { classifier: [`from == "${EVE}"`], n: 7 }],
    ],
    [
      `INSERT INTO saved_plan (id, name, plan, field_types, created_by, updated_by) VALUES ($1, $2, $3, '{}', 'user:x', 'user:x')`,
      [randomUUID(), `${EVE}’s`, { rules: [{ when: `"${EVE}"\nor` }] }],
    ],
    [`INSERT INTO event (batch_id, kind, facts) VALUES ($1, 'pause', $2)`, [batchId, { note: EVE }]],
    [
      `INSERT INTO incident (id, batch_id, kind, message) VALUES ($1, $2, 'halted', $3)`,
      [randomUUID(), batchId, `It did not know ${EVE}.`],
    ],
    [`INSERT INTO matter (kind, about, facts, batch_id) VALUES ('finished', 'x', $1, $2)`, [{ name: EVE }, batchId]],
    [
      `INSERT INTO api_write (actor, key, path, request_digest, status, response, done) VALUES ('key:x', 'k', '/x', '', 200, $1, $2)`,
      [Buffer.from(`{"a":"${EVE}"}`), { made: EVE }],
    ],
    [
      `INSERT INTO security_event (kind, by, facts) VALUES ('invitation_made', 'user:x', $1)`,
      [{ email: EVE, n: 1, batches: [EVE] }],
    ],
    [`INSERT INTO setup_link (token_digest, role, email) VALUES (sha256('t'), 'reviewer', $1)`, [EVE]],
  ];
  for (const [text, values] of all) await pool.query(text, values);
  await pool.query(`INSERT INTO receipt_value (batch_id, chunk, seq, field, salt, value) VALUES ($1, 1, 3, 'answer', $2, $3)`, [
    other,
    Buffer.alloc(16),
    `HTTP 200\n\n{"to":"${EVE}"}`,
  ]);
  return digest;
}

describe('a value', () => {
  let batch: SeededBatch;
  let file: Buffer;
  beforeAll(async () => {
    batch = await seedBatch(pool, {
      ...{ name: 'Mail', state: 'finished', plan: PLAN },
      chunks: [
        {
          state: 'done',
          items: [
            mail(EVE, 'hers'),
            mail('bo@example.org', `about ${EVE.toUpperCase()}`, { category: 'noise' }),
            mail('cy@example.org', 'nothing to do with her'),
            mail('di@example.org', 'kept', { category: 'noise' }),
          ],
        },
      ],
    });
    expect((await verified(batch)).report).toMatchObject({ verdict: 'holds', findings: [] });
    // What no receipt vouches for lies in a batch whose trail nobody looks at.
    const other = await seedBatch(pool, {
      state: 'finished',
      chunks: [{ state: 'closed', items: [mail('cy@example.org', 'x', { receipts: [] })] }],
    });
    file = await everywhere(batch, other);
  });

  test('is shown first, with where it stands; what hangs on its items is among it; and nothing else is found', async () => {
    const found = await looked(EVE);
    expect(found).toMatchObject({ state: 'found', refusedBy: [], full: false });
    expect(placesOf(found)).toEqual({
      // Two items; of the values of their receipts all, though the value is not in each.
      ...{
        item: 2,
        receipt_value: 5,
        request: 1,
        classification: 2,
        correction: 1,
        decision: 1,
        chunk: 1,
        follow_up: 1,
        errand: 1,
        handed_change: 1,
        inspection: 1,
      },
      ...{
        unreadable_row: 1,
        original: 1,
        file_name: 1,
        dataset: 1,
        batch: 1,
        plan: 1,
        plan_revision: 1,
        saved_plan: 1,
        event: 1,
        incident: 1,
      },
      ...{ notice: 1, api_answer: 1, security_event: 1, invitation: 1 },
    });
    expect(found.count).toBe(31);
    const items = await readErasureFinds(ADA, { id: found.id, place: 'item' });
    expect(items.items.map(({ ordinal, linked }) => [ordinal, linked])).toEqual([
      [1, false],
      [2, false],
    ]);
    expect(items.items[0]?.excerpt).toContain(EVE);
    for (const { place } of found.places)
      expect((await readErasureFinds(ADA, { id: found.id, place })).items.length, place).toBeGreaterThan(0);
    // Leaving an item out leaves out what hangs on it.
    const { count } = await chooseFinds(ADA, {
      id: found.id,
      finds: [items.items[1] as { place: string; key: string }].map(({ place, key }) => ({ place, key })),
      chosen: false,
    });
    expect(count).toBe(31 - 5);
    await withdrawErasure(ADA, { id: found.id });
    await expect(withdrawErasure(ADA, { id: found.id })).rejects.toMatchObject({ code: 'conflict' });
    expect((await pool.query('SELECT wanted, state FROM erasure WHERE id = $1', [found.id])).rows).toEqual([
      { wanted: null, state: 'withdrawn' },
    ]);
  });

  test('is refused by whoever is no admin, with a wrong number, with the value in the reason, and while a batch would send it', async () => {
    await expect(lookFor(BO, { value: EVE })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(lookFor(ADA, { value: 'ab' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(lookFor(ADA, { value: EVE, batch: batch.batchId })).rejects.toMatchObject({ code: 'invalid' });
    const { id, count } = await looked(EVE);
    const reason = 'She asked for it.';
    await expect(confirmErasure(BO, { id, count, reason })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(confirmErasure(ADA, { id, count: count - 1, reason })).rejects.toMatchObject({
      code: 'stale',
      facts: { count },
    });
    await expect(confirmErasure(ADA, { id, count, reason: `For ${EVE}` })).rejects.toMatchObject({ code: 'invalid' });
    await pool.query("UPDATE batch SET state = 'running' WHERE id = $1", [batch.batchId]);
    await expect(confirmErasure(ADA, { id, count, reason })).rejects.toMatchObject({
      ...{ code: 'conflict', message: expect.stringContaining('is running and would send or ask with it') },
      facts: { batchId: batch.batchId },
    });
    expect((await readErasure(ADA, { id }))?.refusedBy).toMatchObject([{ id: batch.batchId, state: 'running' }]);
    await pool.query("UPDATE batch SET state = 'finished' WHERE id = $1", [batch.batchId]);
    await withdrawErasure(ADA, { id });
  });

  test('is gone from every table and file afterwards, also where each page is a process of its own; the trail holds and says erased; others keep theirs', async () => {
    const { id, count } = await looked(EVE);
    await confirmErasure(ADA, { id, count, reason: 'She asked for it.' });
    // A process that is killed after each page: what was committed stays, and the next one goes on behind it.
    let pages = 0;
    for (let state = 'erasing'; state === 'erasing'; pages += 1) {
      let turns = 0;
      await carryOnErasures(() => turns++ > 0);
      state = (await readErasure(ADA, { id }))?.state ?? 'gone';
    }
    expect(pages).toBeGreaterThan(15);
    expect(await standsIn(EVE)).toEqual([]);
    expect(await originals().open(file)).toBeNull();
    // A worker of a machine that has the folder takes away what one without it could not.
    const left = await originals().put(batch.datasetId);
    await left.write(Buffer.from(EVE));
    await left.finish();
    await left.keep(file);
    await removeUnusedSources(pool, originals());
    expect(await originals().open(file)).toBeNull();
    expect(await readErasure(ADA, { id })).toMatchObject({
      state: 'done',
      reason: 'She asked for it.',
      erased: 31,
      confirmedBy: { id: ADA.id },
    });
    expect((await readErasures(ADA)).items[0]).toMatchObject({ id, state: 'done' });

    const { report, bytes } = await verified(batch);
    // Four values, a request and the plan.
    expect(report).toMatchObject({ verdict: 'erased', findings: [], erased: 6 });
    expect(bytes.includes(EVE)).toBe(false);
    const receipts = (await readReceipts(ADA, { batchId: batch.batchId }))?.items ?? [];
    expect(receipts.find(({ ordinal, kind }) => ordinal === 1 && kind === 'intent')?.fields).toEqual({
      from: '[erased]',
      subject: '[erased]',
    });
    expect(receipts.find(({ ordinal, kind }) => ordinal === 3 && kind === 'intent')?.fields).toEqual({
      from: 'cy@example.org',
      subject: 'nothing to do with her',
    });
    const { rows } = await pool.query(
      'SELECT fields, octet_length(raw) AS bytes, digest FROM item WHERE dataset_id = $1 ORDER BY ordinal',
      [batch.datasetId],
    );
    expect(rows.map(({ fields, bytes: length }) => [fields.from, length > 0])).toEqual([
      ['[erased]', false],
      ['[erased]', false],
      ['cy@example.org', true],
      ['di@example.org', true],
    ]);
    // A shelf's request says nothing of an item, so what others do by it can be undone.
    const undo = await previewUndo(ADA, { batchId: batch.batchId });
    expect(undo.cannot).toContainEqual({ why: 'what it sent was erased', count: 1, ordinals: [1] });
    const { rows: told } = await pool.query(
      "SELECT kind, by, facts FROM security_event WHERE facts ->> 'erasure' = $1 ORDER BY id",
      [id],
    );
    expect(told.map(({ kind }) => kind)).toEqual(['erasure_looked', 'erasure_confirmed', 'erasure_done']);
    expect(told[2].facts).toMatchObject({ rows: 31 });
    // The digest is of the value with its salt: whoever knows it can tell.
    const { rows: digests } = await pool.query('SELECT salt, digest, wanted FROM erasure WHERE id = $1', [id]);
    expect(createHash('sha256').update(digests[0].salt).update(EVE).digest()).toEqual(digests[0].digest);
    expect(digests[0].wanted).toBeNull();
  });
});

describe('what needs it later', () => {
  const failed: SeedItem['receipts'] = ['intent', 'outcome:failed'];
  const seed = () =>
    seedBatch(pool, {
      ...{ name: 'Later', state: 'finished', plan: PLAN },
      chunks: [
        {
          state: 'done',
          items: [mail('gil@example.org', 'his', { receipts: failed }), mail('hal@example.org', 'his own', { receipts: failed })],
        },
      ],
    });

  test('a retry is refused with that reason, a batch that is made anew goes without the item, and nothing is made meanwhile', async () => {
    const batch = await seed();
    const { id, count } = await looked('gil@example.org');
    await confirmErasure(ADA, { id, count, reason: 'He asked for it.' });
    const anew = () =>
      createBatch(ADA, {
        datasetId: batch.datasetId,
        name: 'Anew',
        plan: { ...PLAN, chunking: { by: 'size', maxItems: 50 } } as never,
      });
    await expect(anew()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('just being erased') });
    await expect(retry(ADA, { batchId: batch.batchId })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('just being erased'),
    });
    await carryOnErasures();
    await expect(retry(ADA, { batchId: batch.batchId })).rejects.toMatchObject({
      ...{ code: 'conflict', message: 'What item 1 would send was erased: it can’t be sent once more. Nothing was changed.' },
    });
    const made = await anew();
    const { rows } = await pool.query('SELECT ordinal FROM chunk_item WHERE batch_id = $1', [made.id]);
    expect(rows).toEqual([{ ordinal: 2 }]);
    // It is proposed, and would send what is left.
    const next = await looked('hal@example.org');
    expect(next.refusedBy).toMatchObject([{ id: made.id, state: 'proposed' }]);
    await pool.query("UPDATE batch SET state = 'cancelled' WHERE id = $1", [made.id]);
    await pool.query("UPDATE chunk SET state = 'cancelled', updated_at = clock_timestamp() WHERE batch_id = $1", [made.id]);
    expect(await readErasure(ADA, { id: next.id })).toMatchObject({ refusedBy: [], movedOn: { id: made.id } });
    await expect(confirmErasure(ADA, { id: next.id, count: next.count, reason: 'He asked.' })).rejects.toMatchObject({
      ...{ code: 'stale', message: expect.stringContaining('went on after it was looked for') },
    });
    await withdrawErasure(ADA, { id: next.id });
  });

  test('all of a batch, and all of a dataset, go without a search; receipts and counts stay, and an undo says so when it is looked at', async () => {
    const batch = await seedBatch(pool, {
      ...{ name: 'Old', state: 'finished', plan: PLAN },
      chunks: [{ state: 'done', items: [mail('ida@example.org', 'one'), mail('jo@example.org', 'two', { category: 'noise' })] }],
    });
    const before = (await verified(batch)).report;
    const task = `INSERT INTO follow_up (idempotency_key, batch_id, dataset_id, ordinal, title, body) VALUES ($1, $2, $3, 1, 'ida@example.org', '')`;
    await pool.query(task, [randomUUID(), batch.batchId, batch.datasetId]);
    const { id } = await lookFor(ADA, { batch: batch.batchId });
    expect(await readErasure(ADA, { id })).toMatchObject({ state: 'found', count: 2, openTasks: 1, about: { name: 'Old' } });
    await expect(confirmErasure(ADA, { id, count: 2, reason: 'old' })).rejects.toMatchObject({
      message: expect.stringContaining('1 follow-up task'),
    });
    await pool.query('UPDATE follow_up SET done_at = now() WHERE batch_id = $1', [batch.batchId]);
    await confirmErasure(ADA, { id, count: 2, reason: 'old' });
    await carryOnErasures();
    expect(await readErasure(ADA, { id })).toMatchObject({ state: 'done' });
    expect(await standsIn('ida@example.org')).toEqual(['item 1']);
    const whole = await lookFor(ADA, { dataset: batch.datasetId });
    await confirmErasure(ADA, { id: whole.id, count: 2, reason: 'old' });
    await carryOnErasures();
    for (const gone of ['ida@example.org', 'jo@example.org']) expect(await standsIn(gone)).toEqual([]);
    const { report } = await verified(batch);
    expect(report).toMatchObject({
      verdict: 'erased',
      findings: [],
      erased: 5,
      facts: { ...before.facts, at: expect.any(String) },
    });
    expect((await previewUndo(ADA, { batchId: batch.batchId })).cannot).toMatchObject([
      { why: 'what it sent was erased', ordinals: [1] },
      {},
    ]);
  });
});

describe('by age', () => {
  const settings = (days: { originals?: string; values?: string }) => {
    for (const [name, value] of [
      ['RETAIN_ORIGINALS_DAYS', days.originals],
      ['RETAIN_VALUES_DAYS', days.values],
    ] as const)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    Object.assign(globalThis, { countersignEnv: undefined });
  };

  test('nothing goes unless it is set; then what is due is listed, goes with its record, and what is in use waits', async () => {
    const seed = async (name: string, ago: number, state: 'finished' | 'running' = 'finished') => {
      const made = await seedBatch(pool, {
        name,
        state,
        plan: PLAN,
        chunks: [{ state: 'done', items: [mail(`${name}@example.org`, name)] }],
      });
      await pool.query(
        'UPDATE batch SET finished_at = CASE WHEN state = $3 THEN clock_timestamp() - make_interval(days => $2) END, created_at = clock_timestamp() - make_interval(days => 90) WHERE id = $1',
        [made.batchId, ago, 'finished'],
      );
      const digest = createHash('sha256').update(name).digest();
      const file = await originals().put(made.datasetId);
      await file.write(Buffer.from(name));
      await file.finish();
      await file.keep(digest);
      await pool.query('INSERT INTO source (digest, bytes) VALUES ($1, 3)', [digest]);
      await pool.query('INSERT INTO dataset_source (dataset_id, position, digest, name) VALUES ($1, 0, $2, $3)', [
        made.datasetId,
        digest,
        'a.csv',
      ]);
      return { ...made, digest };
    };
    const [old, young, busy, open] = [
      await seed('old', 40),
      await seed('young', 3),
      await seed('busy', 40, 'running'),
      await seed('open', 40),
    ];
    await pool.query(
      `INSERT INTO follow_up (idempotency_key, batch_id, dataset_id, ordinal, title, body) VALUES ('open', $1, $2, 1, 'open', '')`,
      [open.batchId, open.datasetId],
    );
    settings({});
    await keepRetention();
    await carryOnErasures();
    expect(await readRetention(ADA)).toEqual({ originalsDays: null, valuesDays: null, due: [], more: false });
    for (const { digest } of [old, young, busy, open]) expect(await originals().open(digest)).not.toBeNull();

    settings({ originals: '30' });
    await expect(readRetention(BO)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await readRetention(ADA)).due.map(({ kind, id }) => [kind, id]).sort()).toEqual(
      [
        ['original', old.datasetId],
        ['original', open.datasetId],
      ].sort(),
    );
    settings({ originals: '2', values: '30' });
    expect((await readRetention(ADA)).due.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual(
      [
        'batch old',
        'dataset things.csv',
        'dataset things.csv',
        'original things.csv',
        'original things.csv',
        'original things.csv',
      ].sort(),
    );
    await Promise.all([keepRetention(), keepRetention()]);
    await carryOnErasures();
    expect((await readRetention(ADA)).due).toEqual([]);
    expect(await standsIn('old@example.org')).toEqual([]);
    expect(await standsIn('young@example.org')).not.toEqual([]);
    expect(await standsIn('busy@example.org')).not.toEqual([]);
    for (const { digest } of [old, young, open]) expect(await originals().open(digest)).toBeNull();
    expect(await originals().open(busy.digest)).not.toBeNull();
    expect((await verified(old)).report).toMatchObject({ verdict: 'erased', findings: [] });
    const { rows } = await pool.query(`SELECT kind, confirmed_by, reason FROM erasure WHERE about = $1`, [
      `batch:${old.batchId}`,
    ]);
    expect(rows).toEqual([{ kind: 'batch', confirmed_by: 'system', reason: 'Retention: 30 days after it ended.' }]);
    settings({});
  });
});

test('an account is removed once it is disabled: the id stays, by which receipts name the person, and the address is looked for next', async () => {
  const keeper: Actor = { ...ADA, id: `user:${(await somebody('admin', 'Keeper')).id}` };
  const { id, email } = await somebody('reviewer', 'Lee Person');
  await expect(removePerson(keeper, { personId: id, reason: 'left the house' })).rejects.toMatchObject({ code: 'conflict' });
  await disablePerson(keeper, { personId: id });
  await expect(removePerson({ ...keeper, role: 'operator' }, { personId: id, reason: 'left the house' })).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(removePerson(keeper, { personId: id, reason: `${email} left` })).rejects.toMatchObject({ code: 'invalid' });
  const { erasure } = await removePerson(keeper, { personId: id, reason: 'left the house' });
  await expect(removePerson(keeper, { personId: id, reason: 'left the house' })).rejects.toMatchObject({ code: 'conflict' });
  await expect(enablePerson(keeper, { personId: id })).rejects.toMatchObject({ code: 'conflict' });
  await carryOnErasures();
  expect(await readErasure(keeper, { id: erasure })).toMatchObject({ state: 'found', kind: 'value', places: [] });
  await withdrawErasure(keeper, { id: erasure });
  for (const gone of [email, 'Lee Person']) expect(await standsIn(gone)).toEqual([]);
  const { rows } = await pool.query(
    'SELECT name, (SELECT count(*)::int FROM account WHERE user_id = id) AS ways FROM "user" WHERE id = $1',
    [id],
  );
  expect(rows).toEqual([{ name: `Former person ${id.slice(0, 8)}`, ways: 0 }]);
});

describe('the door', () => {
  test('lets through exactly the erasure that a confirmed one tells of in the same transaction, also for the owner and for replicas', async () => {
    const { batchId } = await seedBatch(pool, {
      state: 'finished',
      plan: PLAN,
      chunks: [{ state: 'done', items: [mail('fay@example.org', 'x')] }],
    });
    const id = randomUUID();
    await pool.query(
      `INSERT INTO erasure (id, kind, about, state, reason, asked_by, confirmed_by, confirmed_at, salt, digest) VALUES ($1, 'batch', $2, 'erasing', 'y', 'u', 'u', now(), sha256('s'), sha256('d'))`,
      [id, `batch:${batchId}`],
    );
    const NULLED = `UPDATE receipt_value SET salt = NULL, value = NULL WHERE batch_id = '${batchId}'`;
    const tell = (place: string, of = id) =>
      `INSERT INTO erasure_entry (erasure_id, place, rows) VALUES ('${of}', '${place}', 1)`;
    const name = (of = id) => `SELECT set_config('countersign.erasure', '${of}', true)`;
    const tried = (statements: string[], by = pool) =>
      inTransaction(by, async (tx) => {
        for (const text of statements) await tx.query(text);
      });
    const refused: [string, string[]][] = [
      ['without anything', [NULLED]],
      ['named, not told', [name(), NULLED]],
      ['told, not named', [tell('receipt_value'), NULLED]],
      ['told of another table', [name(), tell('frozen_request'), NULLED]],
      ['another erasure named', [name(randomUUID()), tell('receipt_value'), NULLED]],
      [
        'a change in place of an erasure',
        [name(), tell('receipt_value'), `UPDATE receipt_value SET value = 'other' WHERE batch_id = '${batchId}'`],
      ],
      ['half of it', [name(), tell('receipt_value'), `UPDATE receipt_value SET value = NULL WHERE batch_id = '${batchId}'`]],
      [
        'another column',
        [
          name(),
          tell('receipt_value'),
          `UPDATE receipt_value SET field = 'x', salt = NULL, value = NULL WHERE batch_id = '${batchId}'`,
        ],
      ],
      ['a receipt', [name(), tell('receipt'), `UPDATE receipt SET body = '{}' WHERE batch_id = '${batchId}'`]],
      ['deleting', [name(), tell('receipt_value'), `DELETE FROM receipt_value WHERE batch_id = '${batchId}'`]],
      ['other bytes', [name(), tell('frozen_request'), `UPDATE frozen_request SET bytes = '{}'`]],
      ['a manifest', [name(), tell('manifest_row'), `UPDATE manifest_row SET category = 'x'`]],
      ['the log’s keys', [name(), tell('security_event'), `UPDATE security_event SET facts = '{"a":"[erased]"}'`]],
      [
        'the log’s numbers',
        [
          name(),
          tell('security_event'),
          `UPDATE security_event SET facts = jsonb_set(facts, '{rows}', '7') WHERE kind = 'erasure_done'`,
        ],
      ],
      ['an entry of none', [tell('receipt_value', randomUUID())]],
      ['an entry changed', [`UPDATE erasure_entry SET rows = 0`]],
      ['an erasure forgotten', [`DELETE FROM erasure`]],
      [
        'one taken back',
        [`UPDATE erasure SET state = 'withdrawn', confirmed_by = NULL, confirmed_at = NULL, reason = NULL WHERE id = '${id}'`],
      ],
    ];
    for (const [how, statements] of refused)
      for (const by of [pool, ownerPool])
        await expect(tried(statements, by), how).rejects.toThrow(
          /append-only|permission denied|erased_check|record of an erasure/,
        );
    const client = await superPool.connect();
    await client.query('SET session_replication_role = replica');
    await expect(client.query(NULLED)).rejects.toThrow(/append-only/);
    client.release(true);
    // An entry of an earlier transaction opens nothing.
    await tried([tell('receipt_value')]);
    await expect(tried([name(), NULLED])).rejects.toThrow(/append-only/);

    await tried([name(), tell('receipt_value'), NULLED]);
    expect((await pool.query('SELECT count(value)::int AS n FROM receipt_value WHERE batch_id = $1', [batchId])).rows).toEqual([
      { n: 0 },
    ]);
    await tried([name(), tell('frozen_request'), 'UPDATE frozen_request SET bytes = NULL']);
    await carryOnErasures();
  });
});
