/** One item's whole story, receipts that are filtered, and the search over the receipts of all batches: by role, and with what is hostile. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Role } from '#lib/core/people/roles.ts';
import { type CorrectionBody, sealReceipt } from '#lib/ledger/receipt.ts';
import { log } from '#lib/log.ts';
import { deleteDataset } from '#lib/steps/datasets/delete-dataset.ts';
import { recordWorker } from '#lib/store/fleet/workers.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedChunk, type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { eraseValues } from '#test/fixtures/erased.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { atSize } from '#test/size.ts';
import { answerApi } from './answer.ts';

const { pool, superPool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';

const logged = vi.spyOn(log, 'error');
afterEach(() => expect(logged).not.toHaveBeenCalledWith(expect.anything(), expect.stringContaining('does not fit')));

const SITE = { host: 'mail.example', 'sec-fetch-site': 'same-origin' };
const KEY = { authorization: 'Bearer a-key-of-the-environment' };

const ask = async (path: string, headers: Record<string, string> = KEY) => {
  const response = await answerApi(new Request(`http://mail.example/api/v1${path}`, { headers: { ...SITE, ...headers } }));
  return { status: response.status, body: await response.json() };
};

/** Somebody of a role, signed in. */
async function join(role: Role, name: string): Promise<{ id: string; cookie: string }> {
  const { id } = await somebody(role, name);
  return { id: `user:${id}`, cookie: await sessionOf(id) };
}

let people: Record<'operator' | 'reviewer' | 'auditor', { id: string; cookie: string }>;
beforeAll(async () => {
  people = {
    operator: await join('operator', 'Ona'),
    reviewer: await join('reviewer', 'Bo'),
    auditor: await join('auditor', 'Cy'),
  };
});

const mail = (subject: string, more: Partial<SeedChunk['items'][number]> = {}): SeedChunk['items'][number] => ({
  ...{
    fields: { from: 'ann@shop.x', subject, secret: `body of ${subject}` },
    category: 'noise',
    receipts: ['intent', 'outcome:succeeded'],
  },
  ...more,
});

const seeded = (chunks: SeedChunk[], name = 'Things') =>
  seedBatch(pool, { name, plan: { receiptFields: ['from', 'subject'] }, chunks });

type Line = {
  kind: string;
  by: string | null;
  at: string | null;
  receipt: { chunk: number; seq: number; altered: boolean } | null;
};
const kinds = ({ lines }: { lines: Line[] }) => lines.map(({ kind }) => kind);

/** Puts a receipt of a person behind the last of a chunk. */
async function append(batchId: string, chunk: number, body: Parameters<typeof sealReceipt>[0]): Promise<number> {
  const { body: bytes, leaf } = sealReceipt(body);
  const { rows } = await pool.query(
    `WITH raised AS (UPDATE chunk SET seq = seq + 1 WHERE batch_id = $1 AND number = $2 RETURNING seq)
     INSERT INTO receipt (batch_id, chunk, seq, kind, body, leaf) SELECT $1, $2, seq, $3, $4, $5 FROM raised RETURNING seq`,
    [batchId, chunk, body.kind, bytes, leaf],
  );
  return rows[0].seq;
}

const correctionOf = (batchId: string, ordinals: [number, number][], by: string): CorrectionBody => ({
  ...{ v: 1, kind: 'correction', batch: batchId, chunk: 1, revision: 2, from: 'keep', to: 'noise', ordinals, count: 2 },
  ...{ how: 'selection', note: null, by, via: 'page', at: '2026-11-24T10:00:00.000Z' },
});

describe('the story of an item', () => {
  it('goes from the line of its file to its outcome, with names and receipts, for every role', async () => {
    const { batchId, datasetId } = await seeded([
      {
        state: 'done',
        decidedBy: people.reviewer.id,
        items: [mail('one'), mail('two', { confidence: 0.7, why: 'it is a list' })],
      },
    ]);
    await pool.query('UPDATE item SET line = 17, source = 0 WHERE dataset_id = $1 AND ordinal = 2', [datasetId]);
    await pool.query(`INSERT INTO source (digest, bytes) VALUES ($1, 5) ON CONFLICT DO NOTHING`, [Buffer.alloc(32, 7)]);
    await pool.query(`INSERT INTO dataset_source VALUES ($1, 0, $2, 'mail of May.csv')`, [datasetId, Buffer.alloc(32, 7)]);
    await pool.query(`INSERT INTO review (batch_id, ordinal, category, verdict, "by") VALUES ($1, 2, 'noise', 'right', $2)`, [
      batchId,
      people.reviewer.id,
    ]);
    const path = `/batches/${batchId}/items/2`;
    const { status, body } = await ask(path);
    expect(status).toBe(200);
    expect(kinds(body)).toEqual(['read', 'started', 'classified', 'decided', 'acted', 'acted', 'marked']);
    expect(body).toMatchObject({
      ...{ batch: { id: batchId, name: 'Things' }, chunk: { number: 1 }, ordinal: 2, category: 'noise', result: 'succeeded' },
      fields: { from: 'ann@shop.x', subject: 'two' },
      item: { from: 'ann@shop.x', subject: 'two', secret: 'body of two' },
    });
    const [read, , classified, decided, intent, outcome, marked] = body.lines;
    expect(read).toMatchObject({ file: 'mail of May.csv', line: 17, dataset: { name: 'things.csv' }, deleted: null });
    expect(classified).toMatchObject({
      category: 'noise',
      why: 'it is a list',
      confidence: 0.7,
      revision: 1,
      classifier: 'rules',
    });
    expect(decided).toMatchObject({ by: 'Bo', receipt: { chunk: 1, seq: 1, altered: false }, row: { kind: 'decision' } });
    expect(intent).toMatchObject({ receipt: { chunk: 1, seq: 4, altered: false }, row: { kind: 'intent' } });
    expect(outcome).toMatchObject({ row: { kind: 'outcome', result: 'succeeded' }, answer: null });
    expect(marked).toMatchObject({ by: 'Bo', verdict: 'right', category: 'noise' });
    expect(body.lines.map(({ by }: Line) => by).filter((by: string | null) => by !== null && /[0-9a-f]{8}-/.test(by))).toEqual(
      [],
    );

    for (const role of ['operator', 'reviewer'] as const) expect((await ask(path, people[role])).body).toEqual(body);
    const auditor = (await ask(path, people.auditor)).body;
    expect(kinds(auditor)).toEqual(kinds(body));
    expect(auditor).toMatchObject({
      item: null,
      fields: body.fields,
      lines: [{ kind: 'read', line: 17, reading: null }, {}, {}, {}, {}, {}, {}],
    });
    expect(JSON.stringify(auditor)).not.toContain('body of');
    expect(await ask(path, {})).toMatchObject({ status: 401 });
  });

  it('tells a correction by its table and by its receipt, once each, with the classification that it took the place of', async () => {
    const { batchId } = await seeded([
      { state: 'done', decidedBy: people.reviewer.id, items: [mail('one'), mail('two'), mail('three')] },
    ]);
    const seq = await append(
      batchId,
      1,
      correctionOf(
        batchId,
        [
          [1, 1],
          [3, 3],
        ],
        people.operator.id,
      ),
    );
    await pool.query(
      `INSERT INTO correction (batch_id, ordinal, "from", "to", "by", note, revision, chunk, seq) VALUES ($1, 1, 'keep', 'noise', $2, 'it is a list', 2, 1, $3)`,
      [batchId, people.operator.id, seq],
    );
    const { body } = await ask(`/batches/${batchId}/items/1`);
    const corrected = body.lines.filter(({ kind }: Line) => kind === 'corrected');
    expect(corrected).toEqual([
      expect.objectContaining({
        ...{ from: 'keep', to: 'noise', by: 'Ona', note: 'it is a list', count: 2 },
        receipt: { chunk: 1, seq, altered: false },
      }),
    ]);
    expect(body.lines.find(({ kind }: Line) => kind === 'classified')).toMatchObject({
      category: 'keep',
      why: null,
      confidence: null,
    });
    // The table does not know it; the receipt names it.
    const third = (await ask(`/batches/${batchId}/items/3`)).body.lines.filter(({ kind }: Line) => kind === 'corrected');
    expect(third).toEqual([expect.objectContaining({ from: 'keep', to: 'noise', by: 'Ona', note: null })]);
    expect(kinds((await ask(`/batches/${batchId}/items/2`)).body)).not.toContain('corrected');
  });

  it('tells an answer only to whoever may see items, and what was erased as that', async () => {
    const { batchId } = await seeded([{ state: 'done', items: [mail('one'), mail('two', { erased: true })] }]);
    await pool.query(`INSERT INTO receipt_value VALUES ($1, 1, 3, 'answer', '\\x01', '{"ok":true}')`, [batchId]);
    const path = `/batches/${batchId}/items/1`;
    expect((await ask(path)).body.lines.at(-1)).toMatchObject({ kind: 'acted', answer: '{"ok":true}' });
    const auditor = (await ask(path, people.auditor)).body;
    expect(auditor.lines.at(-1)).toMatchObject({ kind: 'acted', answer: null });
    expect(JSON.stringify(auditor)).not.toContain('ok');
    await eraseValues(pool, batchId, "field = 'answer'");
    expect((await ask(path)).body.lines.at(-1)).toMatchObject({ answer: '[erased]' });
    const erased = (await ask(`/batches/${batchId}/items/2`, people.auditor)).body;
    expect(erased.fields).toEqual({ from: '[erased]', subject: '[erased]' });
  });

  it('shows a receipt that was altered in the database as altered, whatever became of its bytes', async () => {
    const { batchId } = await seeded([{ state: 'done', items: [mail('one')] }]);
    const places = {
      1: 'convert_to(\'{"by":"x"\', \'UTF8\')',
      2: "'\\xff00'::bytea",
      3: "convert_to(replace(convert_from(body, 'UTF8'), 'succeeded', 'failed'), 'UTF8')",
    };
    await superPool.query('ALTER TABLE receipt DISABLE TRIGGER USER');
    for (const [seq, bytes] of Object.entries(places))
      await superPool.query(`UPDATE receipt SET body = ${bytes} WHERE batch_id = $1 AND seq = $2`, [batchId, seq]);
    await superPool.query('ALTER TABLE receipt ENABLE TRIGGER USER');
    const { status, body } = await ask(`/batches/${batchId}/items/1`, people.auditor);
    expect(status).toBe(200);
    expect(body.lines.flatMap(({ receipt }: Line) => receipt?.altered ?? [])).toEqual([true, true, true]);
    for (const query of ['order=newest', 'person=user:x', 'text=one', 'kind=decision'])
      expect(await ask(`/batches/${batchId}/receipts/rows?${query}`, people.auditor)).toMatchObject({ status: 200 });
  });

  it('is told of a dataset that was deleted, without its items', async () => {
    const { batchId, datasetId } = await seeded([{ state: 'done', items: [mail('one')] }]);
    await deleteDataset({ id: people.operator.id, role: 'operator', name: 'Ona', via: 'page' }, { datasetId });
    const { status, body } = await ask(`/batches/${batchId}/items/1`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      item: null,
      fields: { subject: 'one' },
      lines: [{ kind: 'read', deleted: { by: 'Ona' } }, {}, {}, {}, {}, {}],
    });
  });

  it('has none of what is no item of the batch', async () => {
    const { batchId } = await seeded([{ state: 'awaiting_review', items: [mail('one', { receipts: [] })] }]);
    expect(kinds((await ask(`/batches/${batchId}/items/1`)).body)).toEqual(['read', 'started', 'classified']);
    for (const ordinal of ['2', '2147483647'])
      expect(await ask(`/batches/${batchId}/items/${ordinal}`)).toMatchObject({ status: 404 });
    for (const ordinal of ['0', '-1', '1.5', 'x', '2147483648'])
      expect(await ask(`/batches/${batchId}/items/${ordinal}`)).toMatchObject({ status: 400 });
    expect(await ask(`/batches/${randomUUID()}/items/1`)).toMatchObject({ status: 404 });
  });
});

describe('the receipts of a batch', () => {
  let batch: SeededBatch;
  const HOSTILE = ['100%', 'a_b', 'c\\d', 'quote " and \' and {', '\u202eevil', 'x'.repeat(150)];
  beforeAll(async () => {
    batch = await seeded([
      {
        state: 'done',
        decidedBy: people.reviewer.id,
        items: [...HOSTILE.map((subject) => mail(subject, { hoursAgo: 2 })), mail('axb')],
      },
      {
        ...{ state: 'unresolved', decidedBy: people.operator.id },
        items: [
          mail('late', { hoursAgo: 1 }),
          mail('kept', { category: 'keep', receipts: [] }),
          mail('broken', { receipts: ['intent', 'outcome:failed'] }),
          mail('lost', { receipts: ['intent', 'outcome:uncertain', 'resolution:abandoned'] }),
        ],
      },
    ]);
  });

  const rows = async (query: string, headers?: Record<string, string>) => {
    const { status, body } = await ask(`/batches/${batch.batchId}/receipts/rows?${query}`, headers);
    expect([query, status]).toEqual([query, 200]);
    return body as {
      items: { chunk: number; seq: number; ordinal: number | null; kind: string; result: string; committedAt: string }[];
      next: string | null;
    };
  };
  const all = async (query: string, limit = atSize(100, 3)) => {
    const items: Awaited<ReturnType<typeof rows>>['items'] = [];
    for (let cursor = ''; ; ) {
      const page = await rows(`${query}&limit=${limit}${cursor && `&cursor=${cursor}`}`);
      items.push(...page.items);
      if (page.next === null) return items;
      cursor = page.next;
    }
  };
  const places = (items: { chunk: number; seq: number }[]) => items.map(({ chunk, seq }) => `${chunk}.${seq}`);

  it('are listed in both orders of time, page by page, none twice and none left out', async () => {
    const oldest = await all('order=oldest', atSize(7, 3));
    expect(oldest).toHaveLength(15 + 8);
    expect(places(await all('order=newest', atSize(7, 3)))).toEqual(places(oldest).reverse());
    expect(oldest.map(({ committedAt }) => committedAt)).toEqual(oldest.map(({ committedAt }) => committedAt).sort());
    expect(places(oldest).sort()).toEqual(places((await rows('limit=100')).items).sort());
  });

  it('are found by outcome, kind, chunk, category, person and time, and by all of them at once', async () => {
    expect((await all('outcome=failed')).map(({ ordinal }) => ordinal)).toEqual([10]);
    expect((await all('outcome=abandoned')).map(({ kind }) => kind)).toEqual(['resolution']);
    expect(await all('outcome=succeeded', 3)).toHaveLength(8);
    expect(await all('kind=decision')).toHaveLength(2);
    expect(await all('kind=intent&chunk=2')).toHaveLength(3);
    expect(places(await all('chunk=2&order=newest', 3))).toEqual(['2.8', '2.7', '2.6', '2.5', '2.4', '2.3', '2.2', '2.1']);
    expect(await all('chunk=0')).toEqual([]);
    expect(await all('category=noise')).toHaveLength(21);
    expect(await all('category=keep')).toEqual([]);
    expect(places(await all(`person=${people.reviewer.id}`))).toEqual(['1.1']);
    expect((await all(`person=${people.operator.id}&order=newest`)).map(({ kind }) => kind)).toEqual(['resolution', 'decision']);
    const hour = (ago: number) => new Date(Date.now() - ago * 3_600_000).toISOString();
    expect(await all(`to=${hour(1.5)}`)).toHaveLength(12);
    expect(await all(`from=${hour(1.5)}&to=${hour(0.5)}`)).toHaveLength(2);
    expect(await all('from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z')).toEqual([]);
    expect(places(await all(`text=LOST&outcome=uncertain&chunk=2&category=noise&from=${hour(3)}&kind=outcome`))).toEqual(['2.7']);
  });

  it('are found by a text of their receipt fields as it stands, and by no other field', async () => {
    for (const [index, text] of HOSTILE.entries())
      expect((await all(`text=${encodeURIComponent(text)}`)).map(({ ordinal }) => ordinal)).toEqual([index + 1, index + 1]);
    expect(await all('text=%25&order=newest')).toHaveLength(2);
    expect(await all('text=ANN@shop', atSize(10, 3))).toHaveLength(21);
    expect(await all('text=body%20of')).toEqual([]);
    expect(await all('text=nobody')).toEqual([]);
  });

  it('refuse what is no filter, in words', async () => {
    for (const query of [
      'outcome=well',
      'kind=x',
      'chunk=-1',
      'person=Bo',
      'from=yesterday',
      `text=${'x'.repeat(201)}`,
      'text=%20',
      'cursor=1.1&order=newest',
      'order=up',
    ])
      expect([query, (await ask(`/batches/${batch.batchId}/receipts/rows?${query}`)).status]).toEqual([query, 400]);
    expect(await ask(`/batches/${randomUUID()}/receipts/rows?order=newest`)).toMatchObject({ status: 404 });
  });
});

describe('the search over all receipts', () => {
  const search = async (text: string, more = '', headers?: Record<string, string>) =>
    (await ask(`/receipts/search?text=${encodeURIComponent(text)}${more}`, headers)).body;

  it('finds the items of every batch that have a text in a receipt field, the newest batch first, for every role', async () => {
    const old = await seeded(
      [
        {
          state: 'done',
          items: [mail('Čapek & Söhne', { receipts: ['intent', 'outcome:failed', 'intent', 'outcome:succeeded'] })],
        },
      ],
      'Old',
    );
    const young = await seeded([{ state: 'done', items: [mail('other'), mail('to čapek & söhne')] }], 'Young');
    const body = await search('ČAPEK & SÖHNE');
    expect(body.items).toEqual([
      expect.objectContaining({
        batch: { id: young.batchId, name: 'Young' },
        ordinal: 2,
        result: 'succeeded',
        line: 'Archived: ann@shop.x | to čapek & söhne',
      }),
      expect.objectContaining({ batch: { id: old.batchId, name: 'Old' }, ordinal: 1, result: 'succeeded', chunk: 1, seq: 5 }),
    ]);
    expect(body.next).toBeNull();
    expect(body.looked.batches).toBeGreaterThanOrEqual(2);
    for (const role of ['operator', 'reviewer', 'auditor'] as const)
      expect((await search('čapek & söhne', '', people[role])).items).toEqual(body.items);
    const first = await search('čapek & söhne', '&limit=1');
    expect(first.items).toEqual([body.items[0]]);
    const rest = await search('čapek & söhne', `&limit=1&cursor=${first.next}`);
    expect(rest.items).toEqual([body.items[1]]);
    // No value of a field that is none of the receipt's, and nothing that was erased.
    expect((await search('body of')).items).toEqual([]);
    expect((await search('[erased]')).items).toEqual([]);
    expect((await search('a%b')).items).toEqual([]);
  });

  it('refuses what is nothing to look for', async () => {
    for (const query of ['', '?text=', '?text=%20', `?text=${'x'.repeat(201)}`, '?text=a&cursor=x', '?text=a&cursor=_1.1'])
      expect([query, (await ask(`/receipts/search${query}`)).status]).toEqual([query, 400]);
  });

  it('names a worker by its machine and process', async () => {
    const { batchId } = await seeded([{ state: 'done', items: [mail('one')] }]);
    const id = randomUUID();
    await recordWorker(pool, { id, host: 'oak', pid: 4711, state: 'idle', fault: null });
    await superPool.query('ALTER TABLE receipt DISABLE TRIGGER USER');
    await superPool.query(
      `UPDATE receipt SET body = convert_to(replace(convert_from(body, 'UTF8'), 'worker:seed', 'worker:' || $2), 'UTF8') WHERE batch_id = $1`,
      [batchId, id],
    );
    await superPool.query('ALTER TABLE receipt ENABLE TRIGGER USER');
    expect((await ask(`/batches/${batchId}/items/1`)).body.lines.at(-1)).toMatchObject({ by: 'Worker 4711 on oak' });
  });
});
