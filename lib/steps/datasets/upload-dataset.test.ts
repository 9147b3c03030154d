import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { SEGMENT_ROWS, UPLOAD_BYTES_MAX } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import { failDataset } from '#lib/store/datasets/datasets.ts';
import { failAbandonedUploads } from '#lib/store/datasets/items.sql.ts';
import { originals } from '#lib/store/originals/originals.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { atSize } from '#test/size.ts';
import { readDataset, readDatasets, readItems, readUnreadable } from './read-datasets.ts';
import { uploadDataset } from './upload-dataset.ts';

const { pool, superPool } = await testDatabase();

const ada: Actor = { id: `user:${randomUUID()}`, role: 'operator', name: 'Ada', via: 'page' };

async function* chunksOf(...chunks: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function refusal(upload: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await upload.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CountersignError)) throw new Error(`not a refusal: ${String(error)}`);
  return { code: error.code, message: error.message };
}

const files = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) => statSync(join(folder, name)).isFile()).sort();

/** A program of its own, so that it can be killed. */
const UPLOAD_FOR_EVER = `
  const { uploadDataset } = await import(${JSON.stringify(join(import.meta.dirname, 'upload-dataset.ts'))});
  async function* source() {
    yield Buffer.from('a,b\\n');
    for (;;) {
      yield Buffer.from('1,2\\n'.repeat(20_000));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const ada = { id: 'key:env', role: 'operator', name: 'Ada', via: 'api' };
  await uploadDataset(ada, { name: 'a.csv', source: source() }, { id: process.argv[1] });
`;

/** What is left of a dataset that failed: its row, and nothing else. */
async function remains(id: string): Promise<{ state: string | undefined; reason: string | null | undefined; rows: number }> {
  const dataset = await readDataset(ada, { id });
  const { rows } = await pool.query<{ rows: string }>(
    'SELECT (SELECT count(*) FROM item WHERE dataset_id = $1) + (SELECT count(*) FROM unreadable_row WHERE dataset_id = $1) AS rows',
    [id],
  );
  return { state: dataset?.state, reason: dataset?.reason, rows: Number(rows[0]?.rows) };
}

async function until<T>(what: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    const found = await what();
    if (found) return found;
    await sleep(10);
  }
}

describe('a file that is right', () => {
  test('becomes a dataset with its items, unreadable rows, profile, dialect and digest', async () => {
    const file = 'id;__proto__;name;constructor\n1;a;Bö;x\n2;b\n3;c;"Q;""u""\n";\\\n';
    const { id, ...counts } = await uploadDataset(ada, { name: 'C:\\data\\a.csv', source: chunksOf(file) });
    expect(counts).toEqual({ itemCount: 2, unreadableCount: 1, bytes: Buffer.byteLength(file), same: null });
    const dataset = await readDataset(ada, { id });
    expect(dataset).toMatchObject({
      name: 'a.csv',
      state: 'ready',
      format: 'csv',
      noun: 'rows',
      itemCount: 2,
      unreadableCount: 1,
    });
    expect(dataset?.digest).toBe(createHash('sha256').update(file).digest('hex'));
    expect(dataset?.fields.map(({ name, type, filled }) => [name, type, filled])).toEqual([
      ['id', 'number', 2],
      ['__proto__', 'text', 2],
      ['name', 'text', 2],
      ['constructor', 'text', 2],
    ]);
    expect(dataset?.dialect).toMatchObject({ charset: 'UTF-8', delimiter: ';', quote: 'double' });
    const items = await readItems(ada, { id });
    expect(items?.items.map(({ ordinal, fields }) => [ordinal, Object.entries(fields)])).toEqual([
      [
        1,
        [
          ['id', '1'],
          ['__proto__', 'a'],
          ['name', 'Bö'],
          ['constructor', 'x'],
        ],
      ],
      [
        2,
        [
          ['id', '3'],
          ['__proto__', 'c'],
          ['name', 'Q;"u"\n'],
          ['constructor', '\\'],
        ],
      ],
    ]);
    expect(await readUnreadable(ada, { id })).toEqual({
      items: [{ line: 3, reason: 'line 3 has 2 cells, the header has 4', excerpt: '2;b\n' }],
      next: null,
    });
    const { rows } = await pool.query<{ raw: Buffer; digest: Buffer }>(
      'SELECT raw, digest FROM item WHERE dataset_id = $1 ORDER BY ordinal',
      [id],
    );
    expect(rows.map(({ raw }) => raw.toString())).toEqual(['1;a;Bö;x\n', '3;c;"Q;""u""\n";\\\n']);
    expect(rows.every(({ raw, digest }) => createHash('sha256').update(raw).digest().equals(digest))).toBe(true);
  });

  test('mail has the fields of mail', async () => {
    const file =
      'From bo@x.org Thu Aug 22 12:36:23 2002\nFrom: Bo <bo@X.org>\nDate: Thu, 22 Aug 2002 12:36:00 +0000\nSubject: hi\n\ntext\n';
    const { id } = await uploadDataset(ada, { name: 'mail', source: chunksOf(file) });
    expect(await readDataset(ada, { id })).toMatchObject({ format: 'mbox', noun: 'mails', itemCount: 1 });
    const page = await readItems(ada, { id });
    expect(Object.keys(page?.items[0]?.fields ?? {})).toEqual([
      'from',
      'fromDomain',
      'to',
      'date',
      'dateDoubtful',
      'subject',
      'messageId',
      'listId',
      'text',
      'attachments',
      'cc',
      'replyTo',
      'labels',
      'threadId',
      'listUnsubscribe',
      'inReplyTo',
      'size',
    ]);
    expect(page?.items[0]?.fields).toMatchObject({ from: 'bo@x.org', subject: 'hi', date: '2002-08-22T12:36:00.000Z' });
  });

  test.each([
    ['people.csv.gz', gzipSync('name,age\nAnn,41\nBo,7\n'), 'csv'],
    ['people.jsonl', Buffer.from('{"name":"Ann","age":41}\n{"name":"Bo","age":7}\n'), 'ndjson'],
    ['people.json.gz', gzipSync('{"people":[{"name":"Ann","age":41},{"name":"Bo","age":7}]}'), 'json'],
  ])('%s is read as what is in it', async (name, file, format) => {
    const { id, bytes } = await uploadDataset(ada, { name, source: chunksOf(file) });
    expect(await readDataset(ada, { id })).toMatchObject({ name, format, itemCount: 2 });
    expect(bytes).toBe(file.length);
    expect((await readItems(ada, { id }))?.items.map(({ fields }) => fields)).toEqual([
      { name: 'Ann', age: '41' },
      { name: 'Bo', age: '7' },
    ]);
  });

  test('mails of megabytes among small ones are stored byte for byte', async () => {
    const mail = (text: string) => `From a@x.org Mon Jan  5 10:00:00 2026\nFrom: a@x.org\nSubject: s\n\n${text}\n\n`;
    const mails = [
      mail('small'),
      mail('large '.repeat(200_000)),
      mail('small too'),
      mail('larger\n'.repeat(atSize(1_200_000, 1_500_000))),
    ];
    const { id } = await uploadDataset(ada, { name: 'a.mbox', source: chunksOf(mails.join('')) });
    const { rows } = await db().pool.query(
      'SELECT octet_length(raw) AS bytes, digest = sha256(raw) AS right, fields ->> $2 AS size FROM item WHERE dataset_id = $1 ORDER BY ordinal',
      [id, 'size'],
    );
    expect(rows).toEqual(mails.map((text) => ({ bytes: text.length, right: true, size: String(text.length - 39) })));
    const { rows: whole } = await db().pool.query(
      `SELECT sha256(string_agg(raw, '' ORDER BY ordinal)) AS digest FROM item WHERE dataset_id = $1`,
      [id],
    );
    expect(whole).toEqual([{ digest: createHash('sha256').update(mails.join('')).digest() }]);
  });

  test('its first items can be read while the rest arrives', async () => {
    const id = randomUUID();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const row = `${'x'.repeat(60)},y\n`;
    async function* source() {
      yield Buffer.from(`a,b\n${row.repeat(SEGMENT_ROWS + 10)}`);
      yield Buffer.from(row.repeat(SEGMENT_ROWS));
      await held;
      yield Buffer.from('last,one\n');
    }
    const upload = uploadDataset(ada, { name: 'a.csv', source: source() }, { id });
    const page = await until(async () => {
      const items = await readItems(ada, { id, limit: 3 });
      return items && items.items.length > 0 ? items : null;
    });
    expect(page).toEqual({ items: [1, 2, 3].map((ordinal) => ({ ordinal, fields: { a: 'x'.repeat(60), b: 'y' } })), next: '3' });
    const dataset = await readDataset(ada, { id });
    expect(dataset).toMatchObject({ state: 'receiving', format: 'csv' });
    expect(dataset?.fields.map(({ name }) => name)).toEqual(['a', 'b']);
    release();
    expect(await upload).toMatchObject({ itemCount: 2 * SEGMENT_ROWS + 11 });
    expect((await readItems(ada, { id, cursor: String(2 * SEGMENT_ROWS + 10) }))?.items).toEqual([
      { ordinal: 2 * SEGMENT_ROWS + 11, fields: { a: 'last', b: 'one' } },
    ]);
  });

  test('hostile bytes are stored as they are', async () => {
    const piece = fc.constantFrom(
      '"',
      '""',
      ',',
      '\n',
      '\r\n',
      'a',
      'é',
      '\0',
      '\\u0000',
      '\\',
      '\x01',
      '\u2028',
      '😀',
      "'",
      '{"x":1}',
    );
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => `first,second\nx,y\n${pieces.join('')}`);
    const files = fc.oneof(
      text.map((whole) => Buffer.from(whole)),
      text.map((whole) => Buffer.from(`${whole}\ud800`, 'utf16le')),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.concat([Buffer.from('first,second\nx,y\n'), bytes])),
    );
    await fc.assert(
      fc.asyncProperty(files, async (file) => {
        const id = randomUUID();
        // The noise may outweigh the table; what is refused must be refused in words, and what is taken must be whole.
        const uploaded = await uploadDataset(ada, { name: 'a.csv', source: chunksOf(file) }, { id }).catch((error: unknown) => {
          if (!(error instanceof CountersignError) || error.code !== 'invalid') throw error;
          return { itemCount: 0 };
        });
        const { rows } = await pool.query<{ raw: Buffer }>('SELECT raw FROM item WHERE dataset_id = $1 ORDER BY ordinal', [id]);
        expect(rows).toHaveLength(uploaded.itemCount);
        for (const { raw } of rows) expect(file.includes(raw)).toBe(true);
      }),
      { numRuns: atSize(12, 30) },
    );
  });
});

describe('a file that is wrong says so, and nothing of it is kept', () => {
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  test.each<[string, string, (string | Buffer)[], string, RegExp]>([
    ['empty', 'a.csv', [], 'invalid', /“a.csv” is empty: it has 0 bytes/],
    ['a picture', 'a.csv', [png], 'unsupported', /a picture \(PNG\), whatever its name says/],
    [
      'a workbook that breaks off',
      'a.xlsx',
      ['PK\x03\x04xl/workbook.xml'],
      'invalid',
      /“a.xlsx” is damaged and can't be unpacked/,
    ],
    [
      'packed and broken',
      'a.csv.gz',
      [gzipSync('a,b\n1,2\n').subarray(0, 20)],
      'invalid',
      /“a.csv.gz” is damaged and can't be unpacked/,
    ],
    ['another ending', 'a.yaml', ['a: 1\nb: 2\n'], 'unsupported', /a file that ends in .yaml is not recognised/],
    ['no mailbox', 'a.mbox', ['name,age\nBo,3\n'], 'unsupported', /ends in .mbox but its content is not a mailbox/],
    [
      'binary',
      'a.csv',
      [Buffer.from(Array.from({ length: 4000 }, (_, index) => (index * 7919) % 31))],
      'unsupported',
      /its content is not a table/,
    ],
    ['a header alone', 'a.csv', ['name,town\n'], 'invalid', /a header but no rows/],
    ['blank lines alone', 'a.csv', ['\n\n\r\n'], 'unsupported', /not/],
    [
      'no row that fits',
      'a.csv',
      ['a,b,c\n1\n', '2,3\n'],
      'invalid',
      /None of the 2 rows of “a.csv” could be read: line 2 has 1 cells?, the header has 3\. /,
    ],
    ['one row, too deep', 'a.json', ['['.repeat(10_000)], 'invalid', /The only row of “a.json” could not be read: .*\. Check/],
  ])('%s', async (_, name, chunks, code, message) => {
    const id = randomUUID();
    const refused = await refusal(uploadDataset(ada, { name, source: chunksOf(...chunks) }, { id }));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
    expect(await remains(id)).toEqual({ state: 'failed', reason: refused.message, rows: 0 });
  });

  const many = Buffer.from('1,2\n'.repeat(SEGMENT_ROWS * 5));

  test('the sender goes away half way', async () => {
    const id = randomUUID();
    async function* source() {
      yield Buffer.from('a,b\n');
      yield many;
      await until(async () => ((await readItems(ada, { id }))?.items.length ?? 0) > 0);
      throw new Error('aborted');
    }
    const refused = await refusal(uploadDataset(ada, { name: 'a.csv', source: source() }, { id }));
    expect(refused).toEqual({
      code: 'unavailable',
      message: 'The upload of “a.csv” broke off after 97.7 KB. Nothing of it was kept. Upload it again.',
    });
    expect(await remains(id)).toEqual({ state: 'failed', reason: refused.message, rows: 0 });
  });

  test('fewer bytes come than were announced', async () => {
    const id = randomUUID();
    const refused = await refusal(
      uploadDataset(ada, { name: 'a.csv', source: chunksOf('a,b\n', many), contentLength: 5 * 1024 ** 2 }, { id }),
    );
    expect(refused.message).toMatch(/broke off after 97.7 KB of 5.0 MB/);
    expect((await remains(id)).rows).toBe(0);
  });

  test('the signal of a sender that is gone is heard', async () => {
    const left = new AbortController();
    const id = randomUUID();
    async function* source() {
      yield Buffer.from('a,b\n');
      yield many;
      left.abort();
      yield many;
    }
    expect((await refusal(uploadDataset(ada, { name: 'a.csv', source: source() }, { id, signal: left.signal }))).code).toBe(
      'unavailable',
    );
    expect(await remains(id)).toMatchObject({ state: 'failed', rows: 0 });
  });

  test('a file that is announced as too large is not begun', async () => {
    const before = (await readDatasets(ada)).items.length;
    const refused = await refusal(
      uploadDataset(ada, { name: 'a.csv', source: chunksOf('a'), contentLength: UPLOAD_BYTES_MAX + 1 }),
    );
    expect(refused).toEqual({
      code: 'too_large',
      message: '“a.csv” has more than 4 GB, the limit of a file. Split it and upload the parts.',
    });
    expect((await readDatasets(ada)).items).toHaveLength(before);
  });

  test('too many columns', async () => {
    const id = randomUUID();
    const line = Array.from({ length: 501 }, (_, index) => `c${index}`).join(',');
    expect(
      (await refusal(uploadDataset(ada, { name: 'a.csv', source: chunksOf(`${line}\n${line}\n`) }, { id }))).message,
    ).toMatch(/more than 500 columns/);
    expect(await remains(id)).toMatchObject({ state: 'failed', rows: 0 });
  });

  test('the database cuts the connection half way', async () => {
    const id = randomUUID();
    async function* source() {
      yield Buffer.from('a,b\n');
      yield many;
      await until(async () => ((await readItems(ada, { id }))?.items.length ?? 0) > 0);
      await superPool.query(
        `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
         WHERE l.locktype = 'advisory' AND l.classid = ${0x75706c64} AND d.datname = current_database()`,
      );
      yield many;
      yield many;
    }
    const refused = await refusal(uploadDataset(ada, { name: 'a.csv', source: source() }, { id }));
    expect(refused.message).toBe(
      '“a.csv” could not be stored. The database does not answer. Check that its server runs and can be reached. Nothing of it was kept. Upload it again then.',
    );
    expect(await remains(id)).toEqual({ state: 'failed', reason: refused.message, rows: 0 });
  });

  test('somebody else gave it up half way, while more than one segment is on its way', async () => {
    const id = randomUUID();
    async function* source() {
      yield Buffer.from('a,b\n');
      yield many;
      await until(async () => ((await readItems(ada, { id }))?.items.length ?? 0) > 0);
      await inTransaction(pool, (tx) => failDataset(tx, id, 'Given up.'));
      for (let segment = 0; segment < 3; segment++) yield many;
    }
    expect(await refusal(uploadDataset(ada, { name: 'a.csv', source: source() }, { id }))).toEqual({
      code: 'conflict',
      message: 'The dataset is not receiving any more: its upload was given up. Upload the file again.',
    });
    expect(await remains(id)).toEqual({ state: 'failed', reason: 'Given up.', rows: 0 });
  });

  test('the database’s disk is full half way, while more is on its way than a socket takes', async () => {
    const id = randomUUID();
    // After the row that finds no room come 7 MB of its own segment.
    const large = Buffer.from(`1,${'x'.repeat(4_000)}\n`.repeat(atSize(2_200, 4_000)));
    await superPool.query(`CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
      $$BEGIN RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = 'disk_full'; END$$`);
    await superPool.query(
      `CREATE TRIGGER no_room BEFORE INSERT ON item FOR EACH ROW WHEN (NEW.ordinal > ${atSize(200, 1_000)}) EXECUTE FUNCTION no_room()`,
    );
    try {
      const refused = await refusal(uploadDataset(ada, { name: 'a.csv', source: chunksOf('a,b\n', large) }, { id }));
      expect(refused).toEqual({
        code: 'unavailable',
        message:
          "“a.csv” could not be stored. The database's disk is full or refuses writes. Free space on the disk that holds the database. Nothing of it was kept. Upload it again then.",
      });
      expect(await remains(id)).toEqual({ state: 'failed', reason: refused.message, rows: 0 });
    } finally {
      await superPool.query('DROP FUNCTION no_room() CASCADE');
    }
  });

  test('an uploader that was killed is swept up, and one that lives is not', async () => {
    const dead = randomUUID();
    await pool.query(
      `INSERT INTO dataset (id, name, state, created_by, item_count) VALUES ($1, 'dead.csv', 'receiving', 'x', 1)`,
      [dead],
    );
    await pool.query(`INSERT INTO item VALUES ($1, 1, '{}', '', sha256(''))`, [dead]);
    const alive = randomUUID();
    async function* source() {
      yield Buffer.from('a,b\n');
      yield many;
      await until(async () => ((await readItems(ada, { id: alive }))?.items.length ?? 0) > 0);
      expect(await failAbandonedUploads(db(), originals())).toEqual([dead]);
      yield many;
    }
    await uploadDataset(ada, { name: 'a.csv', source: source() }, { id: alive });
    expect(await remains(dead)).toEqual({
      state: 'failed',
      reason: expect.stringMatching(/broke off: the server that received it ended/),
      rows: 0,
    });
    expect((await readDataset(ada, { id: alive }))?.state).toBe('ready');
  });
});

test('an uploader that is killed half way leaves a failed dataset, no row and no file', async () => {
  const id = randomUUID();
  const folder = env().ORIGINALS_DIR ?? '';
  const kept = files(folder);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', UPLOAD_FOR_EVER, id], {
    env: process.env,
    stdio: 'inherit',
  });
  await until(async () => ((await readItems(ada, { id }))?.items.length ?? 0) > 0);
  expect(files(folder)).toHaveLength(kept.length + 1);
  child.kill('SIGKILL');
  await until(async () => (await failAbandonedUploads(db(), originals())).length > 0);
  expect(await remains(id)).toMatchObject({ state: 'failed', reason: expect.stringMatching(/broke off/), rows: 0 });
  expect(files(folder)).toEqual(kept);
});

test('who may not, does not', async () => {
  const reviewer: Actor = { ...ada, role: 'reviewer' };
  expect((await refusal(uploadDataset(reviewer, { name: 'a.csv', source: chunksOf('a,b\n1,2\n') }))).code).toBe('forbidden');
  expect((await refusal(readDatasets({ ...ada, role: 'auditor' }))).code).toBe('forbidden');
});

test('datasets are listed newest first, by pages', async () => {
  const seen: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof readDatasets>> = await readDatasets(ada, { cursor, limit: 7 });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next;
    if (cursor === null) break;
  }
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM dataset ORDER BY created_at DESC, id DESC');
  expect(seen).toEqual(rows.map(({ id }) => id));
  expect((await refusal(readDatasets(ada, { cursor: 'x' }))).code).toBe('invalid');
  expect(await readDataset(ada, { id: 'x' })).toBeNull();
});
