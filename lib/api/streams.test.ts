import { describe, expect, it } from 'vitest';
import { signOut } from '#lib/auth/sign-in.ts';
import { LIVE_REAUTHORISE_MS, LIVE_STREAMS_PER_PERSON_MAX } from '#lib/core/limits.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { atSize } from '#test/size.ts';
import { answerApi } from './answer.ts';
import { disposition, streamOf } from './streams.ts';

const { pool } = await testDatabase();
const KEY = 'a-key-of-the-environment';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = KEY;

const get = (path: string, more: RequestInit & { headers?: Record<string, string> } = {}) =>
  answerApi(
    new Request(`http://127.0.0.1:3000/api/v1${path}`, { ...more, headers: { authorization: `Bearer ${KEY}`, ...more.headers } }),
  );

const done: Pick<SeedItem, 'receipts' | 'category'> = { receipts: ['intent', 'outcome:succeeded'], category: 'noise' };
const items = [1, 2].map((number) => ({
  fields: { date: '2024-01-01', from: 'a@b.example', subject: `=mail ${number}` },
  ...done,
}));
const finished = () => seedBatch(pool, { name: 'Mär/z "24"', chunks: [{ state: 'done', items }] });

describe('downloads', () => {
  it('of receipts come in three formats, each as an attachment', async () => {
    const { batchId } = await finished();
    for (const [format, type] of [
      ['jsonl', 'application/jsonl'],
      ['csv', 'text/csv'],
      ['md', 'text/markdown'],
    ] as const) {
      const response = await get(`/batches/${batchId}/receipts?format=${format}`);
      expect(response.headers.get('content-type')).toContain(type);
      expect(response.headers.get('content-disposition')).toMatch(
        new RegExp(`^attachment; filename="[^"]+\\.${format}"; filename\\*=UTF-8''`),
      );
      expect(response.headers.get('cache-control')).toBe('private, no-store');
      expect(await response.text()).toContain('mail 2');
    }
    const lines = (await (await get(`/batches/${batchId}/receipts`)).text()).trim().split('\n');
    expect(JSON.parse(lines[0] as string)).toMatchObject({ kind: 'decision', seq: 1 });
  });

  it('of the scratchpad are a zip, of the dataset its items', async () => {
    const { batchId } = await finished();
    const zip = Buffer.from(await (await get(`/batches/${batchId}/scratchpad.zip`)).arrayBuffer());
    expect(zip.subarray(0, 2).toString()).toBe('PK');
    expect(zip.includes('chunk-01-summary.json')).toBe(true);
    const trail = await get(`/batches/${batchId}/trail.zip`);
    expect(trail.headers.get('content-disposition')).toContain('-trail-PARTIAL.zip"');
    expect(Buffer.from(await trail.arrayBuffer()).includes('START-HERE.html')).toBe(true);
    const text = await (await get(`/batches/${batchId}/dataset?format=jsonl&category=noise`)).text();
    expect(text.trim().split('\n')).toHaveLength(2);
  });

  it('that can not be had are refused before anything is sent', async () => {
    const { batchId } = await finished();
    expect((await get(`/batches/${batchId}/receipts?format=pdf`)).status).toBe(400);
    expect((await get(`/batches/${batchId}/dataset?format=mbox`)).status).toBe(415);
    expect((await get('/batches/00000000-0000-4000-8000-000000000000/scratchpad.zip')).status).toBe(404);
    expect((await get('/batches/not-an-id/receipts')).headers.get('content-type')).toBe('application/problem+json');
  });

  it('take names that would break out of their header', () => {
    expect(disposition('a"b\r\nSet-Cookie: x\\.csv')).toBe(
      'attachment; filename="a_b__Set-Cookie: x_.csv"; filename*=UTF-8\'\'a%22b%0D%0ASet-Cookie%3A%20x%5C.csv',
    );
    expect(disposition("Mär(z)'24*.md")).toBe(
      "attachment; filename=\"M_r(z)'24*.md\"; filename*=UTF-8''M%C3%A4r%28z%29%2724%2A.md",
    );
    expect(disposition('\ud800.md')).toContain("UTF-8''%EF%BF%BD.md");
  });
});

describe('a stream', () => {
  const request = new Request('http://127.0.0.1:3000/api/v1/x');

  it('is read no faster than it is taken, and its source ends when the reader leaves', async () => {
    let made = 0;
    let ended = false;
    async function* source() {
      try {
        for (;;) yield new Uint8Array([made++]);
      } finally {
        ended = true;
      }
    }
    const reader = streamOf(source(), request).getReader();
    await reader.read();
    await reader.read();
    expect(made).toBeLessThanOrEqual(4);
    await reader.cancel();
    expect(ended).toBe(true);
  });

  it('that breaks off half way does not look whole', async () => {
    async function* source() {
      yield new Uint8Array([1]);
      throw new Error('the database is away');
    }
    const reader = streamOf(source(), request).getReader();
    await reader.read();
    await expect(reader.read()).rejects.toThrow();
  });
});

describe('events', () => {
  async function* blocks(response: Response) {
    let text = '';
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(part).toString();
      const whole = text.split('\n\n');
      text = whole.pop() ?? '';
      yield* whole;
    }
  }
  const next = async (stream: AsyncGenerator<string>, start: string): Promise<string> => {
    for (;;) {
      const { value, done } = await stream.next();
      if (done) throw new Error('The events ended.');
      if (value.startsWith(start)) return value;
    }
  };

  it('begin with a snapshot, go on from the last one that was heard, and end when the reader leaves', async () => {
    const { batchId } = await seedBatch(pool, {
      chunks: [{ state: 'awaiting_review', items: items.map(({ receipts: _, ...item }) => item) }],
    });
    const left = new AbortController();
    const response = await get(`/batches/${batchId}/events`, { signal: left.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const stream = blocks(response);
    expect(await next(stream, 'retry:')).toBe('retry: 1000');
    const [id, event, data] = (await next(stream, 'id:')).split('\n');
    expect(event).toBe('event: snapshot');
    expect(JSON.parse((data as string).slice('data: '.length))).toMatchObject({
      id: batchId,
      state: 'running',
      chunks: [{ number: 1 }],
    });
    left.abort();
    while (!(await stream.next().catch(() => ({ done: true }))).done);

    await pool.query("INSERT INTO event (batch_id, chunk, kind) VALUES ($1, 1, 'test')", [batchId]);
    const again = blocks(
      await get(`/batches/${batchId}/events`, { headers: { 'last-event-id': (id as string).slice('id: '.length) } }),
    );
    expect(await next(again, 'id:')).toMatch(/^id: \d+\nevent: (progress|snapshot)\n/);
    await again.return(undefined);
  });

  const reviewed = async () =>
    `/batches/${(await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items }] })).batchId}/events`;
  const each = it.each([
    ['of a batch', reviewed],
    ['of the board', async () => '/board/events'],
    ['of everything', async () => '/events'],
  ]);

  each('%s end with the session that they were opened with, also for a reader who reads nothing', async (_, pathOf) => {
    const events = await pathOf();
    const site = { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' };
    const { id } = await somebody('operator', 'Eve');
    const enter = async () => ({ ...site, cookie: await sessionOf(id) });
    const follow = async (headers: Record<string, string>) => {
      const response = await answerApi(new Request(`http://127.0.0.1:3000/api/v1${events}`, { headers }));
      expect(response.status).toBe(200);
      return (response.body as ReadableStream<Uint8Array>).getReader();
    };
    const [here, there] = [await enter(), await enter()];
    const [silent, reading, other] = [await follow(here), await follow(here), await follow(there)];
    for (const reader of [silent, reading, other]) await reader.read();
    await reading.read();
    const began = performance.now();
    await signOut(new Headers(here));
    // The board may have told of a change meanwhile.
    while (!(await reading.read()).done);
    // The one that nobody reads on from breaks off: it does not get what lay ready for it.
    await expect(silent.closed).rejects.toThrow(/may no longer follow/);
    await expect(silent.read()).rejects.toThrow(/may no longer follow/);
    expect(performance.now() - began).toBeLessThan(LIVE_REAUTHORISE_MS * 60);
    expect((await other.read()).done).toBe(false);
    await other.cancel();
    const again = await answerApi(new Request(`http://127.0.0.1:3000/api/v1${events}`, { headers: here }));
    expect(again.status).toBe(401);
  });

  each(
    '%s of very many that are opened at once are as many as one person can follow, and those who were turned away are told when to come back',
    async (_, pathOf) => {
      const [events, others] = [await pathOf(), await reviewed()];
      // Of whatever kind they are, they are counted together.
      const open = () =>
        Promise.all(
          Array.from({ length: atSize(LIVE_STREAMS_PER_PERSON_MAX + 20, 300) }, (_each, at) =>
            get(at % 10 === 0 ? others : events),
          ),
        );
      for (let round = 0; round < atSize(1, 2); round++) {
        const answers = await open();
        const taken = answers.filter(({ status }) => status === 200);
        expect(taken).toHaveLength(LIVE_STREAMS_PER_PERSON_MAX);
        for (const { status, headers } of answers)
          expect([200, 503]).toContain(status === 503 && !headers.get('retry-after') ? 0 : status);
        for (const { body } of taken) await body?.cancel();
      }
      // Whoever leaves before anything was sent has left, and a batch that is not there holds no place.
      for (let count = 0; count < LIVE_STREAMS_PER_PERSON_MAX + 5; count++) {
        await get(events, { method: 'HEAD' });
        await get('/batches/00000000-0000-4000-8000-000000000000/events');
      }
      const last = await get(events);
      expect(last.status).toBe(200);
      await last.body?.cancel();
    },
  );

  it('of a batch that is not there are a 404', async () => {
    expect((await get('/batches/00000000-0000-4000-8000-000000000000/events')).status).toBe(404);
    expect((await get('/events?batch=00000000-0000-4000-8000-000000000000')).status).toBe(404);
    for (const query of ['batch=1', 'board=1', 'topic=people']) expect((await get(`/events?${query}`)).status).toBe(400);
  });
});
