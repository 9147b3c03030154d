/** What is found, by whom, and how far it was looked: hostile texts, roles and looks that are ended first. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { signIn } from '#lib/auth/sign-in.ts';
import type { Role } from '#lib/core/people/roles.ts';
import type { FoundGroup, FoundGroups } from '#lib/shapes/find.ts';
import { find } from '#lib/steps/find/find.ts';
import { acceptSetupLink } from '#lib/steps/people/accept-setup-link.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { invitePerson } from '#lib/steps/people/invite-person.ts';
import { testDatabase } from '#test/database.ts';
import { type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { answerApi } from './answer.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';

const SITE = { host: 'mail.example', 'sec-fetch-site': 'same-origin' };
const KEY = { authorization: 'Bearer a-key-of-the-environment' };
const PASSWORD = 'correct horse battery staple';
const BOSS: Actor = { id: 'key:env', role: 'admin', name: 'Key', via: 'api' };

const ask = async (query: Record<string, string>, headers: Record<string, string> = KEY) => {
  const url = `http://mail.example/api/v1/find?${new URLSearchParams(query)}`;
  const response = await answerApi(new Request(url, { headers: { ...SITE, ...headers } }));
  return { status: response.status, body: (await response.json()) as FoundGroups & { detail: string; code: string } };
};
const of = (actor: Role): Actor => ({ id: `user:${randomUUID()}`, role: actor, name: 'Somebody', via: 'page' });
const groupOf = ({ groups }: FoundGroups, kind: string): FoundGroup => {
  const group = groups.find((one) => one.kind === kind);
  if (!group) throw new Error(`no ${kind}`);
  return group;
};
const titles = (all: FoundGroups, kind: string) => groupOf(all, kind).items.map(({ title }) => title);

async function join(role: Role, name: string): Promise<{ id: string; cookie: string }> {
  const email = `${name.toLowerCase()}@people.example`;
  const { path } = await invitePerson(BOSS, { email, role });
  const { id } = await acceptSetupLink({ token: path.split('=')[1] as string, name, email, password: PASSWORD });
  const cookies = await signIn({ email, password: PASSWORD }, new Headers(SITE));
  return { id, cookie: cookies.map((one) => `${one.name}=${encodeURIComponent(one.value)}`).join('; ') };
}

let mail: SeededBatch;
let long: SeededBatch;
beforeAll(async () => {
  const item = (from: string, subject: string) => ({
    ...{ fields: { from, subject, secret: `body of ${subject}`, odd: 'a"b\\c 100%_' }, category: 'noise' },
    receipts: ['intent' as const, 'outcome:succeeded' as const],
  });
  long = await seedBatch(pool, {
    name: 'Long ago',
    columns: ['note'],
    plan: { receiptFields: [] },
    chunks: [
      {
        state: 'awaiting_review',
        items: Array.from({ length: 5_000 }, (_, index) => ({
          fields: { note: index === 4_999 ? 'the needle is here' : `straw ${index}` },
          category: 'keep',
        })),
      },
    ],
  });
  mail = await seedBatch(pool, {
    ...{ name: 'Müller’s mail', taskRef: 'JIRA-77', plan: { receiptFields: ['from', 'subject'] } },
    chunks: [
      { name: 'Spring', state: 'done', items: [item('joann@shop.x', 'Weekly Öffnung'), item('ann@shop.x', 'Invoice 7')] },
      { name: 'Summer', state: 'done', items: [item('bo@firm.y', 'Re: ORDER late')] },
    ],
  });
});

describe('what is typed is looked for as it is', () => {
  it.each([
    ['10 KB', 'x'.repeat(10_240), /200 characters/],
    ['only spaces', ' \u3000\t ', /Say what to look for/],
    ['NUL', '\0', /NUL/],
    ['what nobody sees', '\u202e\u200b', /Say what to look for/],
    ['too many words', 'a '.repeat(30), /20 words/],
  ])('and refused in words when it is %s', async (_, q, says) => {
    const { status, body } = await ask({ q });
    expect(status).toBe(400);
    expect(body.detail).toMatch(says);
  });

  it.each(['%', '_', '\\', '100%_', 'a"b\\c', '"a"b', '%_\\'])('%s is no pattern', async (q) => {
    const { status, body } = await ask({ q, kinds: 'items,batches,receipts' });
    expect(status).toBe(200);
    expect(titles(body, 'batches')).toEqual([]);
    expect(titles(body, 'items')).toHaveLength(q === '%_\\' ? 0 : 3);
  });

  it('and without what turns the direction, which was copied along with it', async () => {
    for (const q of ['in\u202evoice', '\u2066invoice\u2069'])
      expect(titles((await ask({ q, kinds: 'items' })).body, 'items')).toHaveLength(1);
    expect(titles((await ask({ q: '"in\u202evoice"', kinds: 'items' })).body, 'items')).toEqual([]);
  });

  it('a kind that there is not, and a cursor of something else, are refused in words', async () => {
    expect((await ask({ q: 'a', kinds: 'items,secrets' })).body.detail).toMatch(/no kind “secrets”/);
    expect((await ask({ q: 'a', cursor: 'x' })).body.detail).toMatch(/alone/);
    for (const kind of ['batches', 'chunks', 'datasets', 'receipts', 'items', 'people'])
      for (const cursor of ['x', '1', '2026-02-31T00:00:00.000Z_x_1', `2026-02-30T00:00:00.000Z_${randomUUID()}_99999999999`])
        expect(await ask({ q: 'a', kinds: kind, cursor }), `${kind} ${cursor}`).toMatchObject({ status: 400 });
  });
});

describe('who sees what', () => {
  it('an auditor finds batches, chunks and receipts, and learns of nothing else, not even how much there is', async () => {
    const found = await find(of('auditor'), { q: 'body' });
    expect(found.groups.map(({ kind }) => kind)).toEqual(['batches', 'chunks', 'receipts']);
    expect(found.groups.flatMap(({ items }) => items)).toEqual([]);
    expect(JSON.stringify(await find(of('auditor'), { q: 'invoice' }))).not.toContain('body of');
    expect(titles(await find(of('auditor'), { q: 'invoice' }), 'receipts')).toHaveLength(1);
    for (const kinds of ['items', 'datasets', 'people', 'batches,items'])
      await expect(find(of('auditor'), { q: 'a', kinds })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('only an admin finds people', async () => {
    for (const role of ['operator', 'reviewer'] as const) {
      expect((await find(of(role), { q: 'a' })).groups.map(({ kind }) => kind)).not.toContain('people');
      await expect(find(of(role), { q: 'a', kinds: 'people' })).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  it('somebody who was disabled in between finds nothing any more', async () => {
    const { id, cookie } = await join('reviewer', 'Bo');
    expect((await ask({ q: 'invoice' }, { cookie })).status).toBe(200);
    expect(titles((await ask({ q: 'bo@people.example' })).body, 'people')).toEqual(['Bo']);
    await disablePerson(BOSS, { personId: id });
    expect((await ask({ q: 'invoice' }, { cookie })).status).toBe(401);
  });
});

describe('what is found', () => {
  it('a batch by its name, its task and its id', async () => {
    for (const q of [
      'MULLER',
      'mail muller',
      'jira-77',
      mail.batchId,
      mail.batchId.slice(0, 12).toUpperCase(),
      '"Müller’s mail"',
    ])
      expect(titles((await ask({ q, kinds: 'batches' })).body, 'batches'), q).toEqual(['Müller’s mail']);
    expect(groupOf((await ask({ q: 'jira-77', kinds: 'batches' })).body, 'batches').items[0]).toMatchObject({
      ...{ field: 'Task', value: 'JIRA-77', exact: true, id: mail.batchId },
    });
  });

  it('a chunk by its name, with that of its batch, and by its number in the batch at hand', async () => {
    const chunks = async (query: Record<string, string>) => titles((await ask({ ...query, kinds: 'chunks' })).body, 'chunks');
    expect(await chunks({ q: 'summer' })).toEqual(['Summer']);
    expect(await chunks({ q: 'muller 2' })).toEqual(['Summer']);
    expect(await chunks({ q: 'muller' })).toEqual([]);
    expect(await chunks({ q: '2', batch: mail.batchId })).toEqual(['Summer']);
    expect(await chunks({ q: '2' })).toEqual([]);
  });

  it('an item by any value, with the field that has it, in its batch; exactly that first', async () => {
    const { items, looked, next } = groupOf((await ask({ q: 'ANN@shop.x', kinds: 'items' })).body, 'items');
    expect(items.map(({ ordinal, exact, field, value, batch }) => [ordinal, exact, field, value, batch?.id])).toEqual([
      [2, true, 'from', 'ann@shop.x', mail.batchId],
      [1, false, 'from', 'joann@shop.x', mail.batchId],
    ]);
    expect(next).toBeNull();
    expect(looked).toEqual({ what: 'items', count: 5_003, of: 5_003 });
    const words = groupOf((await ask({ q: 'offnung joann', kinds: 'items' })).body, 'items');
    expect(words.items.map(({ ordinal }) => ordinal)).toEqual([1]);
  });

  it('a receipt by its name, in the batch at hand, and by what its fields hold', async () => {
    const named = groupOf((await ask({ q: '1-2', batch: mail.batchId, kinds: 'receipts' })).body, 'receipts');
    expect(named.items[0]).toMatchObject({ chunk: 1, seq: 2, exact: true, batch: { id: mail.batchId } });
    const told = groupOf((await ask({ q: 'shop.x invoice', kinds: 'receipts' })).body, 'receipts');
    expect(told.items).toMatchObject([{ ordinal: 2, batch: { id: mail.batchId } }]);
  });

  it('nothing of a dataset that was deleted', async () => {
    await pool.query("UPDATE dataset SET deleted_at = now(), deleted_by = 'key:env' WHERE id = $1", [mail.datasetId]);
    const { body } = await ask({ q: 'invoice', kinds: 'items,datasets' });
    expect([titles(body, 'items'), groupOf(body, 'items').looked.of]).toEqual([[], 5_000]);
    await pool.query('UPDATE dataset SET deleted_at = NULL, deleted_by = NULL WHERE id = $1', [mail.datasetId]);
  });
});

describe('how far it was looked', () => {
  it('a look that is ended says how far it came, and goes on there to the last row', async () => {
    const ended = AbortSignal.abort();
    const pages: FoundGroup[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = groupOf(await find(BOSS, { q: 'needle', kinds: 'items', cursor, signal: ended }), 'items');
      pages.push(page);
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.reduce((sum, { looked }) => sum + looked.count, 0)).toBe(5_003);
    expect(pages.flatMap(({ items }) => items)).toMatchObject([{ ordinal: 5_000, batch: { id: long.batchId } }]);
  });

  it('of two looks of one person the older ends, and the newer looks to its end', async () => {
    const both = await Promise.all(['needle', 'straw 4998'].map((q) => find(BOSS, { q, kinds: 'items' })));
    const [older, newer] = both.map((one) => groupOf(one, 'items'));
    expect(older?.next).not.toBeNull();
    expect(older?.looked.count).toBeLessThan(5_003);
    expect(newer?.items).toMatchObject([{ exact: true, value: 'straw 4998' }]);
  });
});
