import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CountersignError } from '#lib/core/errors.ts';
import type { Action, Plan } from '#lib/core/plans/plan.ts';
import { sha256Hex } from '#lib/ledger/canonical.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { CONNECTORS } from './kinds.ts';
import { none } from './none/connector.ts';
import type { ApplyInput, TransactionalConnector } from './port.ts';
import { checkAction, connectorFor, placesClaimed } from './registry.ts';
import { shelf } from './shelf/connector.ts';
import { task } from './task/connector.ts';

const { pool } = await testDatabase();

const datasetId = randomUUID();
const batchId = randomUUID();
const action = (connector: string, verb: string, given: Action['with'] = {}): Action => ({
  connector,
  connection: null,
  do: verb,
  honoursKeys: false,
  with: given,
});
const input = (
  connector: TransactionalConnector,
  one: Action,
  ordinal: number,
  fields: Record<string, string> = {},
  key?: string,
): ApplyInput => ({
  batchId,
  datasetId,
  ordinal,
  category: 'noise',
  action: { connector: connector.name, connection: null, do: one.do, version: connector.version },
  honoursKeys: false,
  request: connector.prepare(one, { ordinal, fields }),
  idempotencyKey: key ?? randomBytes(16).toString('hex'),
});
const DIGEST = expect.stringMatching(/^[0-9a-f]{64}$/);
const apply = (connector: TransactionalConnector, inputs: ApplyInput[]) =>
  inTransaction(pool, (tx) => connector.applyMany(tx, inputs));

describe('the registry', () => {
  test('knows its connectors by name', () => {
    for (const one of CONNECTORS) expect(connectorFor(one.name)).toBe(one);
    const names = CONNECTORS.map(({ name }) => name).join(', ');
    expect(() => connectorFor('fax')).toThrow(`There is no connector “fax”. Choose one of: ${names}.`);
    expect(() => connectorFor('toString')).toThrow(CountersignError);
  });

  test.each([
    [action('fax', 'send'), 'categories.2.action.connector'],
    [action('imap', 'move'), 'categories.2.action.connection'],
    [action('shelf', 'burn'), 'categories.2.action.do'],
    [action('shelf', 'archive', { shelf: '' }), 'categories.2.action.with.shelf'],
    [action('shelf', 'archive', { shelf: 'a\nb' }), 'categories.2.action.with.shelf'],
    [action('shelf', 'archive', { other: 1 }), 'categories.2.action.with'],
    [{ ...action('shelf', 'archive'), connection: 'crm' }, 'categories.2.action.connection'],
    [action('none', 'label', { a: 1 }), 'categories.2.action.with'],
    [action('task', 'create', {}), 'categories.2.action.with.title'],
    [action('task', 'create', { title: ' ' }), 'categories.2.action.with.title'],
    [action('task', 'create', { title: '{{nope}}' }), 'categories.2.action.with.title'],
    [action('task', 'create', { title: 'x', body: '{{#a}}{{/a}}' }), 'categories.2.action.with.body'],
    [action('task', 'create', { title: 'x', thenShelf: '' }), 'categories.2.action.with.thenShelf'],
    [action('task', 'create', { title: 'x', thenShelf: true }), 'categories.2.action.with.thenShelf'],
    [action('http', 'POST', { url: 'https://{{x}}/' }), 'categories.2.action.with.url'],
  ])('%j is refused at its place in the plan', (one, path) => {
    try {
      checkAction(one, 'categories.2.action', ['subject']);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CountersignError);
      expect((error as CountersignError).code).toBe('invalid');
      expect((error as CountersignError).problems[0]?.path).toBe(path);
    }
  });

  test('what is right is taken', () => {
    checkAction(action('none', 'label'), 'x');
    checkAction(action('shelf', 'archive'), 'x');
    checkAction(action('shelf', 'restore', { shelf: 'winter' }), 'x');
    checkAction(action('task', 'create', { title: '{{subject}}', body: 'From {{from}}' }), 'x', ['subject', 'from']);
    checkAction(action('http', 'POST', { url: 'https://example.com/{{subject}}' }), 'x', ['subject']);
  });
});

test('none leaves nothing but its receipts', async () => {
  const inputs = [1, 2].map((ordinal) => input(none, action('none', 'label'), ordinal));
  expect(await apply(none, inputs)).toEqual([
    { result: 'succeeded', target: null },
    { result: 'succeeded', target: null },
  ]);
  expect(none.effect(action('none', 'label'))).toBe('none');
});

describe('shelf', () => {
  const archive = action('shelf', 'archive');
  const restore = action('shelf', 'restore');
  const entries = async (ordinal: number) =>
    (
      await pool.query(
        'SELECT shelf, category, restored_at FROM shelf_entry WHERE dataset_id = $1 AND ordinal = $2 ORDER BY at',
        [datasetId, ordinal],
      )
    ).rows;

  test('archives many at once, and the same key once', async () => {
    const inputs = Array.from({ length: 500 }, (_, index) => input(shelf, archive, index + 1));
    const results = await apply(shelf, inputs);
    expect(results).toEqual(
      inputs.map(({ idempotencyKey }) => ({ result: 'succeeded', before: DIGEST, target: idempotencyKey })),
    );
    expect(await apply(shelf, inputs)).toEqual(results);
    const { rows } = await pool.query('SELECT count(*)::int AS n FROM shelf_entry WHERE batch_id = $1', [batchId]);
    expect(rows[0].n).toBe(500);
    expect(await entries(7)).toEqual([{ shelf: 'archive', category: 'noise', restored_at: null }]);
  });

  test('nothing is kept when the transaction of the outcome fails', async () => {
    const one = input(shelf, archive, 1_001);
    const failing = inTransaction(pool, async (tx) => {
      await shelf.applyMany(tx, [one]);
      throw new Error('fenced');
    });
    await expect(failing).rejects.toThrow('fenced');
    expect(await entries(1_001)).toEqual([]);
  });

  test('restores what is there, and says what is not', async () => {
    const first = input(shelf, archive, 2_001);
    const second = input(shelf, archive, 2_001);
    await apply(shelf, [first]);
    await apply(shelf, [second]);
    const other = input(shelf, action('shelf', 'restore', { shelf: 'winter' }), 2_001);
    expect(await apply(shelf, [input(shelf, restore, 2_002), input(shelf, restore, 2_001), other])).toEqual([
      { result: 'failed', reason: 'not_on_shelf' },
      { result: 'succeeded', before: DIGEST, target: second.idempotencyKey },
      { result: 'failed', reason: 'not_on_shelf' },
    ]);
    // Two batches had archived it: it is off the shelf only when neither entry is open.
    for (const entry of await entries(2_001)) expect(entry.restored_at).toBeInstanceOf(Date);
    expect(await apply(shelf, [input(shelf, restore, 2_001)])).toEqual([{ result: 'failed', reason: 'not_on_shelf' }]);
  });

  test('its words', () => {
    expect(shelf.wording(archive)).toEqual({
      verb: 'Archive',
      past: 'Archived',
      will: 'move to the archive shelf',
      target: 'the archive shelf',
      shelf: 'archive',
    });
    expect(shelf.wording(action('shelf', 'restore', { shelf: 'winter' })).will).toBe('come back from the winter shelf');
  });
});

describe('task', () => {
  const create = action('task', 'create', { title: 'Answer: {{subject}}', body: '{{from}}' });
  const frozen = (one: Action, fields: Record<string, string>) =>
    JSON.parse(Buffer.from(task.prepare(one, { ordinal: 3, fields })).toString('utf8')) as { title: string; body: string };

  test('makes a follow-up, and the same key once', async () => {
    const inputs = [1, 2, 3].map((ordinal) =>
      input(task, create, ordinal, { subject: `“${ordinal}” '; DROP`, from: 'ann@x.org' }),
    );
    const results = await apply(task, inputs);
    expect(await apply(task, inputs.toReversed())).toEqual(results.toReversed());
    const { rows } = await pool.query('SELECT id::text, title, body, ordinal FROM follow_up WHERE batch_id = $1 ORDER BY id', [
      batchId,
    ]);
    expect(rows).toEqual(
      [1, 2, 3].map((ordinal) => ({
        id: rows[ordinal - 1].id,
        title: `Answer: “${ordinal}” '; DROP`,
        body: 'ann@x.org',
        ordinal,
      })),
    );
    expect(results).toEqual(rows.map(({ id }) => ({ result: 'succeeded', before: DIGEST, target: id })));
  });

  test('a title is one line, bounded, and what the database can hold', () => {
    expect(frozen(create, { subject: 'a\r\n\tb\u2028c' }).title).toBe('Answer: a b c');
    expect(frozen(create, { subject: 'a\0b\ud800' }).title).toBe('Answer: a\uFFFDb\uFFFD');
    const long = frozen(create, { subject: '🙂'.repeat(400) }).title;
    expect(long.length).toBeLessThanOrEqual(300);
    expect(long.endsWith('🙂…')).toBe(true);
    expect(frozen(create, { subject: 'x', from: 'y\0'.repeat(20_000) }).body).toHaveLength(20_000);
  });

  test.each<Record<string, string>>([{}, { subject: '' }, { subject: ' \n\u00a0' }])(
    'an empty title of %j is refused, naming the item',
    (fields) => {
      expect(() => task.prepare(action('task', 'create', { title: '{{subject}}' }), { ordinal: 3, fields })).toThrow(
        /^Item 3: the title/,
      );
    },
  );

  test('every text of an item can be stored', async () => {
    const inputs = ['\0', '\ud800', '\udc00\ud83d', '\uffff', '￾', '\u200f', '\\', '\u001b[31m'].map((subject, index) =>
      input(task, create, 100 + index, { subject, from: subject }),
    );
    expect((await apply(task, inputs)).every(({ result }) => result === 'succeeded')).toBe(true);
  });
});

describe('a task, then the shelf', () => {
  const both = action('task', 'create', { title: 'Answer: {{subject}}', thenShelf: 'winter' });
  const left = async (ordinal: number) => {
    const { rows } = await pool.query(
      `SELECT idempotency_key AS key, 'task' AS kind, withdrawn_at IS NULL AS there FROM follow_up WHERE dataset_id = $1 AND ordinal = $2
       UNION ALL SELECT idempotency_key, shelf, restored_at IS NULL FROM shelf_entry WHERE dataset_id = $1 AND ordinal = $2 ORDER BY 2`,
      [datasetId, ordinal],
    );
    return rows.map(({ kind, there }) => `${kind} ${there ? 'there' : 'gone'}`);
  };
  const inverseOf = async (one: ApplyInput, target: string, undid: Action | null = null): Promise<ApplyInput | string> => {
    const { datasetId, ordinal, request, idempotencyKey } = one;
    const was = { ...both, do: one.action.do };
    const of = { datasetId, ordinal, action: was, request, idempotencyKey, target, before: null, reason: null };
    const [undo] = await task.undo(pool, [{ ...of, undid: undid && { action: undid, request } }]);
    if (undo === undefined || 'cannot' in undo) return undo?.cannot ?? '';
    const made = { ...one.action, do: undo.action.do };
    return { ...one, action: made, request: undo.request, idempotencyKey: randomBytes(16).toString('hex') };
  };
  const targetOf = async (one: ApplyInput): Promise<string> => {
    const [result] = await apply(task, [one]);
    if (result?.result !== 'succeeded') throw new Error(`It did not succeed: ${JSON.stringify(result)}`);
    return result.target ?? '';
  };

  test('both are made under one key, and the same key once', async () => {
    const inputs = [7_000, 7_001].map((ordinal) => input(task, both, ordinal, { subject: 'x' }));
    const results = await apply(task, inputs);
    expect(await apply(task, inputs.toReversed())).toEqual(results.toReversed());
    expect(await left(7_000)).toEqual(['task there', 'winter there']);
    const { rows } = await pool.query(
      'SELECT f.idempotency_key AS key FROM follow_up f JOIN shelf_entry s USING (idempotency_key) WHERE f.ordinal BETWEEN 7000 AND 7001 ORDER BY 1',
    );
    expect(rows.map(({ key }) => key)).toEqual(inputs.map(({ idempotencyKey }) => idempotencyKey).sort());
  });

  test('what cannot be put away gets no task', async () => {
    // The entry is refused by its table, when the task was made already.
    const broken = { ...input(task, both, 7_100, { subject: 'x' }), category: null as never };
    await expect(apply(task, [input(task, both, 7_101, { subject: 'x' }), broken])).rejects.toThrow('not-null');
    expect([await left(7_100), await left(7_101)]).toEqual([[], []]);
  });

  test('both are taken back by one undo, and given back by the undo of that', async () => {
    const made = input(task, both, 7_200, { subject: 'x' });
    const target = await targetOf(made);
    const back = (await inverseOf(made, target)) as ApplyInput;
    expect(task.describe({ ...back, do: back.action.do })).toMatchObject({
      does: `Withdraws follow-up task ${target}, and`,
      place: 'takes the item back from the winter shelf',
    });
    await targetOf(back);
    expect(await left(7_200)).toEqual(['task gone', 'winter gone']);
    expect(await apply(task, [{ ...back, idempotencyKey: randomBytes(16).toString('hex') }])).toEqual([
      { result: 'failed', reason: 'changed_since' },
    ]);
    await targetOf((await inverseOf(back, target, both)) as ApplyInput);
    expect(await left(7_200)).toEqual(['task there', 'winter there']);
  });

  test.each([
    ['a task that is done keeps its item on the shelf', 'done_at', 'follow_up', 'done_by_a_person', /^a person has done/],
    ['an item that was moved keeps its task', 'restored_at', 'shelf_entry', 'changed_since', /^it was moved afterwards/],
  ])('%s: both or neither', async (_name, column, table, reason, why) => {
    const made = input(task, both, table === 'follow_up' ? 7_300 : 7_301, { subject: 'x' });
    const target = await targetOf(made);
    const back = (await inverseOf(made, target)) as ApplyInput;
    await pool.query(`UPDATE ${table} SET ${column} = now() WHERE idempotency_key = $1`, [made.idempotencyKey]);
    expect(await inverseOf(made, target)).toMatch(why);
    const as = await left(made.ordinal);
    expect(await apply(task, [back])).toEqual([{ result: 'failed', reason }]);
    expect(await left(made.ordinal)).toEqual(as);
  });

  test('what an earlier version froze is carried out and undone as it was meant', async () => {
    const old = input(task, action('task', 'create', { title: 'Do {{subject}}' }), 7_400, { subject: 'x' });
    expect(Buffer.from(old.request).toString()).toBe('{"body":"","title":"Do x"}');
    const frozen = { ...old, action: { ...old.action, version: 1 } };
    const target = await targetOf(frozen);
    expect(await left(7_400)).toEqual(['task there']);
    const back = (await inverseOf(frozen, target)) as ApplyInput;
    expect(Buffer.from(back.request).toString()).toBe(`{"do":"withdraw","id":"${target}","undoes":"${old.idempotencyKey}"}`);
    await targetOf({ ...back, action: { ...back.action, version: 2 } });
    expect(await left(7_400)).toEqual(['task gone']);
    expect(task.since).toBe(1);
  });

  test('its words, its looks, and what it claims', async () => {
    expect(task.wording(both)).toEqual({
      verb: 'Create a task for …, then archive',
      past: 'Task created, item archived',
      will: 'create a follow-up task, then move to the winter shelf',
      target: 'the tasks page and the winter shelf',
      shelf: 'winter',
    });
    expect(task.wording({ ...both, do: 'withdraw' })).toEqual({
      verb: 'Withdraw the task for …, then restore',
      past: 'Task withdrawn, item restored',
      will: 'lose its follow-up task, then come back from the winter shelf',
      target: 'the tasks page and the winter shelf',
    });
    const one = { ...input(task, both, 7_500, { subject: 'x' }), do: 'create' };
    expect(task.describe(one)).toMatchObject({ does: 'Makes a follow-up task, then puts the item on the winter shelf' });
    expect(await task.look?.(pool, one, new AbortController().signal)).toEqual({
      words: 'Nothing is there yet: the task is made anew. The item is not on the winter shelf now.',
    });
    const plan = { categories: [{ name: 'a', action: both }] } as unknown as Plan;
    expect(placesClaimed(plan, 'd')).toEqual(['task of d', 'shelf of d']);
  });
});

describe('what the shelf and tasks undo', () => {
  const done = (one: ApplyInput, target: string) => ({
    ...{
      datasetId,
      ordinal: one.ordinal,
      request: one.request,
      idempotencyKey: one.idempotencyKey,
      target,
      before: null,
      reason: null,
      undid: null,
    },
    action: action(one.action.connector, one.action.do),
  });
  const inverse = async (connector: TransactionalConnector, one: ApplyInput, target: string): Promise<ApplyInput | string> => {
    const [undo] = await connector.undo(pool, [done(one, target)]);
    if (undo === undefined || 'cannot' in undo) return undo?.cannot ?? '';
    const of = { connector: connector.name, connection: null, do: undo.action.do, version: connector.version };
    return { ...one, action: of, request: undo.request, idempotencyKey: randomBytes(16).toString('hex') };
  };

  test.each([
    ['shelf', shelf, action('shelf', 'archive')],
    ['task', task, action('task', 'create', { title: 'Do it' })],
    ['both', task, action('task', 'create', { title: 'Do it', thenShelf: 'archive' })],
  ] as const)('%s: of two undos of one action at once, exactly one changes something', async (_name, connector, one) => {
    for (let round = 0; round < 20; round += 1) {
      const made = input(connector, one, 5_000 + round);
      const [first] = await apply(connector, [made]);
      const target = first?.result === 'succeeded' ? (first.target ?? '') : '';
      const both = await Promise.all([inverse(connector, made, target), inverse(connector, made, target)]);
      const results = await Promise.all(both.map((undo) => apply(connector, [undo as ApplyInput])));
      expect(
        results
          .flat()
          .map(({ result }) => result)
          .sort(),
      ).toEqual(['failed', 'succeeded']);
      expect(results.flat()).toContainEqual({ result: 'failed', reason: 'changed_since' });
      expect(await inverse(connector, made, target)).toMatch(/afterwards/);
    }
  });

  test('two batches archived the same item: an undo of one leaves the other’s entry where it is', async () => {
    const [one, other] = [input(shelf, action('shelf', 'archive'), 6_000), input(shelf, action('shelf', 'archive'), 6_000)];
    await apply(shelf, [one]);
    await apply(shelf, [other]);
    await apply(shelf, [(await inverse(shelf, one, one.idempotencyKey)) as ApplyInput]);
    const { rows } = await pool.query('SELECT idempotency_key FROM shelf_entry WHERE ordinal = 6000 AND restored_at IS NULL');
    expect(rows).toEqual([{ idempotency_key: other.idempotencyKey }]);
  });

  test('a plan that restored it, the undo of that, and the digest of what was there before', async () => {
    const archived = input(shelf, action('shelf', 'archive'), 6_100);
    const [nothing] = await apply(shelf, [archived]);
    const restored = input(shelf, action('shelf', 'restore'), 6_100);
    const [open] = await apply(shelf, [restored]);
    expect(await inverse(shelf, archived, archived.idempotencyKey)).toContain('moved afterwards');
    const back = (await inverse(shelf, restored, archived.idempotencyKey)) as ApplyInput;
    const [closed] = await apply(shelf, [back]);
    expect([nothing, open, closed].map((one) => one?.result === 'succeeded' && one.before)).toEqual([
      ...[
        sha256Hex('{"entries":[],"shelf":"archive"}'),
        sha256Hex(`{"entries":["${archived.idempotencyKey}"],"shelf":"archive"}`),
      ],
      sha256Hex('{"entries":[],"shelf":"archive"}'),
    ]);
    const { rows } = await pool.query('SELECT changed_by FROM shelf_entry WHERE ordinal = 6100 AND restored_at IS NULL');
    expect(rows).toEqual([{ changed_by: back.idempotencyKey }]);
  });
});
