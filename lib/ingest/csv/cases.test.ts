/** Files that other tools read wrongly, and what is right: those of test/cases, and more of each kind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { LINES_MAX, SURE_ENOUGH } from '#lib/core/values/guess.ts';
import { guessesOf, type ReadTable, readTable } from '#test/read-table.ts';
import { csvWriter } from './write-back.ts';

const caseOf = (name: string) =>
  readTable(readFileSync(join(import.meta.dirname, '../../../test/cases', name)), { fileName: name });

/** Fields and rows, as text of the least ink. */
const shown = ({ fields, rows }: ReadTable) => [fields, ...rows].map((row) => row.join('|'));

describe('the cases', () => {
  test('01: “sep=;” is an instruction', async () => {
    const read = await caseOf('01-excel-sep-line-2cols.csv');
    expect(shown(read)).toEqual(['id|name', '1|a', '2|b']);
    expect(read.layout).toMatchObject({
      aside: [1],
      delimiter: { value: ';', sure: 1, by: 'file', for: [1] },
      header: { value: 2 },
    });
    expect(read.asked).toEqual([]);
  });

  test('03: what a bank writes above the table is put aside', async () => {
    const read = await caseOf('03-bank-export-metadata-rows.csv');
    expect(read.fields).toEqual(['Datum', 'Empfaenger', 'Zweck', 'Betrag']);
    expect(read.rows).toHaveLength(19);
    expect(read.rows[0]).toEqual(['01.01.2024', 'Shop 1', 'Rechnung 1', '-1,50']);
    expect(read.layout).toMatchObject({ aside: [1, 2, 3], header: { value: 5 } });
    expect([read.refused, read.asked]).toEqual([[], []]);
  });

  test('05: a delimiter at the end of each row adds no cell', async () => {
    const read = await caseOf('05-trailing-delimiter-in-rows.csv');
    expect(shown(read)).toEqual(['a|b|c', '1|2|3', '4|5|6', '7|8|9']);
    expect(read.layout).toMatchObject({ filled: 0, cut: 0 });
    expect(read.asked).toEqual([]);
  });

  test('07: rows without their empty cells at the end are filled up, and told', async () => {
    const read = await caseOf('07-short-rows-trailing-empties-dropped.csv');
    expect(read.rows).toHaveLength(20);
    expect(read.rows[5]).toEqual(['5', 'n5', '', '']);
    expect(read.layout).toMatchObject({ short: 'fill', filled: 15 });
    expect([read.refused, read.asked]).toEqual([[], []]);
  });

  test('08: spaces before a quote are not part of the cell', async () => {
    const read = await caseOf('08-space-before-quote.csv');
    expect(shown(read)).toEqual(['id|name|city', '1|Doe, Jane|Rome', '2|Roe, Max|Paris', '3|Poe, Al|Oslo']);
    expect(read.asked).toEqual([]);
  });

  test('10: quotes that would swallow whole rows are text', async () => {
    const read = await caseOf('10-tsv-literal-quotes-swallow.tsv');
    expect(shown(read)).toEqual(['id|title|x', '1|"Swing it|a', '2|plain|b', '3|foo"|c', '4|plain|d']);
    expect(read.layout.quote).toMatchObject({ value: 'none', against: [], others: [{ value: 'double' }] });
    expect(read.layout.quote?.for).toEqual([2]);
  });

  test('13: a name that is also a value still names its column, and is asked about', async () => {
    const read = await caseOf('13-header-equal-to-a-value.csv');
    expect(shown(read)).toEqual(['message|spam', 'hello there|ham', 'buy now|spam', 'hi|ham', 'win|spam']);
    expect(read.layout.header).toMatchObject({ value: 1, for: [1], against: [3, 5], others: [{ value: 0 }] });
    expect(read.asked).toEqual(['header']);
  });

  test.each([
    ['16-thousands-separators.csv', 28, ['1', '1,037.50']],
    ['17-two-digit-years.csv', 3, ['1', '3/4/26']],
    ['18-all-days-below-13.csv', 2, ['1', '03/04/2026']],
  ])('%s: how it is laid out is not asked', async (name, count, first) => {
    const read = await caseOf(name);
    expect(read.rows).toHaveLength(count);
    expect(read.rows[0]).toEqual(first);
    expect(read.asked).toEqual([]);
  });

  test('19: the letters of MS-DOS', async () => {
    const read = await caseOf('19-cp850-msdos-csv.csv');
    expect(shown(read)).toEqual(['id|text', '1|Commande annulée à Orléans', '2|déjà reçu']);
    expect(read.layout.charset).toMatchObject({ value: 'IBM850' });
    expect(read.asked).toEqual([]);
  });

  test('26: Japanese of a few characters a cell', async () => {
    const read = await caseOf('26-shift-jis-short-cells.csv');
    expect(read.fields).toEqual(['名前', '年齢']);
    expect(read.rows).toHaveLength(17);
    expect(read.rows[0]).toEqual(['山田', '20']);
    expect(read.asked).toEqual([]);
  });
});

type Kind = [name: string, file: string | Buffer, right: string[], layout?: Record<string, unknown>, asked?: string[]];

/** Each of these is read right; what is asked is named, and is nothing where nothing is. */
const KINDS: Record<string, Kind[]> = {
  'separator lines': [
    ['comma', 'sep=,\nid,name\n1,a\n', ['id|name', '1|a'], { aside: [1] }],
    ['quoted', '"sep=;"\r\n"id";"x"\r\n"1";"a;b"\r\n', ['id|x', '1|a;b'], { aside: [1] }],
    ['behind a mark', '\ufeffsep=|\nid|name\n1|a\n', ['id|name', '1|a'], { aside: [1] }],
    ['in UTF-16', Buffer.from('\ufeffsep=\t\r\nid\tname\r\n1\ta,b\r\n', 'utf16le'), ['id|name', '1|a,b'], { aside: [1] }],
    ['of a delimiter that nobody would guess', 'sep=!\nid!name\n1!a\n2!b\n', ['id|name', '1|a', '2|b'], { aside: [1] }],
    ['with the delimiters of a saved sheet', 'sep=;;\nid;name\n1;a\n', ['id|name', '1|a'], { aside: [1] }],
    [
      'that is not true of the file',
      'sep=;\nid,name\n1,a\n2,b\n',
      ['id|name', '1|a', '2|b'],
      { aside: [1], delimiter: { value: ',' } },
    ],
    ['above one column', 'sep=;\nid\n1\n2\n', ['id', '1', '2'], { aside: [1] }],
    ['that is none', 'sep,name\n1,a\n2,b\n', ['sep|name', '1|a', '2|b'], { aside: [] }],
  ],
  'lines above the table': [
    ['a title', 'Sales of 2024\nname,price\nA,1\nB,2\n', ['name|price', 'A|1', 'B|2'], { aside: [1] }],
    [
      'a title in quotes with a line end',
      '"Sales\nof 2024",,\nid,name,price\n1,A,1\n2,B,2\n',
      ['id|name|price', '1|A|1', '2|B|2'],
      { aside: [1, 2] },
    ],
    [
      'padded to the width',
      'Report,,,\nFrom:,Ada,,\n,,,\nid,name,date,sum\n1,A,2024-01-01,5\n2,B,2024-01-02,6\n',
      ['id|name|date|sum', '1|A|2024-01-01|5', '2|B|2024-01-02|6'],
      { aside: [1, 2, 3] },
    ],
    [
      'as many cells as the table',
      'Account:;DE00\nFrom:;Ada\n\ndate;amount\n2024-01-01;5\n2024-01-02;6\n',
      ['date|amount', '2024-01-01|5', '2024-01-02|6'],
      { aside: [1, 2] },
    ],
    [
      'more cells than the table',
      'Exported by Ada, on Monday, from Rome, again\nid,amount\n1,5\n2,6\n3,7\n4,8\n5,9\n6,1\n',
      ['id|amount', '1|5', '2|6', '3|7', '4|8', '5|9', '6|1'],
      { aside: [1] },
      ['header'],
    ],
    [
      'what is itself a table: asked',
      'id,name\n1,A\n2,B\n\ndate,amount,who\n2024-01-01,5,X\n2024-01-02,6,Y\n',
      ['date|amount|who', '2024-01-01|5|X', '2024-01-02|6|Y'],
      { aside: [1, 2, 3], header: { value: 5, others: [{ value: 1 }] } },
      ['header'],
    ],
    [
      'labels as wide as the table, which could be its names: asked',
      'Report\nUser,Ada\nPeriod,2024\nname,price\nA,1\nB,2\nC,3\n',
      ['User|Ada', 'Period|2024', 'name|price', 'A|1', 'B|2', 'C|3'],
      { header: { value: 2 } },
      ['header'],
    ],
    [
      'comments',
      '# made by a program\n# on Monday\nid\tname\tsum\n1\tA\t2\n2\tB\t3\n',
      ['id|name|sum', '1|A|2', '2|B|3'],
      { aside: [1, 2] },
    ],
  ],
  'lines below the table': [
    ['a note', 'id,name,sum\n1,A,2\n2,B,3\n\nNote: without returns\n', ['id|name|sum', '1|A|2', '2|B|3'], { aside: [5] }],
    ['a sum', 'item,price\na,1\nb,2\nTotal,3\n', ['item|price', 'a|1', 'b|2'], { aside: [4], last: { value: 3, for: [4] } }],
    [
      'a sum under another word',
      'item;price\na;2,50\nb;3,50\nEndsumme;6,00\n',
      ['item|price', 'a|2,50', 'b|3,50'],
      { aside: [4] },
    ],
    ['a sign for a sum', 'item;price\na;2,50\nb;3,50\nΣ;6,00\n', ['item|price', 'a|2,50', 'b|3,50'], { aside: [4] }],
    [
      'a sum without a word',
      'item;qty;price\na;1;2,50\nb;2;3,50\n;;6,00\n',
      ['item|qty|price', 'a|1|2,50', 'b|2|3,50'],
      { aside: [4] },
    ],
    ['a mean', 'n,v\na,1.5\nb,2.5\nc,4.0\nAverage,2.67\n', ['n|v', 'a|1.5', 'b|2.5', 'c|4.0'], { aside: [5] }],
    [
      'a name that is a word for a sum, beside what is none: asked, and kept',
      'company,price\nEni,3.5\nShell,4.5\nTotal,5\n',
      ['company|price', 'Eni|3.5', 'Shell|4.5', 'Total|5'],
      { aside: [], last: { value: 0, others: [{ value: 3 }] } },
      ['last'],
    ],
    [
      'such a name beside what happens to be near the mean, or how many there are: asked, and kept',
      'company,price,staff\nEni,3.5,9\nShell,4.5,8\nBP,6.5,7\nTotal,5,3\n',
      ['company|price|staff', 'Eni|3.5|9', 'Shell|4.5|8', 'BP|6.5|7', 'Total|5|3'],
      { aside: [] },
      ['last'],
    ],
    [
      'what adds up under no word: asked, and kept',
      'who,hours\nAda,110\nBob,220\nCy,330\nDi,660\n',
      ['who|hours', 'Ada|110', 'Bob|220', 'Cy|330', 'Di|660'],
      { aside: [] },
      ['last'],
    ],
    [
      'a sum with more below it: asked from where',
      'item,price\na,2.50\nb,3.50\nSubtotal,6.00\nTax,1.00\nGrand total,7.00\n',
      ['item|price', 'a|2.50', 'b|3.50', 'Subtotal|6.00', 'Tax|1.00', 'Grand total|7.00'],
      { last: { value: 0, others: [{ value: 5 }, { value: 3 }] } },
      ['last'],
    ],
    [
      'a row with a title only: asked, and kept',
      'title,a,b\nThe one,1,2\nThe two,3,4\nThe quick brown fox,,\n',
      ['title|a|b', 'The one|1|2', 'The two|3|4', 'The quick brown fox||'],
      { aside: [] },
      ['last'],
    ],
    [
      'a sum in a later column',
      'date;who;sum\n01.02.2024;A;1,5\n02.02.2024;B;2,5\n;Summe;4,0\n',
      ['date|who|sum', '01.02.2024|A|1,5', '02.02.2024|B|2,5'],
      { aside: [4] },
    ],
    ['blank rows', 'id,name\n1,A\n2,B\n,\n,\n', ['id|name', '1|A', '2|B'], { aside: [4, 5] }],
    [
      'a sum, a blank row and two notes',
      'id,name,sum\n1,A,2\n2,B,3\nTotal,,5\n,,\n* corrected\nExported by: Ada\n',
      ['id|name|sum', '1|A|2', '2|B|3'],
      { aside: [4, 5, 6, 7] },
    ],
    [
      'none: a last row whose end is missing is no note',
      'id,name,sum\n1,A,2\n2,B,3\n3,C\n',
      ['id|name|sum', '1|A|2', '2|B|3'],
      { aside: [] },
    ],
    [
      'none: a company called so',
      'company,city\nShell,London\nTotal,Paris\n',
      ['company|city', 'Shell|London', 'Total|Paris'],
      { aside: [] },
    ],
  ],
  'delimiters at the end': [
    ['of rows and header', 'a,b,\n1,2,\n3,4,\n', ['a|b', '1|2', '3|4']],
    ['of the header', 'a;b;c;\n1;2;3\n4;5;6\n', ['a|b|c', '1|2|3', '4|5|6']],
    ['of some rows', 'a,b\n1,2,\n3,4\n5,6,,\n', ['a|b', '1|2', '3|4', '5|6']],
    ['with a value below: a column without a name', 'a,b,\n1,2,x\n3,4,\n', ['a|b|column_3', '1|2|x', '3|4|']],
    ['without a header', '1;2;3;\n4;5;6;\n', ['column_1|column_2|column_3', '1|2|3', '4|5|6']],
  ],
  'short rows': [
    [
      'as often as not',
      'id,name,note\n1,A,x\n2,B\n3,C,y\n4,D\n',
      ['id|name|note', '1|A|x', '2|B|', '3|C|y', '4|D|'],
      { short: 'fill', filled: 2 },
    ],
    ['two columns', 'id;note\n1;x\n2\n3\n4;y\n', ['id|note', '1|x', '2|', '3|', '4|y'], { short: 'fill', filled: 2 }],
    [
      'all of them, where nothing stands in the last columns',
      'id,name,extra\n1,A\n2,B\n3,C\n',
      ['id|name|extra', '1|A|', '2|B|', '3|C|'],
      { short: 'fill', filled: 3 },
    ],
    [
      'one of many is refused',
      `id,name,note\n${Array.from({ length: 30 }, (_, at) => `${at},n,x\n`).join('')}31,B\n32,n,x\n`,
      ['id|name|note', ...Array.from({ length: 30 }, (_, at) => `${at}|n|x`), '32|n|x'],
      { short: 'refuse', filled: 0 },
    ],
    [
      'halves of broken rows are refused',
      'id,name,note,sum\n1,A,x,5\n2,B\nbroken,y,6\n3,C,z,7\n4,D\nbroken,w,8\n5,E,v,9\n',
      ['id|name|note|sum', '1|A|x|5', '3|C|z|7', '5|E|v|9'],
      { short: 'refuse', filled: 0 },
    ],
    ['and long ones are refused', 'id,name\n1,A\n2,B,C\n3,D\n', ['id|name', '1|A', '3|D'], { long: 'refuse', cut: 0 }],
  ],
  'spaces around quotes': [
    ['behind', '"id" ,"name" \n"1" ,"a, b" \n"2","c"\n', ['id|name', '1|a, b', '2|c']],
    ['in front, semicolons', 'id; "name"\n1; "a; b"\n2; "c"\n', ['id|name', '1|a; b', '2|c']],
    [
      'in front, with line ends and doubled quotes',
      'id, "note"\n1, "two\nlines"\n2, "a ""b"""\n3, "c"\n',
      ['id|note', '1|two\nlines', '2|a "b"', '3|c'],
    ],
    [
      'a quotation in a text is none',
      'id,said\n1, "hi" he said\n2, so "what"\n3,fine\n',
      ['id|said', '1| "hi" he said', '2| so "what"', '3|fine'],
    ],
    ['a mark that is never closed stays text', 'id,size\n1, "x\n2,5\n3,7\n', ['id|size', '1| "x', '2|5', '3|7']],
  ],
  'backslashes before quotes': [
    [
      'some',
      'id,said\n1,"she said \\"hi\\", then left"\n2,"no"\n3,"a \\"b\\""\n',
      ['id|said', '1|she said "hi", then left', '2|no', '3|a "b"'],
      { escape: { value: 'backslash' } },
    ],
    [
      'JSON in cells',
      'id,payload\n1,"{\\"a\\":1,\\"b\\":2}"\n2,"{\\"a\\":3,\\"b\\":4}"\n',
      ['id|payload', '1|{"a":1,"b":2}', '2|{"a":3,"b":4}'],
      { escape: { value: 'backslash' } },
    ],
    [
      'a path that ends in one',
      'id,path,x\n1,"C:\\temp\\",a\n2,"D:\\",b\n3,"E:\\x, y\\",c\n',
      ['id|path|x', '1|C:\\temp\\|a', '2|D:\\|b', '3|E:\\x, y\\|c'],
      { escape: { value: 'doubled' } },
    ],
    [
      'behind doubled backslashes',
      'id,x,y\n1,"a \\"b\\" c","C:\\\\x\\\\"\n2,"d","e \\"f\\""\n',
      ['id|x|y', '1|a "b" c|C:\\x\\', '2|d|e "f"'],
      { escape: { value: 'backslash' } },
    ],
    [
      'in apostrophes',
      "id,x\n1,'it\\'s, so'\n2,'b'\n3,'c\\'d, e'\n",
      ['id|x', "1|it's, so", '2|b', "3|c'd, e"],
      { quote: { value: 'single' }, escape: { value: 'backslash' } },
    ],
    [
      'pairs alone can be either',
      'id,path\n1,"C:\\\\x, y"\n2,"D:\\\\z, w"\n',
      ['id|path', '1|C:\\\\x, y', '2|D:\\\\z, w'],
      {},
      ['escape'],
    ],
  ],
  'sums between rows': [
    [
      'are rows, and asked about',
      'region,item,amount\nNorth,a,2\nNorth,b,3\nNorth total,,5\nSouth,a,4\nSouth,b,6\nSouth total,,10\nGrand total,,15\n',
      ['region|item|amount', 'North|a|2', 'North|b|3', 'North total||5', 'South|a|4', 'South|b|6', 'South total||10'],
      { sums: { value: 'rows', against: [4, 7] }, summed: 2, aside: [8] },
      ['sums'],
    ],
    [
      'a company of such a name is none, nor one in a column that has gaps',
      'name,town,amount\nTotal,Paris,2\nAnn,,3\nTotal,,7\nBo,Rome,4\nCy,Bern,1\n',
      ['name|town|amount', 'Total|Paris|2', 'Ann||3', 'Total||7', 'Bo|Rome|4', 'Cy|Bern|1'],
    ],
  ],
  'backslashes outside of quotes': [
    [
      'PostgreSQL’s COPY',
      'id\tname\tnote\n1\tAnn\t\\N\n2\t\\N\ta\\tb\\nc\n3\tBo\tC:\\\\new\n4\tsays "hi\t\\N\n\\.\n',
      ['id|name|note', '1|Ann|', '2||a\tb\nc', '3|Bo|C:\\new', '4|says "hi|'],
      { backslashes: { value: 'dump', by: 'guess', for: [2, 3, 5] }, quote: { value: 'none' }, aside: [6] },
    ],
    [
      'MySQL’s OUTFILE, whose tabs and line ends stand behind one',
      '1\tAnn\t\\N\t5\n2\tBo\tone\\\ttab and\\\na line\t6\n3\t\\N\tnul \\0\t7\n',
      ['column_1|column_2|column_3|column_4', '1|Ann||5', '2|Bo|one\ttab and\na line|6', '3||nul \\u0000|7'],
      { backslashes: { value: 'dump' }, header: { value: 0 } },
    ],
    [
      'without \\N they are text, and asked about',
      'id\tname\n1\ttwo\\nlines\n2\tone\n',
      ['id|name', '1|two\\nlines', '2|one'],
      { backslashes: { value: 'text', against: [2] } },
      ['backslashes'],
    ],
    [
      'beside a path, which no dump writes so: asked',
      'id\tpath\n1\tC:\\Users\n2\t\\N\n',
      ['id|path', '1|C:\\Users', '2|\\N'],
      { backslashes: { value: 'text', for: [2], against: [3] } },
      ['backslashes'],
    ],
    [
      'between commas: asked',
      'id,name,town\n1,\\N,Rome\n2,Bo,\\N\n',
      ['id|name|town', '1|\\N|Rome', '2|Bo|\\N'],
      { backslashes: { value: 'text' } },
      ['backslashes'],
    ],
    [
      'paths are text, and nobody is asked',
      'id\tpath\n1\tC:\\Users\\ann\n2\tD:\\x\n',
      ['id|path', '1|C:\\Users\\ann', '2|D:\\x'],
      { backslashes: { value: 'text', sure: 1 } },
    ],
  ],
  'quotes that are text': [
    ['inches', 'item,size,x\npipe,5",a\nrod,6",b\n', ['item|size|x', 'pipe|5"|a', 'rod|6"|b']],
    [
      'over rows of a column of numbers',
      'id\ttitle\n1\t"Heroes\n2\tplain\n3\tfoo"\n4\tx\n',
      ['id|title', '1|"Heroes', '2|plain', '3|foo"', '4|x'],
    ],
    [
      'over rows of texts: asked, where nothing tells',
      'who;said\nAda;"Hello\nBob;you"\nCy;fine\n',
      ['who|said', 'Ada|"Hello', 'Bob|you"', 'Cy|fine'],
      {},
      ['quote'],
    ],
    [
      'a cell over lines that are no rows',
      'id,note\n1,"Dear Sir\nthanks, Bob"\n2,"x, y"\n3,z\n',
      ['id|note', '1|Dear Sir\nthanks, Bob', '2|x, y', '3|z'],
    ],
    [
      'in a file that quotes too',
      'id,note,x\n1,"a, b",c\n2,"d ""e""",f\n3,"open,g\n4,h"\n5,"i, j",k\n',
      ['id|note|x', '1|a, b|c', '2|d "e"|f', '5|i, j|k'],
      { quote: { value: 'double' } },
    ],
    [
      'a title in quotes',
      'id\ttitle\n1\t"Heroes"\n2\t"Low"\n3\tplain\n',
      ['id|title', '1|Heroes', '2|Low', '3|plain'],
      { quote: { value: 'double' } },
    ],
  ],
  headers: [
    ['above texts only', 'name,town\nAda,Rome\nBob,Oslo\n', ['name|town', 'Ada|Rome', 'Bob|Oslo'], { header: { value: 1 } }],
    [
      'none above texts only: asked',
      'Ada,Rome\nBob,Oslo\nCy,Paris\n',
      ['Ada|Rome', 'Bob|Oslo', 'Cy|Paris'],
      { header: { value: 1 } },
      ['header'],
    ],
    [
      'none above numbers',
      '1,2024-01-05,a@example.org\n2,2024-01-06,b@example.org\n',
      ['column_1|column_2|column_3', '1|2024-01-05|a@example.org', '2|2024-01-06|b@example.org'],
      { header: { value: 0 } },
    ],
    [
      'years',
      'country,2019,2020\nIT,1.5,2\nDE,2,3.25\n',
      ['country|2019|2020', 'IT|1.5|2', 'DE|2|3.25'],
      { header: { value: 1 } },
    ],
    ['numbered', ',0,1,2\nA,1.5,2,3\nB,2,3.25,4\n', ['column_1|0|1|2', 'A|1.5|2|3', 'B|2|3.25|4'], { header: { value: 1 } }],
    [
      'again and again, where files were put together',
      'id,name\n1,ada\n2,bo\nid,name\n3,cy\n4,di\nid,name\n5,ed\n',
      ['id|name', '1|ada', '2|bo', '3|cy', '4|di', '5|ed'],
      { header: { value: 1 }, aside: [4, 7] },
    ],
    [
      'twice the same name, and none',
      'id,name,name,\n1,a,b,c\n2,d,e,f\n',
      ['id|name|name (2)|column_4', '1|a|b|c', '2|d|e|f'],
      { header: { value: 1 } },
    ],
    [
      'one cell less than the rows: asked',
      'name,price\n1,A,2.5\n2,B,3.5\n3,C,4.5\n',
      ['column_1|name|price', '1|A|2.5', '2|B|3.5', '3|C|4.5'],
      { header: { value: 1 } },
      ['header'],
    ],
  ],
  delimiters: [
    ['^', 'id^name\n1^a, b\n2^c\n', ['id|name', '1|a, b', '2|c']],
    ['~', 'id~name\n1~a; b\n2~c\n', ['id|name', '1|a; b', '2|c']],
    ['the unit separator', 'id\u001fname\n1\u001fa, b\n2\u001fc\n', ['id|name', '1|a, b', '2|c']],
    ['SOH', 'id\u0001name\n1\u0001a, b\n2\u0001c\n', ['id|name', '1|a, b', '2|c']],
    ['||', 'id||name||sum\n1||a, b||2\n2||c||3\n', ['id|name|sum', '1|a, b|2', '2|c|3'], { delimiter: { value: '||' } }],
    ['¦', 'id¦name\n1¦é, b\n2¦c\n', ['id|name', '1|é, b', '2|c'], { delimiter: { value: '¦' } }],
    [
      ':',
      'root:0:/root\nbin:1:/bin\nada:1000:/home\n',
      ['column_1|column_2|column_3', 'root|0|/root', 'bin|1|/bin', 'ada|1000|/home'],
    ],
    [
      '| in Shift_JIS',
      iconv.encode('名前|住所\n山田太郎|東京都ソ\n鈴木花子|ポ大阪\n', 'Shift_JIS'),
      ['名前|住所', '山田太郎|東京都ソ', '鈴木花子|ポ大阪'],
      { delimiter: { value: '|' } },
    ],
    [
      '| in GB18030',
      iconv.encode('姓名|地址\n张三|北京市朝阳区\n李四|上海市\n', 'GB18030'),
      ['姓名|地址', '张三|北京市朝阳区', '李四|上海市'],
    ],
    ['decimal commas', 'name;a;b\nA;1,5;2,5\nB;3,5;4,25\n', ['name|a|b', 'A|1,5|2,5', 'B|3,5|4,25']],
    [
      'decimal commas alone: asked',
      '827,82\n999,91\n14,20\n',
      ['column_1|column_2', '827|82', '999|91', '14|20'],
      {},
      ['delimiter'],
    ],
  ],
  'line ends': [
    ['CR with LF in cells', 'id,note\r1,"two\nlines"\r2,x\r', ['id|note', '1|two\nlines', '2|x']],
    ['LF with CR in cells', 'id,note\n1,"two\rlines\rmore\rand more"\n2,x\n', ['id|note', '1|two\rlines\rmore\rand more', '2|x']],
  ],
};

test('what a person says of backslashes and of sums goes before every guess', async () => {
  const file = 'region,item,amount\nNorth,a\\tb,\\N\nNorth,b,3\nNorth total,,3\nSouth,"\\N",4\nSouth,c,6\n';
  const read = await readTable(file, { said: { backslashes: 'dump', sums: 'aside', quote: 'double' } });
  expect(shown(read)).toEqual(['region|item|amount', 'North|a\tb|', 'North|b|3', 'South|\\N|4', 'South|c|6']);
  expect(read.layout).toMatchObject({ aside: [4], backslashes: { by: 'person' }, sums: { value: 'aside', by: 'person' } });
  const text = await readTable('id\tnote\n1\t\\N\n2\t\\N\n', { said: { backslashes: 'text' } });
  expect([shown(text), text.asked]).toEqual([['id|note', '1|\\N', '2|\\N'], []]);
});

describe('backslashes that begin behind what is looked at first', () => {
  const rows = (count: number, of: (id: number) => string) => Array.from({ length: count }, (_, id) => of(id)).join('');
  const plain = rows(3_000, (id) => `${id}\tsome words that fill a line ${id}\n`);

  test('of a dump are asked about with their lines, and read again as a person says', async () => {
    const file = `id\tnote\n${plain}3000\t\\N\n3001\ta\\tb\n3002\t\\N\n`;
    for (const charset of ['utf8', 'utf16le'] as const) {
      const bytes = Buffer.from(charset === 'utf8' ? file : `\ufeff${file}`, charset);
      const { rows: read, layout, asked } = await readTable(bytes);
      expect(asked).toEqual(['backslashes']);
      expect(layout.backslashes).toMatchObject({ value: 'text', sure: 0.7, by: 'guess', for: [], others: [{ value: 'dump' }] });
      expect(layout.backslashes?.against).toEqual([3_002, 3_004]);
      expect(read.at(-2)).toEqual(['3001', 'a\\tb']);
      const dumped = await readTable(bytes, { said: { backslashes: 'dump' } });
      expect(dumped.rows.slice(-3)).toEqual([
        ['3000', ''],
        ['3001', 'a\tb'],
        ['3002', ''],
      ]);
      expect(dumped.asked).toEqual([]);
    }
  });

  test('contradict a dump', async () => {
    const file = `id\tnote\n1\t\\N\n2\t\\N\n${plain}3000\tC:\\dir\n`;
    const { rows: read, layout, asked } = await readTable(file);
    expect([read[0], asked]).toEqual([['1', ''], ['backslashes']]);
    expect(layout.backslashes).toMatchObject({ value: 'dump', for: [2, 3], against: [3_004], others: [{ value: 'text' }] });
  });

  test('in pairs in quoted cells are asked about, and so is a mark that encloses cells from one row on', async () => {
    const begin = plain.replaceAll('\t', ',');
    const pairs = await readTable(`id,note\n${begin}3000,"C:\\\\dir"\n3001,"D:\\\\temp, x"\n`);
    expect([pairs.asked, pairs.layout.escape?.against]).toEqual([['escape'], [3_002, 3_003]]);
    const marked = rows(40, (id) => `${3_000 + id},'word ${id}'\n`);
    const single = await readTable(`id,note\n${begin}${marked}`);
    expect([single.asked, single.layout.quote?.others]).toEqual([['quote'], [{ value: 'single', sure: expect.closeTo(0.3) }]]);
    expect(single.layout.quote?.against).toEqual([3_002, 3_003, 3_004, 3_005, 3_006]);
    const said = await readTable(`id,note\n${begin}${marked}`, { said: { quote: 'single' } });
    expect([said.asked, said.rows.at(-1)]).toEqual([[], ['3039', 'word 39']]);
    const words = rows(40, (id) => `${3_000 + id},'tis the ${id} o'\n${id},don't\n${id},'n' more\n`);
    expect((await readTable(`id,note\n${begin}${words}`)).asked).toEqual([]);
  });

  test('of paths are text, and nobody is asked', async () => {
    const { layout, asked } = await readTable(`id\tnote\n${plain}3000\tC:\\dir\n3001\tD:\\temp\n`);
    expect([asked, layout.backslashes?.value, layout.backslashes?.sure]).toEqual([[], 'text', 1]);
  });
});

describe.each(Object.entries(KINDS))('%s', (_, kinds) => {
  test.each(kinds)('%s', async (_name, file, right, layout = {}, asked = []) => {
    const read = await readTable(file);
    expect(shown(read)).toEqual(right);
    expect(read.layout).toMatchObject(layout);
    expect(read.asked).toEqual(asked);
  });
});

/** What people upload every day. */
const ORDINARY: Record<string, string> = {
  'names and towns': 'name,town\nAda,Rome\nBob,Oslo\nCy,Paris\n',
  'a number and a name': 'id,name\n1,Ada\n2,Bob\n',
  'one column of names': 'name\nAda\nBob\nCy\n',
  'one column of numbers': 'id\n1\n2\n3\n',
  'two rows': 'a,b\n1,x\n2,y\n',
  'one row': 'a,b\n1,2\n',
  mails: 'from,subject,date,state\na@x.org,Hello,2024-01-05,open\nb@x.org,"Re: Hello, you",2024-01-06,closed\n',
  'a German bank': 'Datum;Betrag;Zweck\n01.02.2024;1.234,56;Miete\n02.02.2024;12,00;Essen\n',
  tabs: 'id\tname\tscore\n1\tAda\t3.5\n2\tBob\t4.5\n',
  'everything in quotes': '"id","name","note"\n"1","Ada","Hello, world"\n"2","Bob","He said ""hi"""\n"3","Cy","two\nlines"\n',
  'letters in a cell': 'id,note\n1,"Dear Sir,\nthanks for all, really.\nBob"\n2,"short"\n3,"x, y"\n',
  'texts with line ends': 'name,note\nAda,"Dear Sir\nthanks, Bob"\nBob,fine\nCy,"a, b"\n',
  'empty cells': 'a,b,c\n1,,3\n2,,\n,,5\n',
  'CRLF, and no line end at the end': 'Order ID,Customer,Total\r\nA-1,Ada,12.50\r\nA-2,Bob,13.50',
  'years as names': 'country,2019,2020\nIT,1.5,2\nDE,2,3.25\n',
  'an index without a name': ',name,value\n0,a,1.5\n1,b,2.5\n2,c,3.5\n',
  addresses: 'url,title\nhttps://a.org/x?a=1;b=2,First\nhttps://b.org,Second\n',
  'JSON in cells': 'id,payload\n1,"{""a"":1,""b"":[1,2]}"\n2,"{""a"":2,""b"":[3]}"\n',
  'times of the day': 'start,end,who\n10:30,11:00,Ada\n11:30,12:00,Bob\n',
  'letters outside ASCII': 'Name;Ort\nJosé;Köln\nZoë;Łódź\n',
  tickets: 'Ticket,Last Reply,Amount,Status\nT-1,03/04/2024,"1,234.50",open\nT-2,13/04/2024,"2.50",closed\n',
  'a log': 'time|level|message\n2024-01-05 10:00:00|INFO|started: all fine\n2024-01-05 10:00:01|WARN|slow, very slow\n',
  inventory: 'SKU,Description,Qty,Price,Location\nA100,"Bolt, 5""",100,0.15,A1\nA101,Nut,250,0.05,A2\n',
  inches: 'item,size\npipe,5"\nrod,6"\n',
  apostrophes: "name,quote\nO'Brien,'tis\nD'Arcy,it's\n",
  expenses:
    'Date,Employee,Category,Amount,Currency,Notes\n2024-01-05,Ada,Travel,120.50,EUR,Train to Rome\n2024-01-06,Bob,Meals,30.00,EUR,\n',
  contacts: 'First Name,Last Name,E-mail,Phone\nAda,Lovelace,ada@x.org,+44 20 1234\nAlan,Turing,alan@x.org,\n',
  questions: 'question,answer\nWhat is it?,A thing\nWhy?,Because; it is\nWho?,Nobody\n',
  'yes and no': 'user,active,admin\nada,true,false\nbob,false,false\n',
  'many columns': `${[...Array(30).keys()].map((at) => `c${at}`)}\n${[...Array(30).keys()]}\n${[...Array(30).keys()].map((at) => at * 2)}\n`,
  'without a header': '1,2024-01-05,a@example.org\n2,2024-01-06,b@example.org\n',
  'paths of Windows': 'id,path\n1,C:\\temp\\x\n2,"D:\\a, b"\n',
};

describe('ordinary files', () => {
  test.each(Object.entries(ORDINARY))('%s: nothing is asked, put aside, filled or refused', async (_, file) => {
    const read = await readTable(file);
    expect({ asked: read.asked, aside: read.layout.aside, filled: read.layout.filled, refused: read.refused }).toEqual({
      ...{ asked: [], aside: [], filled: 0, refused: [] },
    });
    for (const [, { sure, for: speaksFor, against }] of guessesOf(read.layout)) {
      expect(sure).toBeGreaterThanOrEqual(SURE_ENOUGH);
      expect(Math.max(speaksFor.length, against.length)).toBeLessThanOrEqual(LINES_MAX);
    }
  });
});

/** In which each text is told by its own letters alone. */
const TEXTS: [charset: string, texts: string[], mark?: boolean][] = [
  ['UTF-8', ['Zoë', 'Łódź', '東京', '😀'], true],
  ['UTF-16LE', ['Zoë', '東京'], true],
  ['UTF-16BE', ['Zoë', '東京'], true],
  ['UTF-32LE', ['Zoë', '😀 東京'], true],
  ['UTF-32BE', ['Zoë', '😀 東京'], true],
  ['UTF-16LE', ['only letters', 'and words']],
  ['UTF-32BE', ['only letters', 'and words']],
  [
    'windows-1252',
    ['Müller', 'José', 'François', 'São Paulo', 'Muñoz', 'Søren', 'Città', '10 €', 'Don’t', 'Übung', 'ÉCOLE', '25°C'],
  ],
  ['windows-1250', ['Łódź', 'Příliš žluťoučký kůň', 'Bucureşti ţară']],
  ['windows-1251', ['Привет мир', 'Москва', 'Київ та Львів']],
  ['windows-1253', ['Αθήνα Ελλάδα']],
  ['windows-1254', ['İstanbul Kadıköy Beşiktaş']],
  ['windows-1255', ['שלום ירושלים תל אביב']],
  ['windows-1256', ['محمد القاهرة']],
  ['windows-1257', ['Šiauliai Klaipėda Žemaitė']],
  ['windows-874', ['กรุงเทพ สวัสดี']],
  ['KOI8-R', ['Привет мир', 'Москва']],
  ['ISO-8859-2', ['Příliš žluťoučký kůň']],
  ['ISO-8859-5', ['Привет мир']],
  ['IBM850', ['Commande annulée à Orléans, déjà reçu', 'Größe Müller']],
  ['IBM437', ['Commande annulée à Orléans, déjà reçu']],
  ['IBM852', ['Příliš žluťoučký kůň']],
  ['IBM866', ['Привет мир', 'Москва']],
  ['macintosh', ['Commande annulée à Orléans, déjà reçu', 'Größe']],
  ['Shift_JIS', ['名前,年齢', '田中太郎,東京都', 'ﾔﾏﾀﾞ ﾀﾛｳ']],
  ['EUC-JP', ['名前,年齢', '田中太郎,東京都', 'ひらがな']],
  ['GB18030', ['姓名,地址', '张三,北京市']],
  ['Big5', ['王小明,臺北市,數量', '陳美玲,高雄']],
  ['EUC-KR', ['이름,주소', '김철수,서울']],
  ['IBM737', ['Γιώργος και Ελένη, Αθήνα']],
  ['macturkish', ['Işıl Gülşah Çağrı', 'Beşiktaş Kadıköy']],
  ['macgreek', ['Γιώργος και Ελένη, Αθήνα']],
  ['IBM857', ['Işıl Gülşah Çağrı']],
  ['IBM775', ['Žydrūnas Šarūnas Gintarė']],
  ['maccenteuro', ['Příliš žluťoučký kůň']],
  ['UTF-16LE', ['北京市朝阳区,上海']],
  ['UTF-16BE', ['Привет мир и Москва']],
];

describe('character sets', () => {
  test.each(TEXTS.flatMap(([charset, texts, mark]) => texts.map((text) => [charset, text, mark ?? false] as const)))(
    '%s: %s',
    async (charset, text, addBOM) => {
      const read = await readTable(iconv.encode(`id,text\n1,"${text}"\n2,plain\n`, charset, { addBOM }));
      expect(read.rows).toEqual([
        ['1', text],
        ['2', 'plain'],
      ]);
      expect(read.layout.charset?.sure).toBeGreaterThan(0.5);
    },
  );

  test('what two sets read both well is asked, with the lines that differ', async () => {
    const read = await readTable(iconv.encode('id,town\n1,Ulm\n2,Rīga\n3,Ķekava\n', 'windows-1257'));
    expect(read.asked).toEqual(['charset']);
    const { value, others } = read.layout.charset ?? { others: [] };
    expect([value, ...others.map((other) => other.value)]).toEqual(expect.arrayContaining(['windows-1252', 'windows-1257']));
    expect(read.layout.charset?.for).toEqual([3, 4]);
  });

  test('a person says which', async () => {
    const file = iconv.encode('id,town\n1,Ağrı\n', 'windows-1254');
    const read = await readTable(file, { said: { charset: 'ISO-8859-15' } });
    expect(read.rows).toEqual([['1', 'Aðrý']]);
    expect(read.layout.charset).toMatchObject({ value: 'ISO-8859-15', sure: 1, by: 'person' });
    await expect(readTable(file, { said: { charset: 'EBCDIC' } })).rejects.toThrow(
      /“EBCDIC” is no character set.*UTF-8, UTF-16LE/,
    );
  });

  test('bytes that are none of UTF-8 are told, wherever they stand', async () => {
    const row = '1,Köln am Rhein\n';
    const file = Buffer.concat([Buffer.from(`id,town\n${row.repeat(10_000)}`), Buffer.from([0x32, 0x2c, 0xff, 0x0a])]);
    const { layout } = await readTable(file, { chunk: 65_536 });
    expect(layout.charset).toMatchObject({ value: 'UTF-8', against: [10_002] });
  });
});

describe('what a person said', () => {
  const file = 'x;1,5\ny;2,5\nz;3\n';

  test('where it ends goes before every sum, and nothing below is read', async () => {
    const table = 'item,price\na,2.50\nb,3.50\nTotal,6.00\n';
    expect((await readTable(table, { said: { last: 0 } })).rows).toHaveLength(3);
    const cut = await readTable(table, { said: { last: 2 } });
    expect([shown(cut), cut.layout.aside, cut.layout.last?.by]).toEqual([['item|price', 'a|2.50'], [3, 4], 'person']);
    const long = `id\n${Array.from({ length: 1_100 }, (_, at) => at).join('\n')}\n`;
    await expect(readTable(long, { said: { last: 5 } })).rejects.toThrow('More than 1000 lines stand below line 5');
  });

  test('is gone by, member by member', async () => {
    const read = await readTable(file, {
      said: { delimiter: ',', header: 0, short: 'fill', long: 'cut', quote: 'none', escape: 'backslash' },
    });
    expect(shown(read)).toEqual(['column_1|column_2', 'x;1|5', 'y;2|5', 'z;3|']);
    for (const [name, { sure, by }] of guessesOf(read.layout))
      expect({ name, sure, by }).toEqual({
        name,
        sure: 1,
        by: name === 'charset' ? 'file' : name === 'last' ? 'guess' : 'person',
      });
    expect(read.layout).toMatchObject({ filled: 1, cut: 0, short: 'fill', long: 'cut' });
  });

  test('long rows are cut, and counted', async () => {
    const read = await readTable('id,name\n1,A,x\n2,B,\n3,C,y,z\n', { said: { long: 'cut' } });
    expect(shown(read)).toEqual(['id|name', '1|A', '2|B', '3|C']);
    expect(read.layout.cut).toBe(2);
  });

  test('short rows are refused where they would be filled up', async () => {
    const read = await readTable(
      readFileSync(join(import.meta.dirname, '../../../test/cases/07-short-rows-trailing-empties-dropped.csv')),
      {
        said: { short: 'refuse' },
      },
    );
    expect([read.rows.length, read.refused.length, read.layout.filled]).toEqual([5, 15, 0]);
  });

  test('the header is on the line that was said, and what is above is put aside', async () => {
    const read = await readTable('a,b\nc,d\n1,2\n3,4\n', { said: { header: 2 } });
    expect(shown(read)).toEqual(['c|d', '1|2', '3|4']);
    expect(read.layout).toMatchObject({ aside: [1], header: { value: 2, by: 'person' } });
    expect(shown(await readTable('a,b\n1,2\n', { said: { header: 0 } }))).toEqual(['column_1|column_2', 'a|b', '1|2']);
    // Also where the first line looks like names above values: it is a row, and not left out.
    const named = `id,day\n${Array.from({ length: 40 }, (_, at) => `${at},0${(at % 9) + 1}/05/2026`).join('\n')}\n`;
    const read0 = await readTable(named, { said: { header: 0 } });
    expect([read0.rows.length, read0.layout.aside]).toEqual([41, []]);
    await expect(readTable('a,b\n\n1,2\n', { said: { header: 9 } })).rejects.toThrow(/Line 9 can’t be the header/);
  });

  test('any delimiter, of several characters too', async () => {
    const read = await readTable('id||name\n1||"a||b"\n2||c|d\n', { said: { delimiter: '||' } });
    expect(shown(read)).toEqual(['id|name', '1|a||b', '2|c|d']);
    await expect(readTable(file, { said: { delimiter: '"' } })).rejects.toThrow(/can’t be the delimiter/);
  });

  test('quotes are text, or quotes', async () => {
    const swallowing = readFileSync(join(import.meta.dirname, '../../../test/cases/10-tsv-literal-quotes-swallow.tsv'));
    expect((await readTable(swallowing, { said: { quote: 'none' } })).rows).toHaveLength(4);
    const all = 'who;said\nAda;"Hello\nBob;you"\nCy;fine\n';
    expect((await readTable(all, { said: { quote: 'double' } })).rows).toEqual([
      ['Ada', 'Hello\nBob;you'],
      ['Cy', 'fine'],
    ]);
  });
});

describe('a long file', () => {
  const rows = Array.from({ length: 20_000 }, (_, at) => `${at},name ${at},${at % 7}\n`);

  test('only its last lines are notes, and its rows are not held', async () => {
    const read = await readTable(`id,name,n\n${rows.join('')}\nTotal,,60000\nNote: all of them are here\n`, { chunk: 65_536 });
    expect(read.rows).toHaveLength(rows.length);
    expect(read.layout).toMatchObject({ aside: [20_003, 20_004] });
    expect([read.refused, read.asked]).toEqual([[], []]);
  });

  test('a stray quote far below costs no row, and is told', async () => {
    const hidden = rows.with(15_000, '15000,"name,1\n').with(15_002, '15002,name",2\n');
    const read = await readTable(`id,name,n\n${hidden.join('')}`, { chunk: 65_536 });
    expect(read.rows).toHaveLength(rows.length);
    expect(read.rows[15_000]).toEqual(['15000', '"name', '1']);
    expect(read.layout.quote?.against).toEqual([15_002]);
  });
});

describe('written back', () => {
  const files = Object.entries(KINDS).flatMap(([kind, kinds]) =>
    kinds.map(([name, file]) => [`${kind}: ${name}`, file] as const),
  );

  test.each(files)('%s: header and rows are the file’s own bytes, and all that is left is told', async (_, file) => {
    const bytes = typeof file === 'string' ? Buffer.from(file) : file;
    const { raws, dialect, layout } = await readTable(bytes);
    const header = Buffer.from(String(dialect.header), 'base64');
    const write = csvWriter({ header, charset: String(dialect.charset) });
    if ((layout.aside ?? []).length === 0 && layout.header?.value === 1) {
      const whole = Buffer.concat([header, ...raws.map(write)]).toString('latin1');
      expect(bytes.toString('latin1').startsWith(whole.slice(0, header.length))).toBe(true);
    }
    // In their order, each at its place.
    let at = 0;
    for (const raw of raws) {
      const found = bytes.indexOf(raw, at);
      expect(found).toBeGreaterThanOrEqual(at);
      at = found + raw.length;
    }
  });
});
