/** Where what was found leads, and what is said of how far it was looked. */
import { describe, expect, it } from 'vitest';
import type { Found } from '#lib/shapes/find.ts';
import { addressOf, batchOf, placesOf } from './places.ts';
import { lookedWords, summaryOf } from './told.ts';

const ID = '6f1c1a52-7d8e-4c22-9a3e-0d5a1f0e7b11';
const nothing: Found = {
  ...{ title: 'x', field: null, value: null, state: null, exact: false, batch: null, dataset: null },
  ...{ id: null, chunk: null, seq: null, ordinal: null },
};
const batch = { id: ID, name: 'Mail' };

describe('what was found leads', () => {
  it.each([
    ['batches', { id: ID }, `/batches/${ID}`],
    ['datasets', { id: ID }, `/datasets/${ID}`],
    ['people', { id: ID }, '/admin/people'],
    ['chunks', { batch, chunk: 7 }, `/batches/${ID}/chunks/7`],
    ['receipts', { batch, chunk: 7, seq: 42, ordinal: 3 }, `/batches/${ID}/receipts/7-42`],
    ['items', { batch, ordinal: 3 }, `/batches/${ID}/items/3`],
    ['items', { dataset: batch, ordinal: 3, value: '…a & b' }, `/datasets/${ID}?q=a+%26+b`],
  ] as const)('%s to its place', (kind, of, address) => expect(addressOf(kind, { ...nothing, ...of }, true)).toBe(address));

  it('whoever may not see items to the receipts of a chunk', () =>
    expect(addressOf('chunks', { ...nothing, batch, chunk: 7 }, false)).toBe(`/batches/${ID}?tab=receipts&chunk=7`));
});

describe('the places of a page', () => {
  it('are those of its batch or its dataset, and nothing that is not seen', () => {
    expect(batchOf(`/batches/${ID}/chunks/3`)).toBe(ID);
    expect([batchOf('/batches'), batchOf('/batches/new'), batchOf(`/datasets/${ID}`)]).toEqual([null, null, null]);
    expect(placesOf(`/batches/${ID}`, false).map(({ label }) => label)).toContain('Download the trail');
    expect(placesOf(`/datasets/${ID}`, true).map(({ label }) => label)).toContain('Fields');
    expect(placesOf(`/datasets/${ID}`, false)).toEqual([]);
    expect(placesOf('/', true)).toEqual([]);
  });
});

describe('how far it was looked', () => {
  const items = { items: [], what: 'items', looked: 412_000, of: 1_000_000, further: () => {}, looking: false, failed: null };
  it('is said with how much there is, where that is known', () => {
    expect(lookedWords(items)).toBe('looked at 412,000 of 1,000,000 items');
    expect(lookedWords({ ...items, of: null })).toBe('looked at 412,000 items');
    expect(lookedWords({ ...items, further: null, looked: 6_046 })).toBe('all 6,046 items');
    expect(lookedWords({ ...items, further: null, looked: 1, what: 'people' })).toBe('1 person');
    expect(lookedWords({ ...items, further: null, looking: true, looked: 0 })).toBe('looking…');
  });
  it('never as all of it while there is more', () => {
    expect(summaryOf([items])).toBe('Nothing found. Searched: looked at 412,000 of 1,000,000 items.');
    expect(summaryOf([{ ...items, looking: true, further: null }])).toMatch(/^Looking…/);
    expect(summaryOf([{ ...items, failed: { message: 'no', again: () => {} } }])).toBe('Nothing found.');
  });
});
