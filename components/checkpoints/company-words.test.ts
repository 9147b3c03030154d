import { expect, it } from 'vitest';
import { hereWords, movedWords } from './company-words.ts';

const at = '2026-11-23T14:02:00.000Z';
const here = (...names: string[]) => names.map((name) => ({ id: name, name, since: at }));
const move = (ordinal: number, by: string, to: string) => ({ ordinal, by, to, from: 'noise', at });

it('says who is here too', () => {
  expect(hereWords([])).toBeNull();
  expect(hereWords(here('Bo'))).toBe('Bo is here too');
  expect(hereWords(here('Bo', 'Cy', 'Di'))).toBe('Bo, Cy and Di are here too');
  expect(hereWords(here('Bo', 'Cy', 'Di', 'Eli'))).toBe('Bo, Cy and 2 others are here too');
});

it('says who moved how many where; one that was moved twice counts where it is', () => {
  expect(movedWords([], 'mails')).toBeNull();
  expect(movedWords([move(1, 'Bo', 'keep'), move(2, 'Bo', 'keep')], 'mails')).toBe('Bo moved 2 mails to keep.');
  expect(
    movedWords([move(1, 'Bo', 'later'), move(2, 'Bo', 'keep'), move(3, 'Bo', 'keep'), move(1, 'Cy', 'noise')], 'mails'),
  ).toBe('Cy moved 1 mail to noise. Bo moved 2 mails to keep.');
});
