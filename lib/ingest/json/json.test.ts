import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { FIELDS_MAX, JSON_DEPTH_MAX, RECORD_BYTES_MAX } from '#lib/core/limits.ts';
import type { Layout, LayoutSaid } from '#lib/core/values/layout.ts';
import type { Dialect, Format } from '#lib/ingest/port.ts';
import { detectFormat } from '#lib/ingest/registry.ts';
import { atSize } from '#test/size.ts';
import { jsonLines } from './lines.ts';
import { jsonList } from './list.ts';

type Read = {
  fields: readonly string[];
  rows: (readonly string[])[];
  raws: Buffer[];
  lines: number[];
  unreadable: string[];
  dialect: Dialect;
  layout: Layout;
  /** JSON.stringify of a plain item's values must need no escape. */
  plain: boolean[];
};

async function read(format: Format, file: Buffer | string, said: LayoutSaid = {}, chunk = 1 << 20): Promise<Read> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  async function* source() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const out: Read = { fields: [], rows: [], raws: [], lines: [], unreadable: [], dialect: {}, layout: {}, plain: [] };
  for await (const { fields, items, unreadable, dialect, layout } of format.parse(source(), {
    fileName: 'a',
    now: new Date(0),
    said,
  })) {
    if (out.fields.length > 0) expect(fields).toBe(out.fields);
    Object.assign(out, { fields, dialect, layout });
    for (const { values, raw, line, plain } of items) {
      out.rows.push(values);
      out.raws.push(Buffer.from(raw));
      out.lines.push(line);
      out.plain.push(plain);
      if (out.rows.length > 100) continue;
      expect(values).toHaveLength(fields.length);
      if (plain) expect(JSON.stringify(values)).toBe(`[${values.map((value) => `"${value}"`).join(',')}]`);
    }
    out.unreadable.push(...unreadable.map(({ reason }) => reason));
  }
  return out;
}

const records = ({ fields, rows }: Read) =>
  rows.map((values) => Object.fromEntries(fields.map((name, at) => [name, values[at]])));

function written(format: Format, { dialect, raws }: Read, chosen = raws): Buffer {
  const { head, write, tail = Buffer.alloc(0) } = format.writeBack(JSON.parse(JSON.stringify(dialect)));
  return Buffer.concat([head, ...chosen.map((raw) => write(raw)), tail]);
}

describe('a record', () => {
  const one = async (json: string) => {
    const found = await read(jsonLines, json);
    return found.unreadable[0] ?? records(found)[0];
  };

  test.each<[string, string, object | string]>([
    ['objects within', '{"a":{"b":{"c":1},"d":"x"},"e":true}', { 'a.b.c': '1', 'a.d': 'x', e: 'true' }],
    ['lists as they stand', '{"a":[1, {"b":2.0}],"c":[]}', { a: '[1, {"b":2.0}]', c: '[]' }],
    [
      'numbers as they stand',
      '{"a":1.10,"b":12345678901234567890,"c":-0.0,"d":1E+2}',
      { a: '1.10', b: '12345678901234567890', c: '-0.0', d: '1E+2' },
    ],
    ['null and an empty object', '{"a":null,"b":{},"c":"","d":false}', { a: '', b: '{}', c: '', d: 'false' }],
    ['escapes', '{"a":"\\u00e9\\n\\"\\\\","b":"\\ud83d\\ude00"}', { a: 'é\n"\\', b: '😀' }],
    ['what can’t be stored, visibly', '{"a":"\\u0000","b":"\\ud800"}', { a: '\\u0000', b: '\\ud800' }],
    ['a name with a dot', '{"a.b":1,"c":{"d.e":2}}', { 'a.b': '1', 'c.d.e': '2' }],
    [
      'names of objects of JavaScript',
      '{"__proto__":1,"constructor":2,"toString":3}',
      { constructor: '2', toString: '3', ['__proto__']: '1' },
    ],
    ['blanks', ' { "a" : 1 , "b" : [ ] } ', { a: '1', b: '[ ]' }],
    ['no object', '[1,2]', { value: '[1,2]' }],
    ['a number alone', '17', { value: '17' }],
    ['an empty object alone', '{}', {}],
    ['a name twice', '{"a":1,"a":2}', 'line 1 names “a” twice'],
    ['a path twice', '{"a.b":1,"a":{"b":2}}', 'line 1 names “a.b” twice'],
    ['an object twice', '{"a":{"b":1},"a":{"c":2}}', 'line 1 names “a” twice'],
    ['a comma too many', '{"a":1,}', 'line 1 is no JSON at its character 8: the name of a field is missing'],
    ['no comma', '{"a":1 "b":2}', 'line 1 is no JSON at its character 8: a comma or the end of an object is missing'],
    ['an end too early', '{"a":', 'line 1 is no JSON at its character 6: it ends too early'],
    ['an open quote', '{"a":"x}', 'line 1 is no JSON at its character 6: a quote is not closed'],
    ['single quotes', "{'a':1}", 'line 1 is no JSON at its character 2: the name of a field is missing'],
    ['NaN', '{"a":NaN}', 'line 1 is no JSON at its character 6: a value is missing'],
    ['a leading zero', '{"a":012}', 'line 1 is no JSON at its character 6: a value is missing'],
    ['two values', '{"a":1}{"a":2}', 'line 1 is no JSON at its character 8: there is more behind its value'],
    [
      'a broken escape',
      '{"a":"\\x"}',
      'line 1 is no JSON at its character 7: a text holds a control character, or an escape that is none',
    ],
    ['a bad list', '{"a":[1,]}', 'line 1 is no JSON at its character 9: a value is missing'],
    ['a tab in a text', '{"a":"\t"}', 'line 1 is no JSON at its character 7: a text holds a control character'],
    [
      'too deep',
      `{"a":${'['.repeat(JSON_DEPTH_MAX)}${']'.repeat(JSON_DEPTH_MAX)}}`,
      `line 1 is no JSON at its character ${JSON_DEPTH_MAX + 5}: it is nested more than ${JSON_DEPTH_MAX} deep`,
    ],
    [
      'a hundred thousand brackets',
      '['.repeat(100_000),
      `line 1 is no JSON at its character ${JSON_DEPTH_MAX + 1}: it is nested more than ${JSON_DEPTH_MAX} deep`,
    ],
  ])('%s', async (_, json, expected) => {
    const found = await one(json);
    if (typeof expected === 'string' || Object.keys(expected).length > 0) expect(found).toEqual(expected);
  });

  test('whatever JSON it is, its texts are those of the values', async () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ minLength: 1 }), value, { maxKeys: 5 }), async (object) => {
        const found = await read(jsonLines, JSON.stringify(object));
        const flat = Object.entries(object).filter(([key, one]) => !key.includes('.') && typeof one !== 'object');
        if (found.unreadable.length > 0) expect(found.unreadable[0]).toMatch(/twice$/);
        else
          for (const [key, one] of flat)
            if (key.isWellFormed() && !/[\0\\]/.test(key) && typeof one === 'string' && one.isWellFormed() && !/[\0\\]/.test(one))
              expect(records(found)[0]?.[key]).toBe(one);
      }),
      { numRuns: atSize(20, 100) },
    );
  });

  test('as many fields as a dataset can have; the rest is kept together', async () => {
    const wide = Object.fromEntries(Array.from({ length: FIELDS_MAX + 100 }, (_, index) => [`f${index}`, index]));
    const found = await read(jsonLines, `${JSON.stringify(wide)}\n`);
    expect(found.fields).toHaveLength(FIELDS_MAX);
    expect(JSON.parse(found.rows[0]?.[FIELDS_MAX - 1] ?? '')).toMatchObject({ [`f${FIELDS_MAX}`]: FIELDS_MAX });
  });
});

describe('JSON Lines', () => {
  test('a bad line costs one row, and says which', async () => {
    const found = await read(jsonLines, '{"a":1}\n\n{"a":\n{"a":3,"b":"x"}\r\n{"b":"y"}');
    expect(records(found)).toEqual([
      { a: '1', b: '' },
      { a: '3', b: 'x' },
      { a: '', b: 'y' },
    ]);
    expect(found.lines).toEqual([1, 4, 5]);
    expect(found.unreadable).toEqual(['line 3 is no JSON at its character 7: it ends too early']);
    expect(written(jsonLines, found).toString()).toBe('{"a":1}\n{"a":3,"b":"x"}\r\n{"b":"y"}\n');
  });

  test.each(['UTF-8', 'UTF-16LE', 'UTF-16BE'])('in %s, with its mark and cut anywhere', async (charset) => {
    const file = iconv.encode('{"a":"é 名 ੊"}\n{"a":"Ċ"}\n', charset, { addBOM: true });
    for (const chunk of [1, 3, 1000]) {
      const found = await read(jsonLines, file, {}, chunk);
      expect(found.rows).toEqual([['é 名 ੊'], ['Ċ']]);
      expect(written(jsonLines, found)).toEqual(file);
      expect(found.layout.charset).toMatchObject({ value: charset, sure: 1 });
    }
  });

  test('a field that comes late is kept with the others that came late', async () => {
    const early = Array.from({ length: 6_000 }, (_, index) => `{"a":${index}}\n`).join('');
    const found = await read(jsonLines, `${early}{"a":1,"late":{"b":[1]},"other":"x"}\n{"a":2}\n`, {}, 10_000);
    expect(found.fields).toEqual(['a', 'other fields']);
    expect(found.rows.slice(-2)).toEqual([
      ['1', '{"late":{"b":[1]},"other":"x"}'],
      ['2', ''],
    ]);
  });

  test('a line that is too long is put aside, and the next one read', async () => {
    async function* source() {
      yield Buffer.from('{"a":1}\n{"a":"');
      for (let sent = 0; sent <= RECORD_BYTES_MAX; sent += 1 << 23) yield Buffer.alloc(1 << 23, 'x');
      yield Buffer.from('"}\n{"a":3}\n');
    }
    const rows: unknown[] = [];
    for await (const { items, unreadable } of jsonLines.parse(source(), { fileName: 'a', now: new Date(0), said: {} }))
      rows.push(...items.map(({ line, values }) => [line, ...values]), ...unreadable.map(({ line, reason }) => [line, reason]));
    expect(rows).toEqual([
      [1, '1'],
      [3, '3'],
      [2, 'line 2 is larger than 64 MB'],
    ]);
  });
});

describe('a JSON document', () => {
  test.each<[string, string, Record<string, string>[], Partial<Layout['part']> | undefined]>([
    [
      'a list',
      '[{"a":1},{"a":2,"b":"x"}]',
      [
        { a: '1', b: '' },
        { a: '2', b: 'x' },
      ],
      { value: '', sure: 1 },
    ],
    [
      'a list in an object',
      '{"total":2,"items":[{"a":1},{"a":2}],"next":null}',
      [{ a: '1' }, { a: '2' }],
      { value: 'items', sure: 0.95, others: [{ value: '', sure: 0.05 }] },
    ],
    [
      'a list in an object within',
      '{"meta":{"n":[1,2]},"data":{"rows":[{"a":1}]}}',
      [{ a: '1' }],
      { value: 'data.rows', sure: 0.95 },
    ],
    ['two lists', '{"users":[{"a":1}],"orders":[{"b":2}]}', [{ a: '1' }], { value: 'users', sure: 0.6 }],
    ['one record', '{"a":1,"tags":["x","y"]}', [{ a: '1', tags: '["x","y"]' }], undefined],
    ['numbers', '[1, 2.50]', [{ value: '1' }, { value: '2.50' }], { value: '' }],
    ['rows as lists', '[["a",1],["b",2]]', [{ value: '["a",1]' }, { value: '["b",2]' }], { value: '' }],
    [
      'a list written over lines',
      '[\n  {\n    "a": "]},{["\n  },\n  { "a": "\\"]" }\n]\n',
      [{ a: ']},{[' }, { a: '"]' }],
      { value: '' },
    ],
  ])('%s', async (_, file, expected, part) => {
    for (const chunk of [1, 5, 1000]) {
      const found = await read(jsonList, file, {}, chunk);
      expect(records(found)).toEqual(expected);
      expect(found.unreadable).toEqual([]);
      if (part) expect(found.layout.part).toMatchObject(part);
      else expect(found.layout.part).toBeUndefined();
      expect(written(jsonList, found).toString()).toBe(file);
    }
  });

  test('a person who says which list is obeyed', async () => {
    const file = '{"users":[{"a":1}],"orders":[{"b":2}]}';
    const found = await read(jsonList, file, { part: 'orders' });
    expect(records(found)).toEqual([{ b: '2' }]);
    expect(found.layout.part).toMatchObject({ value: 'orders', by: 'person' });
    await expect(read(jsonList, file, { part: 'nowhere' })).rejects.toThrow('There is no list “nowhere”');
  });

  test('some of its records are a list again', async () => {
    const found = await read(jsonList, '{"items":[ {"a":1} , {"a":2} , {"a":3} ]}\n');
    const some = written(
      jsonList,
      found,
      [found.raws[0], found.raws[2]].filter((raw) => raw !== undefined),
    );
    expect(JSON.parse(some.toString())).toEqual({ items: [{ a: 1 }, { a: 3 }] });
    expect(records(await read(jsonList, some))).toEqual([{ a: '1' }, { a: '3' }]);
    expect(JSON.parse(written(jsonList, found, []).toString())).toEqual({ items: [] });
  });

  test.each(['UTF-8', 'UTF-16LE', 'UTF-16BE'])('in %s, with its mark', async (charset) => {
    const file = iconv.encode('{"größe":[{"a":"é\\"名"},{"a":"笀"}]}\n', charset, { addBOM: true });
    const found = await read(jsonList, file, {}, 7);
    expect(found.rows).toEqual([['é"名'], ['笀']]);
    expect(found.layout.part).toMatchObject({ value: 'größe' });
    expect(written(jsonList, found)).toEqual(file);
  });

  test('a bad record says where; the others are read', async () => {
    const found = await read(jsonList, '[\n{"a":1},\n{"a":x},\n{"a":3}\n]');
    expect(found.unreadable).toEqual(['line 3 is no JSON at its character 6: a value is missing']);
    expect(found.lines).toEqual([2, 4]);
  });

  test('one that breaks off says so', async () => {
    const found = await read(jsonList, '[{"a":1},\n{"a":');
    expect(found.rows).toEqual([['1']]);
    expect(written(jsonList, found).toString()).toBe('[{"a":1}]\n');
    expect(found.unreadable).toEqual(['line 2 is no JSON at its character 6: it ends too early']);
  });

  test('any list of records comes back byte for byte, however it is cut', async () => {
    const record = fc.dictionary(
      fc.string({ unit: 'grapheme-ascii', minLength: 1 }).filter((key) => !key.includes('.')),
      fc.jsonValue({ maxDepth: 2 }),
      { minKeys: 1, maxKeys: 4 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(undefined, 2),
        fc.integer({ min: 1, max: 40 }),
        async (list, indent, chunk) => {
          const file = JSON.stringify(list, null, indent);
          const found = await read(jsonList, file, {}, chunk);
          expect(found.raws.map((raw) => JSON.parse(raw.toString()))).toEqual(JSON.parse(file));
          expect(written(jsonList, found).toString()).toBe(file);
          const lines = list.map((one) => `${JSON.stringify(one)}\n`).join('');
          expect(written(jsonLines, await read(jsonLines, lines, {}, chunk)).toString()).toBe(lines);
        },
      ),
      { numRuns: atSize(20, 100) },
    );
  });

  test('hostile bytes never throw', async () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '\\',
      '\n',
      ' ',
      '1',
      'null',
      '"a"',
      '\0',
      '\xff',
      '{"a":1}',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 9 }), async (pieces, chunk) => {
        const file = Buffer.from(`[{"a":1},${pieces.join('')}`, 'latin1');
        for (const format of [jsonLines, jsonList]) {
          const found = await read(format, file, {}, chunk);
          expect(found.rows.length + found.unreadable.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: atSize(40, 200) },
    );
  });
});

test.each([
  ['a.jsonl', '{"a":1}\n{"a":2}\n', 'ndjson'],
  ['a.ndjson', '{"a":1}\n', 'ndjson'],
  ['a.jsonl', '{"a":1,"a":2}\n{"a":2}\n', 'ndjson'],
  ['a.jsonl', '# exported\n{"a":1}\n', 'ndjson'],
  ['a.json', '{"a":1}\n{"a":2}\n', 'ndjson'],
  ['a.log', '{"a":1}\n{"a":2}\n', 'ndjson'],
  ['a', '{"a":1}\n{"a":2}\n', 'ndjson'],
  ['a.json', '{"a":1}\n', 'json'],
  ['a.json', '[{"a":1}]', 'json'],
  ['a.json', '\ufeff[\n{"a":1}]', 'json'],
  ['a.json', '[1,2,3]', 'json'],
  ['a.json', '{\n  "a": [\n', 'json'],
  ['a', '[{"a":1},\n{"a":2}]', 'json'],
  ['a.csv', 'a,b\n{"x":1},2\n', 'csv'],
  ['a.csv', '[a],b\n1,2\n', 'csv'],
  ['a.csv', '"a","b"\n1,2\n', 'csv'],
])('%s of %j is %s', (name, text, format) => {
  expect(detectFormat(Buffer.from(text), name).name).toBe(format);
});
