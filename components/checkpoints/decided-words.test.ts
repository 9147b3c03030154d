import { expect, it } from 'vitest';
import type { DecisionTold } from '#lib/shapes/checkpoints.ts';
import { decidedWords } from './decided-words.ts';

const NO = { next: false, execute: false, sendBack: false, close: false, release: false };
const told = (more: Partial<DecisionTold>): DecisionTold => ({
  ...{ seq: 1, by: 'Ada', at: '2026-11-23T14:02:00.000Z', via: 'page', answers: { ...NO, execute: true } },
  ...{ counts: { archive: 1902, keep: 408 }, seenCount: 19, reviews: null, override: null, signing: null },
  ...more,
});
const words = (more: Partial<DecisionTold>) => decidedWords(told(more), ['archive'], 'mails');

it('says who approved how many, after looking at what: lines on the screen are no looks', () => {
  expect(words({})).toEqual({ did: 'Ada approved 1,902 mails', after: 'with 19 on the screen' });
  const reviews = { archive: { population: 1902, looks: 191, wrong: 0, atMost: 38 } };
  expect(words({ reviews }).after).toBe('after looking at 191 (0 wrong), with 19 on the screen');
  expect(words({ via: 'api', override: 'It is late' }).after).toBe(
    'with 19 seen, as the caller says, and said why not more: “It is late”',
  );
});

it('says on what ground nobody looked', () => {
  const reviews = { archive: { population: 6046, looks: 193, wrong: 1, atMost: 155 } };
  expect(words({ seenCount: 0, reviews }).after).toBe(
    'under the batch’s bound, after looking at 193 over all of it (1 wrong); nobody saw one of this chunk',
  );
  expect(words({ seenCount: 0, reviews: {} }).after).toBe('on the receipts of what was done');
  expect(words({ seenCount: 0, reviews, override: 'It is late' }).after).toContain('and said why not more: “It is late”');
  expect(words({ seenCount: 0 }).after).toBe('with 0 on the screen');
});

it('says the other decisions too', () => {
  const did = (answers: Partial<DecisionTold['answers']>, signing: DecisionTold['signing'] = null) =>
    words({ answers: { ...NO, ...answers }, signing }).did;
  expect(did({ release: true })).toBe('Ada let the rest run');
  expect(did({ close: true })).toBe('Ada closed it without executing');
  expect(did({ sendBack: true })).toBe('Ada sent it back');
  expect(did({ sendBack: true }, 'refused')).toBe('Ada did not sign');
  expect(did({ execute: true }, 'first')).toBe('Ada signed first for 1,902 mails');
  expect(did({ execute: true }, 'second')).toBe('Ada signed second and approved 1,902 mails');
  expect(did({ next: true })).toBe('Ada let the next chunk go on');
});
