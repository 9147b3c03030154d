import { isUtf8 } from 'node:buffer';
import { parse as parseCsvOracle } from 'csv-parse/sync';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { CELL_BYTES_MAX } from '#lib/core/limits.ts';
import type { Layout, LayoutSaid } from '#lib/core/values/layout.ts';
import type { Dialect, Item, UnreadableRow } from '#lib/ingest/port.ts';
import { fromVisible } from '#lib/ingest/visible.ts';
import { atSize } from '#test/size.ts';
import { csv } from './format.ts';

type Read = { fields: readonly string[]; items: Item[]; unreadable: UnreadableRow[]; dialect: Dialect; layout: Layout };

async function read(
  file: Buffer | string,
  { chunk = 1 << 20, fileName = 'a.csv', said = {} }: { chunk?: number; fileName?: string; said?: LayoutSaid } = {},
): Promise<Read> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  async function* source() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const all: Read = { fields: [], items: [], unreadable: [], dialect: {}, layout: {} };
  for await (const segment of csv.parse(source(), { fileName, now: new Date(), said })) {
    all.fields = segment.fields;
    all.dialect = segment.dialect;
    all.layout = segment.layout;
    all.items.push(...segment.items);
    all.unreadable.push(...segment.unreadable);
  }
  return all;
}

const rows = ({ items }: Read) => items.map(({ values }) => [...values]);
const reasons = ({ unreadable }: Read) => unreadable.map(({ line, reason }) => `${line}: ${reason}`);

/** Whether the pieces are the file from `at` on, in this order, with nothing but blank lines between them and around. */
function isAllOf(file: Buffer, at: number, [piece, ...rest]: Buffer[]): boolean {
  const found = piece === undefined ? file.length : file.indexOf(piece, at);
  const blank = found >= at && file.subarray(at, found).every((byte) => byte === 10 || byte === 13 || byte === 0);
  return blank && (piece === undefined || isAllOf(file, found + piece.length, rest));
}

/** The lines of a file without its byte order mark, each with its end, as its dialect counts them. */
function linesOf(file: Buffer, { charset, lineEnd }: Dialect): Buffer[] {
  const wide = String(charset).startsWith('UTF-16') ? 2 : 1;
  const low = charset === 'UTF-16BE' ? 1 : 0;
  const bom = /^(\xff\xfe|\xfe\xff|\xef\xbb\xbf)/.exec(file.toString('latin1'))?.[0].length ?? 0;
  const end = lineEnd === 'CR' ? 13 : 10;
  const lines: Buffer[] = [];
  let from = bom;
  for (let at = bom; at < file.length; at += wide) {
    if (file[at + low] !== end || (wide === 2 && file[at + 1 - low] !== 0)) continue;
    // LF behind the CR that ends a line belongs to its end.
    if (end === 13 && file[at + wide + low] === 10) at += wide;
    lines.push(file.subarray(from, at + wide));
    from = at + wide;
  }
  return [...lines, file.subarray(from)];
}

describe('csv', () => {
  test('reads quotes, doubled quotes, and line ends inside quotes', async () => {
    const file = 'id,name,note\n1,"Bo, the ""big"" one","two\nlines"\n2,plain,x\n';
    const result = await read(file);
    expect(result.fields).toEqual(['id', 'name', 'note']);
    expect(rows(result)).toEqual([
      ['1', 'Bo, the "big" one', 'two\nlines'],
      ['2', 'plain', 'x'],
    ]);
    expect(result.items.map(({ line }) => line)).toEqual([2, 4]);
    expect(result.items.map(({ raw }) => raw.toString()).join('')).toBe(file.slice('id,name,note\n'.length));
  });

  test.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('reads %s', async (_, eol) => {
    const result = await read(['a,b', '1,"x"', '', '2,y', ''].join(eol));
    expect(rows(result)).toEqual([
      ['1', 'x'],
      ['2', 'y'],
    ]);
    expect(result.unreadable).toEqual([]);
  });

  test.each([';', '\t', '|', ','])('finds the delimiter %j', async (delimiter) => {
    const lines = ['name|age,x', '"Å, b"|3', 'c|4'].map((line) => line.replaceAll('|', delimiter));
    if (delimiter === ',') lines[0] = 'name,age';
    else lines[0] = `name${delimiter}age`;
    const result = await read(`${lines.join('\n')}\n`);
    expect(rows(result)).toEqual([
      ['Å, b', '3'],
      ['c', '4'],
    ]);
  });

  test('a comma inside text does not win over the semicolon between cells', async () => {
    const result = await read('name;price;note\nA;1,5;x, y\nB;2,25;z\nC;3;a, b, c\n');
    expect(result.fields).toEqual(['name', 'price', 'note']);
    expect(result.items).toHaveLength(3);
  });

  test('finds apostrophes as quotes only where nothing else quotes', async () => {
    expect(rows(await read("a,b\n'x, y',1\n'z',2\n"))).toEqual([
      ['x, y', '1'],
      ['z', '2'],
    ]);
    expect(rows(await read("a,b\nit's,1\n'tis,2\n"))).toEqual([
      ["it's", '1'],
      ["'tis", '2'],
    ]);
  });

  test('names columns that have no name, or one that is taken', async () => {
    const result = await read('id,,name,name,__proto__,constructor,name (2)\n1,2,3,4,5,6,7\n');
    expect(result.fields).toEqual(['id', 'column_2', 'name', 'name (2)', '__proto__', 'constructor', 'name (2) (2)']);
    expect(rows(result)).toEqual([['1', '2', '3', '4', '5', '6', '7']]);
  });

  test('numbers the columns of a file without a header', async () => {
    const result = await read('1,2024-01-05,a@example.org\n2,2024-01-06,b@example.org\n');
    expect(result.fields).toEqual(['column_1', 'column_2', 'column_3']);
    expect(result.items).toHaveLength(2);
  });

  test('takes years for a header above numbers', async () => {
    expect((await read('country,2019,2020\nIT,1.5,2\nDE,2,3.25\n')).fields).toEqual(['country', '2019', '2020']);
  });

  test('puts ragged rows aside with line and reason, and goes on', async () => {
    const result = await read('a,b,c,d\n1,2,3,4\n1,2,3,4,5\n1\n5,6,7,8\n');
    expect(rows(result)).toEqual([
      ['1', '2', '3', '4'],
      ['5', '6', '7', '8'],
    ]);
    expect(reasons(result)).toEqual(['3: line 3 has 5 cells, the header has 4', '4: line 4 has 1 cell, the header has 4']);
  });

  test('a title above the table is put aside', async () => {
    const result = await read('Sales of 2024\nname,price\nA,1\nB,2\n');
    expect(result.fields).toEqual(['name', 'price']);
    expect(reasons(result)).toEqual([]);
    expect(result.layout.aside).toEqual([1]);
  });

  test('a quote that is never closed costs its line only', async () => {
    const result = await read('a,b\n1,x\n2,"open\n3,y\n4,z\n');
    expect(rows(result)).toEqual([
      ['1', 'x'],
      ['3', 'y'],
      ['4', 'z'],
    ]);
    expect(reasons(result)).toEqual(['3: line 3: a quote opens in column 2 and is never closed']);
  });

  test('a stray quote that another one seems to close costs its line only', async () => {
    const result = await read('a,b\n"1,x\n2,"y"\n3,z\n"4","w"\n');
    expect(rows(result)).toEqual([
      ['2', 'y'],
      ['3', 'z'],
      ['4', 'w'],
    ]);
    expect(result.unreadable.map(({ line }) => line)).toEqual([2]);
  });

  test('an unclosed quote in a large file is given up after a cell’s limit', async () => {
    const line = `${'x'.repeat(99)},y\n`;
    const file = Buffer.concat([
      Buffer.from(`a,b\n1,"open\n`),
      Buffer.from(line.repeat(Math.ceil((CELL_BYTES_MAX + 1_000_000) / line.length))),
    ]);
    const result = await read(file, { chunk: 60_000 });
    expect(reasons(result)).toEqual(['2: line 2: a quote opens in column 2 and is not closed within 4 MB']);
    expect(result.items).toHaveLength(Math.ceil((CELL_BYTES_MAX + 1_000_000) / line.length));
  });

  test('a line without end is put aside without being kept', async () => {
    const file = Buffer.concat([Buffer.from('a,b\n1,2\n'), Buffer.alloc(CELL_BYTES_MAX * 3, 120), Buffer.from('\n3,4\n')]);
    const result = await read(file, { chunk: 65_536 });
    expect(rows(result)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(reasons(result)).toEqual(['3: line 3: it is longer than a row can be (4 MB a cell, 64 MB a row)']);
  });

  test.each([
    ['plain', ','.repeat(400_000)],
    ['quoted', '"",'.repeat(200_000)],
    ['mixed', '"",x,'.repeat(150_000)],
    ['plain at first', `${','.repeat(400_000)}"a, b",`],
  ])('a line of hundreds of thousands of cells, %s, costs itself only', async (_, wide) => {
    const file = `a,b\n1,2\n${wide}\n3,4\n`;
    for (const chunk of [10_000, 1 << 20]) {
      const result = await read(file, { chunk });
      expect(rows(result)).toEqual([
        ['1', '2'],
        ['3', '4'],
      ]);
      expect(reasons(result)).toEqual(['3: line 3 has more than 500 cells, the header has 2']);
      expect(result.items.map(({ line }) => line)).toEqual([2, 4]);
    }
  });

  test.each([',', 'x,', `"x",${','.repeat(60_000)}`])(
    'a first line of hundreds of thousands of cells that begins with %j is refused',
    async (begin) => {
      for (const chunk of [10_000, 1 << 20])
        await expect(read(`${begin}${','.repeat(400_000)}\n1,2\n`, { chunk })).rejects.toThrow(
          'The first row has more than 500 columns',
        );
    },
  );

  test('takes cells of a megabyte', async () => {
    const big = 'é'.repeat(600_000);
    const result = await read(`a,b\n"${big}\n""",2\n`, { chunk: 10_000 });
    expect(rows(result)).toEqual([[`${big}\n"`, '2']]);
  });

  test('keeps NUL and control characters, visibly and reversibly', async () => {
    const result = await read('a,b\nx\0y,\\u0000\n\x01,\\n\n');
    expect(rows(result)).toEqual([
      ['x\\u0000y', '\\u005cu0000'],
      ['\x01', '\\n'],
    ]);
    expect(fromVisible(result.items[0]?.values[0] ?? '')).toBe('x\0y');
    expect(fromVisible(result.items[0]?.values[1] ?? '')).toBe('\\u0000');
    expect(result.items.every(({ plain }) => !plain)).toBe(true);
  });

  test('invalid UTF-8 in a UTF-8 file: replacement characters in the field, the bytes in raw', async () => {
    const good = 'café,naïve\n'.repeat(20);
    const bad = Buffer.concat([Buffer.from(`a,b\n${good}`), Buffer.from([0x78, 0xff, 0xfe, 0x2c, 0xed, 0xa0, 0x80, 0x0a])]);
    const result = await read(bad);
    const last = result.items.at(-1);
    expect(last?.values).toEqual(['x��', '���']);
    expect([...(last?.raw ?? [])]).toEqual([0x78, 0xff, 0xfe, 0x2c, 0xed, 0xa0, 0x80, 0x0a]);
  });

  test.each([
    ['windows-1252', 'naam;plaats\nJosé;Köln – “Süd”\nZoë;Malmö, Ångström\nFrançois;Besançon\n'],
    ['Shift_JIS', '名前,住所\n山田太郎,東京都千代田区表参道\n鈴木花子,大阪府大阪市能登\n'],
    ['GB18030', '姓名,地址\n张三,北京市朝阳区建国门外大街\n李四,上海市浦东新区世纪大道\n'],
    ['utf16le', 'name,town\nJosé,Köln\n'],
    ['UTF-16BE', 'name,town\nJosé,Köln\n'],
  ])('reads %s', async (charset, text) => {
    const result = await read(iconv.encode(text, charset));
    const delimiter = text.includes(';') ? ';' : ',';
    const [header, ...lines] = text.trimEnd().split('\n');
    expect(result.fields).toEqual(header?.split(delimiter));
    expect(rows(result)).toEqual(lines.map((line) => line.split(delimiter)));
  });

  test('keeps a lone surrogate of UTF-16 visibly, and half a character at the end', async () => {
    const file = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a,b\nx\ud800,y\n', 'utf16le'), Buffer.from([0x41])]);
    const result = await read(file, { chunk: 1 });
    expect(rows(result)).toEqual([['x\\ud800', 'y']]);
    expect(reasons(result)).toEqual(['3: line 3: the file ends in half a character']);
    expect(Buffer.from(String(result.dialect.header), 'base64')).toEqual(file.subarray(0, 10));
  });

  test('a byte order mark is no part of the first column’s name', async () => {
    expect((await read('\ufeffid,b\n1,2\n')).fields).toEqual(['id', 'b']);
  });

  test('decides on another character set at the first bytes outside ASCII, however late', async () => {
    const text = `${'id,town\n'}${'1,Ulm\n'.repeat(20_000)}2,Köln am Rhein für Ärzte\n3,Düsseldorf und Überlingen\n`;
    const result = await read(iconv.encode(text, 'windows-1252'));
    expect(result.items.at(-2)?.values[1]).toBe('Köln am Rhein für Ärzte');
    expect(isUtf8(result.items.at(-2)?.raw ?? Buffer.alloc(0))).toBe(false);
  });

  const cell = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom('', 'a', '"', ',', '\n', '\r\n', 'x"y', '\0', '\\u0000', "'", '1', '  '),
  );
  const quoted = (value: string) => (/[",\r\n]/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value);

  test('reads what was written, as csv-parse does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 20 }), async (table) => {
        const text = `id,first,second,third\n${table.map((row, index) => [`r${index}`, ...row].map(quoted).join(',')).join('\n')}\n`;
        const result = await read(text);
        expect(result.unreadable).toEqual([]);
        const expected = table.map((row, index) => [`r${index}`, ...row]);
        expect(rows(result).map((row) => row.map(fromVisible))).toEqual(expected);
        expect(parseCsvOracle(text, { from: 2 })).toEqual(expected);
      }),
    );
  });

  const hostile = fc
    .array(fc.constantFrom('"', '""', ',', '\n', '\r\n', '\r', 'a', 'é', ';', "'", '\0', 'x,y', '1,2', '"a","b"\n', '\\', ' '), {
      maxLength: 60,
    })
    .map((parts) => Buffer.from(parts.join('')));
  const noise = fc.oneof(
    hostile,
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    hostile.map((bytes) => Buffer.concat([Buffer.from('a,b\n1,2\n'), bytes])),
    hostile.map((bytes) => Buffer.from(`\ufeffa,b\n1,2\n${bytes}`, 'utf16le')),
  );

  test('never throws, and how the file is cut makes no difference', async () => {
    await fc.assert(
      fc.asyncProperty(noise, fc.integer({ min: 1, max: 40 }), async (file, chunk) => {
        if (file.length === 0) return;
        let whole: Read | string;
        try {
          whole = await read(file);
        } catch (error) {
          whole = String(error);
          expect(whole).toContain('There is no row in the file');
        }
        const cut = await read(file, { chunk }).catch(String);
        expect(cut).toEqual(whole);
      }),
      { numRuns: atSize(200, 1000) },
    );
  });

  test('header, items and unreadable rows in order are the file; between them are blank lines only', async () => {
    await fc.assert(
      fc.asyncProperty(noise, async (file) => {
        const result = await read(file).catch(() => null);
        if (!result) return;
        const aside = result.layout.aside ?? [];
        const pieces = [
          ...result.items.map(({ line, raw }) => ({ line, raw })),
          ...result.unreadable.map(({ line, excerpt }) => ({ line, raw: excerpt })),
          ...aside.map((line) => ({ line, raw: linesOf(file, result.dialect)[line - 1] ?? Buffer.alloc(0) })),
        ].sort((a, b) => a.line - b.line);
        expect(new Set(pieces.map(({ line }) => line)).size).toBe(pieces.length);
        const bom = /^(\xff\xfe|\xfe\xff|\xef\xbb\xbf)/.exec(file.toString('latin1'))?.[0].length ?? 0;
        const header = Buffer.from(String(result.dialect.header ?? ''), 'base64').subarray(bom);
        const raws = pieces.map(({ raw }) => raw);
        // Where the header stands among the rows is not told, and its bytes may begin a row too: one place must do.
        const places = header.length === 0 ? [raws] : [...raws, null].map((_, at) => raws.toSpliced(at, 0, header));
        expect(places.some((whole) => isAllOf(file, bom, whole))).toBe(true);
      }),
      { numRuns: atSize(200, 1000) },
    );
  });
});
