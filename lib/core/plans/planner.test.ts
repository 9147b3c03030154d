import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CountersignError } from '#lib/core/errors.ts';
import type { FieldMeanings, Meaning } from '#lib/core/values/meaning.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { atSize } from '#test/size.ts';
import type { ChunkEdit, Chunking, PlanInput } from './plan.ts';
import { type PlannedBatch, planBatch } from './planner.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');

type Fields = Record<string, string>;

function plan(more: Partial<PlanInput>): ReturnType<typeof parsePlan> {
  return parsePlan({
    classifier: { kind: 'rules', otherwise: 'all' },
    categories: [{ name: 'all' }],
    chunking: { by: 'size' },
    ...more,
  });
}

function batch(
  more: Partial<PlanInput>,
  rows: Fields[],
  fieldNames = [...new Set(rows.flatMap((row) => Object.keys(row)))],
): PlannedBatch {
  return planBatch({
    plan: plan(more),
    fieldNames,
    now: NOW,
    items: rows.map((fields, index) => ({ ordinal: index + 1, fields })),
  });
}

/** A plan of version 2 over the same: its fields have meanings. */
function typedBatch(chunking: Chunking, rows: Fields[], meanings: FieldMeanings): PlannedBatch {
  return planBatch({
    ...{ plan: plan({ chunking }), fieldNames: Object.keys(rows[0] ?? {}), now: NOW, meanings },
    items: rows.map((fields, index) => ({ ordinal: index + 1, fields })),
  });
}

function problems(act: () => unknown): { path: string; message: string }[] {
  try {
    act();
  } catch (error) {
    if (error instanceof CountersignError) return error.problems;
    throw error;
  }
  return [];
}

const dated = (...dates: string[]): Fields[] => dates.map((date) => ({ date }));
const names = (planned: PlannedBatch) => planned.chunks.map(({ name, itemCount }) => `${name}: ${itemCount}`);
const ordinals = (planned: PlannedBatch) => planned.chunks.map((chunk) => [...chunk.ordinals]);
const repeat = <T>(count: number, value: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => value(index));

describe('by time', () => {
  test('months in order, on the wall clock of the time zone', () => {
    const rows = dated('2024-03-31T23:30:00Z', '2024-02-01', 'Mon, 05 Aug 2024 10:00:00 +0100', '2024-03-31T21:30:00Z');
    const planned = batch({ chunking: { by: 'time', field: 'date', every: 'month', timeZone: 'Europe/Rome' } }, rows);
    expect(names(planned)).toEqual(['February 2024: 1', 'March 2024: 1', 'April 2024: 1', 'August 2024: 1']);
    expect(ordinals(planned)).toEqual([[2], [4], [1], [3]]);
    expect(planned.chunks[2]).toMatchObject({ from: '2024-04-01', to: '2024-04-01', kind: 'normal', serial: false });
  });

  test('doubtful dates stay in a chunk of their own, told apart by reason, whatever the sizes', () => {
    const doubtful = ['', 'soon', '1970-01-01', '2102-08-05', '03/04/2024'];
    const rows = [
      ...dated('2024-02-01', '2024-02-02', ...doubtful),
      { date: '2024-02-03', dateDoubtful: '60 days off its last Received line' },
    ];
    const planned = batch({ chunking: { by: 'time', field: 'date', every: 'month', minItems: 20 } }, rows);
    expect(names(planned)).toEqual(['February 2024: 2', 'No trustworthy date: 6']);
    expect(planned.chunks[1]).toMatchObject({ kind: 'undated', from: null, to: null });
    expect(planned.warnings).toMatchObject([
      {
        code: 'doubtful_dates',
        facts: { doubtful: 6, empty: 1, unreadable: 1, tooEarly: 1, tooLate: 1, ambiguous: 1, flagged: 1 },
      },
    ]);
    expect(planned.warnings[0]?.message).toMatch(/^6 dates doubtful → a chunk of their own \(1 is missing, 1 can’t be read/);
  });

  test('a column shows by its own values which part of 03/04/2024 is the day', () => {
    const chunking = { by: 'time', field: 'date', every: 'month' } as const;
    expect(names(batch({ chunking }, dated('03/04/2024', '31/12/2024')))).toEqual(['April 2024: 1', 'December 2024: 1']);
    expect(names(batch({ chunking }, dated('03/04/2024', '12/31/2024')))).toEqual(['March 2024: 1', 'December 2024: 1']);
    expect(names(batch({ chunking }, dated('03/04/2024', '12/31/2024', '31/12/2024')))).toEqual([
      'December 2024: 2',
      'No trustworthy date: 1',
    ]);
  });

  test('small months join the next, large ones split evenly in the order of time', () => {
    const rows = dated('2024-01-05', '2024-02-05', ...repeat(7, (index) => `2024-05-${10 - index}`), '2024-06-01');
    const planned = batch({ chunking: { by: 'time', field: 'date', every: 'month', minItems: 2, maxItems: 4 } }, rows);
    expect(names(planned)).toEqual(['January–February 2024: 2', 'May–June 2024 (1 of 2): 4', 'May–June 2024 (2 of 2): 4']);
    expect(ordinals(planned)[1]).toEqual([6, 7, 8, 9]);
  });

  test('nothing but doubtful dates is said as what it is', () => {
    expect(batch({ chunking: { by: 'time', field: 'date', every: 'day' } }, dated('x', 'y')).warnings[0]?.code).toBe('no_dates');
  });
});

describe('by category', () => {
  test('mail domains, the largest first, none last', () => {
    const rows = ['Ann <a@X.org>', 'b@y.com', '"<odd@z.net>" <c@x.org>', '', 'no address', 'd@x.org (work)'].map((from) => ({
      from,
    }));
    expect(names(batch({ chunking: { by: 'category', field: 'from', of: 'domain' } }, rows))).toEqual([
      'x.org: 3',
      'y.com: 1',
      '(none): 2',
    ]);
  });

  test('values too small go together under their names, or as Other', () => {
    const rows = ['a', 'a', 'a', 'b', 'c', 'd', 'e'].map((kind) => ({ kind }));
    expect(names(batch({ chunking: { by: 'category', field: 'kind', minItems: 2 } }, rows))).toEqual([
      'a: 3',
      'Other (4 values): 4',
    ]);
    expect(names(batch({ chunking: { by: 'category', field: 'kind', minItems: 3 } }, rows.slice(0, 5)))).toEqual(['a, b, c: 5']);
  });

  test('hostile values are only values', () => {
    const rows = ['__proto__', 'constructor', '__proto__', 'toString'].map((kind) => ({ kind }));
    expect(names(batch({ chunking: { by: 'category', field: 'kind' } }, rows))).toEqual([
      '__proto__: 2',
      'constructor: 1',
      'toString: 1',
    ]);
  });
});

test('by size: even parts, named by their items', () => {
  expect(
    names(
      batch(
        {},
        repeat(120, () => ({ a: '' })),
      ),
    ),
  ).toEqual(['Items 1–40: 40', 'Items 41–80: 40', 'Items 81–120: 40']);
});

describe('independence', () => {
  const shared = { independence: { resource: ['id'] } };

  test('items that share a resource share the earliest chunk and run one after the other', () => {
    const rows = repeat(6, (index) => ({ date: `2024-0${index + 1}-01`, id: ['a', 'b', 'c', 'd', 'b', ''][index] ?? '' }));
    const planned = batch({ ...shared, chunking: { by: 'time', field: 'date', every: 'month' } }, rows);
    expect(ordinals(planned)).toEqual([[1], [2, 5], [3], [4], [6]]);
    expect(planned.chunks.map(({ serial }) => serial)).toEqual([false, true, false, false, false]);
    expect(planned.independence).toMatchObject({
      ok: false,
      sharedGroups: 1,
      sharedItems: 2,
      examples: [{ resource: 'b', count: 2, ordinals: [2, 5] }],
    });
    expect(planned.warnings.map(({ code }) => code)).toEqual(['shared_resources']);
  });

  test('a group that fits no chunk is refused by name', () => {
    const rows = repeat(5, () => ({ id: 'same' }));
    const found = problems(() => batch({ ...shared, chunking: { by: 'size', maxItems: 4 } }, rows));
    expect(found).toMatchObject([{ path: 'independence.resource', message: expect.stringContaining('5 items share “same”') }]);
  });

  test('splitting by hand does not part them either', () => {
    const rows = ['a', 'b', 'a', 'c'].map((id) => ({ id }));
    const found = problems(() => batch({ ...shared, chunkEdits: [{ split: 1, after: 2 }] }, rows));
    expect(found).toMatchObject([{ path: 'chunkEdits.0', message: expect.stringContaining('separate items that share “a”') }]);
  });
});

describe('dependencies', () => {
  const depends = { independence: { resource: ['id'], dependsOn: 'parent' } };

  test('nothing runs before what it depends on, also against the order of the file', () => {
    const rows = [
      { id: 'a', parent: 'c' },
      { id: 'b', parent: 'a' },
      { id: 'c', parent: '' },
      { id: 'd', parent: 'elsewhere' },
    ];
    const planned = batch(depends, rows);
    expect(planned.routing.kind).toBe('sequential');
    expect(planned.gates.next).toBe('each');
    expect(ordinals(planned)).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect(planned.chunks.every(({ serial }) => serial)).toBe(true);
  });

  test('a cycle is named', () => {
    const rows = [
      { id: 'x', parent: '' },
      { id: 'a', parent: 'c' },
      { id: 'b', parent: 'a' },
      { id: 'c', parent: 'b' },
    ];
    const [found] = problems(() => batch(depends, rows));
    expect(found?.path).toBe('independence.dependsOn');
    expect(found?.message).toContain('“a” (item 2) -> “c” (item 4) -> “b” (item 3) -> “a” (item 2)');
    expect(problems(() => batch(depends, [{ id: 'a', parent: 'a' }]))[0]?.message).toContain('“a” (item 1) -> “a” (item 1)');
  });

  test('without a dependency that holds it is an ordinary batch', () => {
    expect(
      batch(depends, [
        { id: 'a', parent: 'z' },
        { id: 'b', parent: '' },
      ]).routing.kind,
    ).toBe('direct');
  });

  test('edits that would break the order are refused', () => {
    const rows = [
      { id: 'a', parent: '' },
      { id: 'b', parent: 'a' },
    ];
    const found = problems(() =>
      batch({ ...depends, chunking: { by: 'size', maxItems: 1 }, chunkEdits: [{ move: 2, to: 1 }] }, rows),
    );
    expect(found).toMatchObject([
      { path: 'chunkEdits', message: 'Item 2 depends on item 1, which these edits would put after it.' },
    ]);
  });

  test('always a topological order, or a true cycle', () => {
    const graph = fc.array(fc.nat(14), { minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(graph, fc.integer({ min: 1, max: 4 }), (parents, maxItems) => {
        const rows = parents.map((parent, index) => ({ id: `r${index}`, parent: parent === index ? '' : `r${parent}` }));
        const found = problems(() => {
          const planned = batch({ ...depends, chunking: { by: 'size', maxItems } }, rows);
          const order = ordinals(planned).flat();
          expect([...order].sort((one, other) => one - other)).toEqual(rows.map((_, index) => index + 1));
          for (const chunk of planned.chunks) expect(chunk.itemCount).toBeLessThanOrEqual(maxItems);
          rows.forEach(({ parent }, index) => {
            const before = rows.findIndex(({ id }) => id === parent);
            if (before !== -1) expect(order.indexOf(before + 1)).toBeLessThan(order.indexOf(index + 1));
          });
        });
        if (found.length > 0) expect(found[0]?.message).toMatch(/wait for each other/);
      }),
      { numRuns: atSize(100, 500) },
    );
  });
});

describe('routing and gates', () => {
  test.each([
    [1, 'one', 'each'],
    [4, 'direct', 'each'],
    [5, 'supervised', 'pilot'],
  ])('%i chunks of one item: %s, %s', (count, kind, next) => {
    const planned = batch(
      { chunking: { by: 'size', maxItems: 1 } },
      repeat(count, () => ({ a: '' })),
    );
    expect(planned.routing.kind).toBe(kind);
    expect(planned.gates.next).toBe(next);
    expect(planned.routing.why.length * planned.gates.why.length).toBeGreaterThan(0);
  });

  test('two signatures are said with the gates; one is not, and no other number is a plan', () => {
    const why = (gates: PlanInput['gates']) => batch({ gates }, [{ a: '' }]).gates.why;
    expect(why({ approvals: 2 })).toMatch(/ Two people sign each chunk .* Whoever starts the batch can’t be one of them\.$/);
    expect(why({ approvals: 1 })).not.toContain('sign');
    for (const approvals of [0, 3, 1.5, '2', null, true])
      expect(() => plan({ gates: { approvals } as never })).toThrow(/One or two people sign/);
  });

  test('a demand for evidence that only a look at every item can meet is told', () => {
    const warnings = (gates: PlanInput['gates']) =>
      batch(
        { chunking: { by: 'size', maxItems: 20 }, gates },
        repeat(60, () => ({ a: '' })),
      ).warnings;
    expect(warnings({ evidence: { atMost: 0.02, over: 'batch' } })).toEqual([]);
    expect(warnings({ evidence: null })).toEqual([]);
    expect(warnings({ evidence: { atMost: 0.02, over: 'chunk' } })).toEqual([
      {
        code: 'evidence_takes_all',
        message: '2 % of the items of every chunk is less than one item: every item with an action is looked at there.',
        facts: { atMost: 0.02, over: 'chunk', chunks: 3 },
      },
    ]);
  });

  test('the pilot is of a usual size and never the doubtful dates', () => {
    const months = [1, 30, 30, 31, 200].flatMap((count, month) => repeat(count, () => ({ date: `2024-0${month + 1}-01` })));
    const planned = batch({ chunking: { by: 'time', field: 'date', every: 'month' } }, [
      ...months,
      ...repeat(30, () => ({ date: '' })),
    ]);
    expect(planned.gates).toMatchObject({ next: 'pilot', pilot: 3 });
    expect(planned.gates.why).toContain('March 2024');
  });

  test('many decisions come with a coarser chunking that really is one', () => {
    const rows = repeat(400, (index) => ({ date: new Date(Date.UTC(2024, 0, 1 + index)).toISOString(), kind: `k${index % 90}` }));
    for (const chunking of [
      { by: 'time', field: 'date', every: 'day' },
      { by: 'category', field: 'kind' },
      { by: 'size', maxItems: 2 },
    ] as const) {
      const [warning] = batch({ chunking }, rows).warnings;
      expect(warning?.code).toBe('many_decisions');
      const offered = batch({ chunking: warning?.facts.chunking as Chunking }, rows);
      expect(offered.chunks).toHaveLength(warning?.facts.chunks as number);
      expect(offered.chunks.length).toBeLessThanOrEqual(60);
    }
  });
});

describe('edits', () => {
  const months = dated('2024-01-01', '2024-02-01', '2024-02-02', '2024-03-01', '2024-04-01', '');
  const edited = (...chunkEdits: ChunkEdit[]) =>
    batch({ chunking: { by: 'time', field: 'date', every: 'month' }, chunkEdits }, months);

  test('apply in order, to the chunks as numbered by then', () => {
    const planned = edited(
      { merge: [4, 1] },
      { split: 2, after: 2 },
      { rename: 3, to: 'Late February' },
      { move: 3, to: 1 },
      { exclude: 5 },
    );
    expect(names(planned)).toEqual(['Late February: 1', 'January–April 2024: 2', 'February 2024 (1 of 2): 1', 'March 2024: 1']);
    expect(ordinals(planned)).toEqual([[3], [1, 5], [2], [4]]);
    expect(planned).toMatchObject({ itemCount: 5, excludedCount: 1 });
  });

  test.each<[ChunkEdit[], string, RegExp]>([
    [[{ rename: 1, to: 'x' }, { exclude: 6 }], 'chunkEdits.1', /no chunk 6: they are numbered 1 to 5/],
    [[{ merge: [1, 1] }], 'chunkEdits.0', /twice/],
    [[{ merge: [1, 5] }], 'chunkEdits.0', /trustworthy date/],
    [[{ split: 2, after: 3 }], 'chunkEdits.0', /one half empty/],
    [[{ split: 2, after: 1 }], 'chunkEdits.0', /one half empty/],
    [[{ move: 1, to: 9 }], 'chunkEdits.0', /no chunk 9/],
    [repeat(5, () => ({ exclude: 1 })), 'chunkEdits', /Keep at least one/],
  ])('%j is refused', (chunkEdits, path, message) => {
    const found = problems(() => edited(...chunkEdits));
    expect(found[0]).toMatchObject({ path, message: expect.stringMatching(message) });
  });
});

test('unknown fields are problems at their paths, all at once', () => {
  const found = problems(() =>
    batch(
      {
        chunking: { by: 'category', field: 'sender' },
        independence: { resource: ['ide'] },
        receiptFields: ['subject', 'nope'],
        receiptLine: '{{verb}} {{subjet}}',
      },
      [{ id: '1', subject: '' }],
    ),
  );
  expect(found.map(({ path }) => path)).toEqual(['chunking.field', 'independence.resource.0', 'receiptFields.1', 'receiptLine']);
  expect(found[1]?.message).toContain('Did you mean “id”?');
});

test('an empty dataset has nothing to plan', () => {
  expect(problems(() => batch({}, []))[0]?.message).toBe('The dataset has no items.');
});

// ---- properties ----

const someDate = fc.oneof(
  fc.date({ min: new Date('2023-12-01'), max: new Date('2024-04-30'), noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom('', 'soon', '1970-01-01', '31/12/2023', '03/04/2024', '2300-01-01'),
);
const row = fc.record({
  date: someDate,
  kind: fc.constantFrom('a', 'b', 'c', 'd@x.org', ''),
  id: fc.nat(30).map((id) => (id > 20 ? '' : `r${id}`)),
});
const size = fc.option(fc.integer({ min: 1, max: 12 }), { nil: null });
const chunkingOf = fc
  .tuple(
    fc.constantFrom('time', 'category', 'size'),
    fc.constantFrom('day', 'week', 'month', 'quarter', 'year'),
    fc.constantFrom('value', 'domain'),
    size,
    size,
  )
  .map(([by, every, of, one, other]): PlanInput['chunking'] => {
    const [minItems, maxItems] = one !== null && other !== null && one > other ? [other, one] : [one, other];
    if (by === 'time') return { by, field: 'date', every: every as 'day', timeZone: 'America/New_York', minItems, maxItems };
    if (by === 'category') return { by, field: 'kind', of: of as 'value', minItems, maxItems };
    return { by: 'size', minItems, maxItems: maxItems ?? 50 };
  });
const number = fc.integer({ min: 1, max: 6 });
const edit: fc.Arbitrary<ChunkEdit> = fc.oneof(
  fc.uniqueArray(number, { minLength: 2, maxLength: 3 }).map((merge) => ({ merge })),
  fc.record({ split: number, after: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ rename: number, to: fc.constant('Renamed') }),
  fc.record({ move: number, to: number }),
  fc.record({ exclude: number }),
);

test('every item is in exactly one chunk, sizes hold, and the same plan gives the same batch', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), chunkingOf, fc.boolean(), (rows, chunking, check) => {
      const more = { chunking, ...(check ? { independence: { resource: ['id'] } } : {}) };
      const refused = problems(() => {
        const planned = batch(more, rows, ['date', 'kind', 'id']);
        expect(batch(more, rows, ['date', 'kind', 'id'])).toEqual(planned);
        const all = ordinals(planned).flat();
        expect([...all].sort((one, other) => one - other)).toEqual(rows.map((_, index) => index + 1));
        expect(planned.chunks.map((chunk) => chunk.number)).toEqual(planned.chunks.map((_, index) => index + 1));
        const { minItems, maxItems } = plan({ chunking }).chunking;
        for (const chunk of planned.chunks) {
          expect(chunk.itemCount).toBe(chunk.ordinals.length);
          expect([...chunk.ordinals]).toEqual([...chunk.ordinals].sort((one, other) => one - other));
          if (maxItems !== null) expect(chunk.itemCount).toBeLessThanOrEqual(maxItems);
          // Without a largest size nothing but the undated, or all there is, may be smaller than the smallest.
          if (minItems !== null && maxItems === null && chunk.kind === 'normal') {
            expect(chunk.itemCount >= minItems || planned.chunks.filter(({ kind }) => kind === 'normal').length === 1).toBe(true);
          }
        }
        for (const id of check ? new Set(rows.map((one) => one.id)) : []) {
          const holding = planned.chunks.filter(
            (chunk) => id !== '' && chunk.ordinals.some((ordinal) => rows[ordinal - 1]?.id === id),
          );
          expect(holding.length).toBeLessThanOrEqual(1);
        }
        expect(planned.gates.pilot).toBeGreaterThan(0);
        expect(planned.gates.pilot).toBeLessThanOrEqual(planned.chunks.length);
      });
      for (const { path } of refused) expect(path).toBe('independence.resource');
    }),
    { numRuns: atSize(120, 600) },
  );
});

test('edits never lose or double an item', () => {
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 40 }),
      chunkingOf,
      fc.array(edit, { maxLength: 5 }),
      (rows, chunking, chunkEdits) => {
        const refused = problems(() => {
          const planned = batch({ chunking, chunkEdits }, rows, ['date', 'kind', 'id']);
          const all = ordinals(planned).flat();
          expect(new Set(all).size).toBe(all.length);
          expect(all.length).toBe(planned.itemCount);
          expect(planned.itemCount + planned.excludedCount).toBe(rows.length);
          if (!chunkEdits.some((one) => 'exclude' in one)) expect(planned.excludedCount).toBe(0);
        });
        for (const { path } of refused) expect(path).toMatch(/^chunkEdits/);
      },
    ),
    { numRuns: atSize(120, 600) },
  );
});

describe('by what the fields mean', () => {
  const sizes = { minItems: null, maxItems: null };
  const months: Chunking = { by: 'time', field: 'date', every: 'month', timeZone: 'Europe/Rome', ...sizes };
  const value = (field: string): Chunking => ({ by: 'category', field, of: 'value', ...sizes });
  const date = (order: 'dmy' | 'mdy', zone = 'local'): FieldMeanings => ({
    date: { type: 'date', date: { order, century: 1947, zone }, number: null },
  });

  test('a date is read in the order of its field, although its neighbours would show another', () => {
    const rows = dated('03/04/24', '13/04/24', '04/13/24');
    expect(names(typedBatch(months, rows, date('dmy')))).toEqual(['April 2024: 2', 'No trustworthy date: 1']);
    expect(names(typedBatch(months, rows, date('mdy')))).toEqual(['March 2024: 1', 'April 2024: 1', 'No trustworthy date: 1']);
    expect(names(batch({ chunking: months }, rows))).toEqual(['No trustworthy date: 3']);
  });

  test('what names no zone is an instant of the field’s zone, on the clocks of the plan', () => {
    const rows = dated('31.03.2024 20:00', ' ', '2024-03-31T21:59:00Z', '2024-03-31T22:00:00Z');
    expect(names(typedBatch(months, rows, date('dmy', 'America/New_York')))).toEqual([
      'March 2024: 1',
      'April 2024: 2',
      'No trustworthy date: 1',
    ]);
    expect(names(typedBatch(months, rows, date('dmy')))).toEqual(['March 2024: 2', 'April 2024: 1', 'No trustworthy date: 1']);
  });

  test('numbers, and yes and no, are one group however they are written', () => {
    const rows = ['5', '5,0', '1.000', '1000', 'n/a', ' '].map((amount, at) => ({
      amount,
      vip: ['ja', 'Yes', 'no', 'NEIN', '?', ''][at] ?? '',
    }));
    const meanings: Record<string, Meaning> = {
      amount: { type: 'number', date: null, number: { decimal: ',', group: '.' } },
      vip: { type: 'yes_no', date: null, number: null },
    };
    expect(names(typedBatch(value('amount'), rows, meanings))).toEqual(['1.000: 2', '5: 2', 'n/a: 1', '(none): 1']);
    expect(names(typedBatch(value('vip'), rows, meanings))).toEqual(['no: 2', 'yes: 2', '?: 1', '(none): 1']);
    expect(batch({ chunking: value('amount') }, rows).chunks).toHaveLength(6);
  });

  test('chunks by time over what is no date are refused, and where to say otherwise is told', () => {
    const rows = dated('03/04/24');
    expect(problems(() => typedBatch(months, rows, { date: { type: 'text', date: null, number: null } }))).toEqual([
      { path: 'chunking.field', message: expect.stringMatching(/“date” is read as text, and chunks by time need dates\./) },
    ]);
  });
});
