import { describe, expect, it } from 'vitest';
import {
  filterOf,
  filterWords,
  isFiltered,
  isRead,
  itemsOf,
  type ListAsked,
  listAsked,
  listQuery,
  sortedNext,
} from './list-asked.ts';
import { afterPicked, allPicked, extended, NOTHING_PICKED, toggled } from './picked.ts';

const asked = (query: string) => listAsked(new URLSearchParams(query));
const ALL: ListAsked = {
  ...{
    category: 'no & ise',
    all: true,
    search: 'a+b',
    is: [
      { field: 'Ticket Status', value: `O'Brien "100 %"` },
      { field: '__proto__', value: '' },
    ],
  },
  ...{
    why: 'List-ID is set',
    from: 0.5,
    below: 0.9,
    by: 'person',
    mark: 'none',
    sample: 'unsure',
    sort: 'field.Amount',
    descending: true,
    item: 7,
  },
};

describe('the address of a list', () => {
  it('says all of it, and reads it again', () => {
    expect(asked(listQuery(ALL))).toEqual(ALL);
    expect(listQuery(asked(''))).toBe('');
    expect(isRead(asked(''))).toBe(false);
    expect(isFiltered(asked('show=all&sort=confidence'))).toBe(false);
    expect(isRead(asked('sort=confidence'))).toBe(true);
    expect(isRead(asked('why='))).toBe(true);
  });

  it('leaves alone what is none of ours', () => {
    expect(asked('by=me&mark=odd&sample=all&from=2&below=x&item=-1&order=desc&is.=x&other=1')).toEqual(asked(''));
    expect(asked('item=99999999999').item).toBeNull();
  });

  it('asks the API for what it says and nothing else', () => {
    expect(filterOf(asked('category=keep&show=all&item=3'), 'noise')).toEqual({ category: 'noise' });
    expect(itemsOf(ALL, 'noise')).toEqual({
      ...{ category: 'noise', search: 'a+b', is: ALL.is, why: 'List-ID is set', confidenceFrom: 0.5, confidenceBelow: 0.9 },
      ...{ by: 'person', mark: 'none', sample: 'unsure', sort: 'field.Amount', order: 'desc' },
    });
  });

  it('names each thing that narrows it, with what is left without it', () => {
    const words = filterWords(ALL, (field) => `<${field}>`);
    expect(words.map(({ words }) => words)).toEqual([
      ...['List-ID is set', `<Ticket Status> is O'Brien "100 %"`, '<__proto__> is empty', 'confidence 0.5 to below 0.9'],
      ...['filed by a person', 'not looked at', 'unsure samples'],
    ]);
    const left = Object.assign({}, ALL, ...words.map(({ without }) => without), { is: [] });
    expect(isFiltered({ ...left, search: '' })).toBe(false);
  });

  it('sorts up, down, and no more', () => {
    let now = asked('');
    const press = () => {
      now = { ...now, ...sortedNext(now, 'why') };
      return [now.sort, now.descending];
    };
    expect([press(), press(), press()]).toEqual([
      ['why', false],
      ['why', true],
      [null, false],
    ]);
  });
});

describe('what is selected', () => {
  const list = [4, 8, 15, 16, 23, 42];
  const ordinals = ({ ordinals: own }: { ordinals: ReadonlySet<number> }) => [...own].sort((a, b) => a - b);

  it('is toggled one by one', () => {
    const both = toggled(toggled(NOTHING_PICKED, 8), 23);
    expect(ordinals(both)).toEqual([8, 23]);
    expect(ordinals(toggled(both, 8))).toEqual([23]);
  });

  it('is extended from where it began, gets shorter again, and keeps what was selected before', () => {
    const one = toggled(NOTHING_PICKED, 42);
    const begun = { ...one, anchor: null };
    const down = extended(begun, list, 8, 15);
    const more = extended(down, list, 15, 16);
    expect(ordinals(more)).toEqual([8, 15, 16, 42]);
    expect(ordinals(extended(more, list, 16, 15))).toEqual([8, 15, 42]);
    expect(ordinals(extended(more, list, 16, 4))).toEqual([4, 8, 42]);
    expect(extended(more, list, 16, 99)).toEqual(more);
  });

  it('is left behind once it is moved', () => {
    expect(afterPicked(allPicked([8, 15]), list, 8)).toBe(16);
    expect(afterPicked(allPicked([23, 42]), list, 42)).toBe(16);
    expect(afterPicked(allPicked(list), list, 15)).toBe(15);
    expect(afterPicked(allPicked([8]), list, 4)).toBe(4);
  });
});
