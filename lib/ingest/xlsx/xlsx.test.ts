import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import type { Layout, LayoutSaid } from '#lib/core/values/layout.ts';
import type { Dialect } from '#lib/ingest/port.ts';
import { detectFormat } from '#lib/ingest/registry.ts';
import { bookOf, number, row, text } from '#test/workbook.ts';
import { xlsx } from './format.ts';
import { shownByCode, shownById, textOfNumber } from './numbers.ts';

type Read = {
  fields: readonly string[];
  rows: (readonly string[])[];
  lines: number[];
  unreadable: string[];
  dialect: Dialect;
  layout: Layout;
  raws: Buffer[];
};

async function read(file: Buffer, said: LayoutSaid = {}): Promise<Read> {
  const out: Read = { fields: [], rows: [], lines: [], unreadable: [], dialect: {}, layout: {}, raws: [] };
  async function* source() {
    for (let at = 0; at < file.length; at += 100) yield file.subarray(at, at + 100);
  }
  for await (const { fields, items, unreadable, dialect, layout } of xlsx.parse(source(), {
    fileName: 'a.xlsx',
    now: new Date(0),
    said,
  })) {
    Object.assign(out, { fields, dialect, layout });
    out.rows.push(...items.map(({ values }) => values));
    out.raws.push(...items.map(({ raw }) => raw));
    out.lines.push(...items.map(({ line }) => line));
    out.unreadable.push(...unreadable.map(({ reason }) => reason));
  }
  return out;
}

const PEOPLE = row(1, text('name'), text('age')) + row(2, text('Ann'), number('41')) + row(3, text('Bo'), number('7'));

test('texts, numbers, booleans, formulas and empty cells', async () => {
  const sheet =
    row(1, text('name'), text('n'), text('ok'), text('sum'), text('note')) +
    row(2, '<c t="s"><v>0</v></c>', number('1.1000000000000001'), '<c t="b"><v>1</v></c>', '<c><f>B2*2</f><v>2.2</v></c>', '') +
    row(
      3,
      '<c t="s"><v>1</v></c>',
      number('0.30000000000000004'),
      '<c t="b"><v>0</v></c>',
      '<c t="str"><f>A3</f><v>Bär &amp; Co</v></c>',
      text('x, "y"'),
    ) +
    '<row r="4"/>' +
    row(6, '<c t="s"><v>0</v></c>', number('12345678'), '', '', '');
  const file = await bookOf({
    sheets: { 'Größe 1': sheet },
    texts: ['<t>Ann</t>', '<r><t xml:space="preserve">Bo </t></r><r><t>B.</t></r><rPh><t>bo</t></rPh>'],
  });
  expect(detectFormat(file, 'a.xlsx').name).toBe('xlsx');
  expect(detectFormat(file, 'a').name).toBe('xlsx');
  const found = await read(file);
  expect(found.fields).toEqual(['name', 'n', 'ok', 'sum', 'note']);
  expect(found.rows).toEqual([
    ['Ann', '1.1', 'true', '2.2', ''],
    ['Bo B.', '0.3', 'false', 'Bär & Co', 'x, "y"'],
    ['Ann', '12345678', '', '', ''],
  ]);
  expect(found.lines).toEqual([2, 3, 6]);
  expect(found.layout).toMatchObject({ part: { value: 'Größe 1', sure: 1 }, header: { value: 1 }, aside: [] });
  const { head, write, written } = xlsx.writeBack(found.dialect);
  expect(Buffer.concat([head, ...found.raws.slice(1, 2).map(write)]).toString()).toBe(
    'name,n,ok,sum,note\nBo B.,0.3,false,"Bär & Co","x, ""y"""\n'.replace('"Bär & Co"', 'Bär & Co'),
  );
  expect(written).toEqual({ ending: '.csv', contentType: 'text/csv' });
});

describe('dates', () => {
  const styles =
    '<numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy\\ hh:mm"/><numFmt numFmtId="165" formatCode="00000"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>';
  const sheet =
    row(1, text('on'), text('at'), text('zip')) +
    row(2, number('46027', 1), number('46027.4375', 2), number('123', 3)) +
    row(3, number('46028', 1), number('46028', 2), number('98765', 3));

  test('are told by the styles of their cells', async () => {
    expect((await read(await bookOf({ sheets: { a: sheet }, styles }))).rows).toEqual([
      ['2026-01-05', '2026-01-05T10:30:00', '00123'],
      ['2026-01-06', '2026-01-06', '98765'],
    ]);
  });

  test('count from 1904 where the workbook says so', async () => {
    expect((await read(await bookOf({ sheets: { a: sheet }, styles, from1904: true }))).rows[0]?.[0]).toBe('2030-01-06');
  });

  test.each<[string, string, string]>([
    ['1', 'yyyy-mm-dd', '1900-01-01'],
    ['59', 'd.m.yy', '1900-02-28'],
    ['61', 'd.m.yy', '1900-03-01'],
    ['2958465', '[$-407]d. mmmm yyyy;@', '9999-12-31'],
    ['-1', 'yyyy', '-1'],
    ['0.75', 'h:mm AM/PM', '18:00:00'],
    ['1.5', '[h]:mm', '36:00:00'],
    ['46027.123456789', 'yyyy-mm-dd hh:mm:ss', '2026-01-05T02:57:46.670'],
    ['5', '0.00', '5'],
    ['5', '"day" 0', '5'],
    ['5', 'General', '5'],
    ['5', '[Red]0', '5'],
    ['0.5', '0%', '0.5'],
    ['1E-3', 'General', '0.001'],
  ])('%s shown as %s is %s', (value, code, shown) => {
    expect(textOfNumber(value, shownByCode(code), false)).toBe(shown);
  });

  test('of the formats without a code', () => {
    expect([14, 22, 20, 46, 2].map((id) => shownById(id).kind)).toEqual(['date', 'date', 'time', 'duration', 'number']);
  });
});

test('a title and notes above the header are put aside', async () => {
  const sheet =
    row(1, text('Report of 2026')) +
    row(2, text('made by Ann')) +
    PEOPLE.replaceAll(/r="([A-Z]?)(\d)"/g, (_, column, line) => `r="${column}${Number(line) + 3}"`);
  const found = await read(await bookOf({ sheets: { a: `${sheet}|<mergeCells><mergeCell ref="A1:B1"/></mergeCells>` } }));
  expect(found.fields).toEqual(['name', 'age']);
  expect(found.rows).toHaveLength(2);
  expect(found.layout).toMatchObject({ header: { value: 4 }, aside: [1, 2] });
});

test('names that span columns stand before the names below them', async () => {
  const sheet =
    row(1, text('Town'), text('Sales'), '', text('Costs'), '') +
    row(2, '', text('2025'), text('2026'), text('2025'), text('2026')) +
    row(3, text('Rome'), number('1'), number('2'), number('3'), number('4')) +
    row(4, text('Köln'), number('5'), number('6'), number('7'), number('8'));
  const merges = '<mergeCells count="3"><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/><mergeCell ref="D1:E1"/></mergeCells>';
  const found = await read(await bookOf({ sheets: { a: `${sheet}|${merges}` } }));
  expect(found.fields).toEqual(['Town', 'Sales 2025', 'Sales 2026', 'Costs 2025', 'Costs 2026']);
  expect(found.rows).toEqual([
    ['Rome', '1', '2', '3', '4'],
    ['Köln', '5', '6', '7', '8'],
  ]);
});

describe('which sheet', () => {
  const sheets = { Cover: row(1, text('Hello')), People: PEOPLE, More: PEOPLE };

  test('the first with a table, and others are told', async () => {
    const { layout, rows } = await read(await bookOf({ sheets }));
    expect(rows).toHaveLength(2);
    expect(layout.part).toMatchObject({ value: 'People', sure: 0.6, others: [{ value: 'More', sure: 0.4 }] });
  });

  test('one that is hidden comes last, and is no reason to ask', async () => {
    const { layout } = await read(await bookOf({ sheets, hidden: ['People'] }));
    expect(layout.part).toMatchObject({ value: 'More', sure: 1, others: [] });
  });

  test('the one that a person says', async () => {
    expect((await read(await bookOf({ sheets }), { part: 'More' })).layout.part).toMatchObject({ value: 'More', by: 'person' });
    await expect(read(await bookOf({ sheets }), { part: 'None' })).rejects.toThrow(
      'has no sheet “None”. Its sheets are “Cover”, “People”, “More”.',
    );
  });

  test('none', async () => {
    await expect(read(await bookOf({ sheets: { a: '' } }))).rejects.toThrow('No sheet of “a.xlsx” has a row');
  });
});

test('an error in a cell makes its row unreadable, and so does a cell too many', async () => {
  const sheet =
    PEOPLE + row(4, text('Cy'), '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>') + row(5, text('Di'), number('1'), text('more'));
  const file = await bookOf({ sheets: { a: sheet } });
  expect((await read(file)).unreadable).toEqual(['row 4 says #DIV/0! in its column 2', 'row 5 has 3 cells, the header has 2']);
  const cut = await read(file, { long: 'cut' });
  expect(cut.unreadable).toHaveLength(1);
  expect([cut.rows.at(-1), cut.layout.cut]).toEqual([['Di', '1'], 1]);
});

describe('what is below the table', () => {
  const ITEMS = row(1, text('item'), text('price')) + row(2, text('a'), number('2.5')) + row(3, text('b'), number('3.5'));

  test('a sum and a note are put aside', async () => {
    const sheet = ITEMS + row(4, text('Total'), number('6')) + row(7, text('Source: our books'));
    const { rows, layout } = await read(await bookOf({ sheets: { a: sheet } }));
    expect(rows).toEqual([
      ['a', '2.5'],
      ['b', '3.5'],
    ]);
    expect(layout).toMatchObject({ aside: [4, 7], last: { value: 3 } });
  });

  test('a sum behind many rows too, and what adds up to nothing stays a row and is asked about', async () => {
    const many = Array.from({ length: 450 }, (_, at) => row(at + 2, text(`n${at}`), number(String(at)))).join('');
    const head = row(1, text('item'), text('price'));
    const summed = await read(await bookOf({ sheets: { a: head + many + row(452, text('Summe'), number('101025')) } }));
    expect([summed.rows.length, summed.layout.aside]).toEqual([450, [452]]);
    const named = await read(await bookOf({ sheets: { a: head + many + row(452, text('Total'), number('7')) } }));
    expect([named.rows.length, named.layout.aside]).toEqual([451, []]);
    expect(named.layout.last).toMatchObject({ value: 0, others: [{ value: 451 }] });
  });

  test('a person says where it ends', async () => {
    const file = await bookOf({ sheets: { a: ITEMS + row(4, text('Total'), number('6')) } });
    expect((await read(file, { last: 0 })).rows).toHaveLength(3);
    expect((await read(file, { last: 2 })).layout).toMatchObject({ aside: [3, 4], last: { value: 2, by: 'person' } });
  });
});

describe('sums between rows', () => {
  const head = row(1, text('region'), text('item'), text('amount'));
  const groups =
    row(2, text('North'), text('a'), number('2')) +
    row(3, text('North'), text('b'), number('3')) +
    row(4, text('North total'), '', number('5')) +
    row(5, text('South'), text('a'), number('4')) +
    row(6, text('South'), text('b'), number('6')) +
    row(7, text('South total'), '', number('10')) +
    row(8, text('Grand total'), '', number('15'));

  test('are rows, and asked about; what is below is put aside', async () => {
    const { rows, layout } = await read(await bookOf({ sheets: { a: head + groups } }));
    expect(rows.map(([first]) => first)).toEqual(['North', 'North', 'North total', 'South', 'South', 'South total']);
    expect(layout).toMatchObject({
      sums: { value: 'rows', sure: 0.75, against: [4, 7] },
      summed: 2,
      aside: [8],
      last: { value: 7 },
    });
  });

  test('are put aside where a person says so, or stay', async () => {
    const file = await bookOf({ sheets: { a: head + groups } });
    const { lines, layout } = await read(file, { sums: 'aside' });
    expect(lines).toEqual([2, 3, 5, 6]);
    expect(layout).toMatchObject({ sums: { value: 'aside', by: 'person' }, aside: [4, 7, 8] });
    expect((await read(file, { sums: 'rows' })).layout).toMatchObject({ sums: { by: 'person' }, summed: 2 });
  });

  test('are told among many rows and beside a cell that is shown over several, and no row that leaves empty what others do', async () => {
    const many = Array.from({ length: 300 }, (_, at) => {
      const line = 2 + at * 3;
      const name = text(`n${at}`);
      return (
        row(line, name, text('a'), text('x'), number('1')) +
        row(line + 1, '', text('b'), text('y'), number('2')) +
        row(line + 2, '', text('Total'), '', number('3'))
      );
    }).join('');
    const sheet = row(1, text('region'), text('item'), text('note'), text('amount')) + many;
    const merges = Array.from({ length: 300 }, (_, at) => `<mergeCell ref="A${2 + at * 3}:A${4 + at * 3}"/>`).join('');
    const { rows, layout } = await read(await bookOf({ sheets: { a: `${sheet}|<mergeCells>${merges}</mergeCells>` } }));
    expect(layout).toMatchObject({ sums: { value: 'rows' }, summed: 300 });
    expect(rows).toHaveLength(900);
    const gaps =
      row(2, text('Ann'), '', number('3')) + row(3, text('Total'), '', number('7')) + row(4, text('Bo'), text('x'), number('1'));
    expect((await read(await bookOf({ sheets: { a: head + gaps } }))).layout.sums).toBeUndefined();
  });
});

test('years that span columns name them, and a cell over several rows stands in each of them', async () => {
  const sheet =
    row(1, text('region'), text('2024'), '', text('2025')) +
    row(2, '', text('Q1'), text('Q2'), text('Q1')) +
    row(3, text('North'), number('1'), number('2'), number('3')) +
    row(4, '', number('4'), number('5'), number('6')) +
    row(5, text('South'), number('7'), number('8'), number('9')) +
    row(6, '', number('1'), number('1'), number('1'));
  const merges = ['A1:A2', 'B1:C1', 'A3:A4'].map((ref) => `<mergeCell ref="${ref}"/>`).join('');
  const { fields, rows } = await read(await bookOf({ sheets: { a: `${sheet}|<mergeCells>${merges}</mergeCells>` } }));
  expect(fields).toEqual(['region', '2024 Q1', '2024 Q2', '2025 Q1']);
  expect(rows.map(([region]) => region)).toEqual(['North', 'North', 'South', '']);
});

test('a cell over several rows stands in each of them, however far down the first of them is', async () => {
  const whole = Array.from({ length: 997 }, (_, at) => row(at + 2, text(`n${at}`), number(String(at)))).join('');
  const below =
    row(999, text('North'), number('1')) +
    row(1000, '', number('2')) +
    row(1001, '', number('3')) +
    row(1002, text('South'), number('4'));
  const sheet = `${row(1, text('region'), text('n')) + whole + below}|<mergeCells><mergeCell ref="A999:A1001"/></mergeCells>`;
  const { rows } = await read(await bookOf({ sheets: { a: sheet } }));
  expect(rows.slice(-4).map(([region]) => region)).toEqual(['North', 'North', 'North', 'South']);
});

test('many rows come in order', async () => {
  const many = Array.from({ length: 5_000 }, (_, at) => row(at + 2, text(`n${at}`), number(String(at)))).join('');
  const { rows } = await read(await bookOf({ sheets: { a: row(1, text('name'), text('n')) + many } }));
  expect(rows).toHaveLength(5_000);
  expect(rows.every(([, n], at) => n === String(at))).toBe(true);
});

test('what is damaged or no workbook says so', async () => {
  const file = await bookOf({ sheets: { a: PEOPLE } });
  await expect(read(file.subarray(0, file.length - 50))).rejects.toThrow(/“a.xlsx” is damaged and can't be unpacked/);
  const other = Buffer.from(file);
  other[other.indexOf('xl/worksheets/sheet1.xml') + 40] = (other[other.indexOf('xl/worksheets/sheet1.xml') + 40] ?? 0) ^ 0xff;
  await expect(read(other)).rejects.toThrow(/“a.xlsx” is damaged/);
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from('x'), '[Content_Types].xml');
  zip.end();
  await expect(read(await buffer(zip.outputStream as Readable))).rejects.toThrow('no Excel workbook inside');
});
