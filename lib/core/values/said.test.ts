import { expect, test } from 'vitest';
import { certain, isDoubtful } from './guess.ts';
import type { ReadingBody } from './reading-body.ts';
import { answered, layoutAlike, type Said, saidIn, saidToo } from './said.ts';

const NOTHING = { label: '', unreadable: 0, examples: [] };
const reading: ReadingBody = {
  format: certain('csv'),
  layout: { delimiter: certain(';'), header: certain(3), charset: certain('UTF-8'), short: 'refuse', long: 'refuse' },
  fields: [
    { ...NOTHING, name: 'id', type: certain('number'), date: null, number: { decimal: certain('.'), group: certain('') } },
    { ...NOTHING, name: 'when', type: certain('text'), date: null, number: null },
  ],
};

test('what a person says goes before the guess, which stays among the others', () => {
  const said: Said = { layout: { delimiter: ',' }, fields: [{ name: 'id', type: 'identifier' }] };
  const body = answered(reading, said);
  expect(body.layout.delimiter).toMatchObject({ value: ',', by: 'person', sure: 1, others: [{ value: ';' }] });
  expect(body.fields[0]?.type).toMatchObject({ value: 'identifier', by: 'person', others: [{ value: 'number' }] });
  expect(body.fields[1]).toEqual(reading.fields[1]);
});

test('what was said is found in the reading, and said again gives the same', () => {
  const said: Said = {
    layout: { delimiter: ',', short: 'fill', long: 'refuse' },
    fields: [
      { name: 'when', type: 'date', date: { order: 'dmy' } },
      { name: 'id', number: { group: ' ' } },
    ],
  };
  const body = answered(reading, said);
  const found = saidIn(body);
  expect(found.layout).toEqual({ delimiter: ',', short: 'fill', long: 'refuse' });
  expect(found.fields).toEqual([
    { name: 'id', number: { group: ' ' } },
    { name: 'when', type: 'date', date: { order: 'dmy' } },
  ]);
  expect(answered(reading, found)).toEqual(body);
});

test('the later word counts, and the earlier stays where nothing later was said', () => {
  const before: Said = {
    format: 'csv',
    layout: { delimiter: ',', header: 1 },
    fields: [{ name: 'a', date: { order: 'dmy', century: 1950 } }],
  };
  expect(
    saidToo(before, {
      layout: { header: 0 },
      fields: [
        { name: 'a', date: { order: 'mdy' } },
        { name: 'b', type: 'text' },
      ],
    }),
  ).toEqual({
    format: 'csv',
    layout: { delimiter: ',', header: 0 },
    fields: [
      { name: 'a', date: { order: 'mdy', century: 1950 } },
      { name: 'b', type: 'text' },
    ],
  });
});

test('a type of which the values tell nothing asks how it is written', () => {
  const [, when] = answered(reading, { layout: {}, fields: [{ name: 'when', type: 'date' }] }).fields;
  expect(when?.date && isDoubtful(when.date.order)).toBe(true);
  expect(when?.date && [isDoubtful(when.date.century), isDoubtful(when.date.zone)]).toEqual([false, false]);
});

test('a field or a part of a layout that is not there any more is left out', () => {
  const said: Said = { layout: { flavour: 'mboxo' }, fields: [{ name: 'gone', type: 'text' }] };
  expect(answered(reading, said)).toEqual(reading);
});

test('another file is read alike, its names in the first line', () => {
  expect(layoutAlike(reading.layout)).toEqual({ delimiter: ';', header: 1, charset: 'UTF-8', short: 'refuse', long: 'refuse' });
  expect(layoutAlike({ ...reading.layout, header: certain(0) }).header).toBe(0);
});
