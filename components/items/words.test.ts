import { expect, test } from 'vitest';
import type { StoryLine } from '#lib/shapes/stories.ts';
import { lineLook, lineWords, originLine } from './words.ts';

const told = { at: null, by: 'Ada', receipt: null };
const receipt = { chunk: 1, seq: 2, altered: false };
const row = (body: object, more: object = {}) => ({
  kind: 'decision',
  result: null,
  signing: null,
  fields: {},
  body: { by: 'user:1', ...body },
  ...more,
});

test.each<[object, string]>([
  [
    { kind: 'read', dataset: { id: '', name: 'May' }, file: 'a.csv', line: 1_004, reading: null, deleted: null },
    'Ada uploaded “May”. This is its item 7, at line 1,004 of “a.csv”.',
  ],
  [
    { kind: 'read', dataset: { id: '', name: 'May' }, file: 'May', line: null, reading: null, deleted: { at: '', by: 'Bo' } },
    'Ada uploaded “May”. This is its item 7. Bo deleted the dataset later; what stands here is kept by the batch.',
  ],
  [
    { kind: 'classified', category: 'noise', classifier: 'rules', rule: 'Rule 3', revision: 1, why: 'a list', confidence: 0.9 },
    'It was classified as “noise” by rule 3 of revision 1 of the plan: a list. Confidence 0.90.',
  ],
  [
    { kind: 'classified', category: 'noise', classifier: 'rules', rule: null, revision: 1, why: null, confidence: null },
    'It was classified as “noise” by the rules of revision 1 of the plan. Why is not kept: a correction overwrote it.',
  ],
  [{ kind: 'marked', verdict: 'wrong', category: 'noise' }, 'Ada looked at it as “noise” and said: wrong.'],
  [{ kind: 'marked', verdict: 'withdrawn', category: 'noise' }, 'Ada took back the mark on it as “noise”.'],
  [
    { kind: 'corrected', from: 'unsorted', to: 'task', unsure: true, note: null, count: 1 },
    'Ada filed it as “task”, which had been left unsure in “unsorted”.',
  ],
  [
    { kind: 'corrected', from: 'noise', to: 'task', note: 'He called.', count: 13 },
    'Ada moved it from “noise” to “task”, with 12 other items. “He called.”',
  ],
  [{ kind: 'corrected', from: 'noise', to: 'task', note: null, count: 1 }, 'Ada moved it from “noise” to “task”.'],
  [
    { kind: 'decided', row: row({ answers: { execute: true }, seenCount: 40 }), category: 'noise', seen: false },
    'Ada approved what was on the screen after seeing 40 samples. This item was approved as “noise”. It was not on the screen.',
  ],
  [{ kind: 'decided', row: row({ answers: { sendBack: true } }), category: null, seen: null }, 'Ada sent the chunk back.'],
  [
    { kind: 'acted', row: row({ target: '18' }, { kind: 'outcome', result: 'succeeded' }), answer: null },
    'It was done; the target calls it 18.',
  ],
  [{ kind: 'undone', link: { batchName: 'Undo of May' } }, '“Undo of May” undid this.'],
  [
    { kind: 'classified', by: 'Bo', category: 'keep', classifier: 'person', why: 'A person moved it here from noise.' },
    'Bo had moved it to “keep” there: A person moved it here from noise.',
  ],
  [
    {
      kind: 'classified',
      by: 'Desk (key of Bo)',
      category: 'keep',
      classifier: 'agent',
      rule: null,
      revision: 2,
      why: 'asks',
      confidence: 1,
      claim: 3,
    },
    'It was classified as “keep” by Desk (key of Bo) under claim 3, by revision 2 of the plan: asks. Confidence 1.00.',
  ],
  [
    { kind: 'classified', by: 'Bo', category: 'keep', classifier: 'taught', why: 'Filed while teaching.' },
    'Bo filed it as “keep” while teaching.',
  ],
  [{ kind: 'again', there: 'before', link: { batchName: 'May' } }, '“May” left it unsent, and this batch reviews it again.'],
  [{ kind: 'again', there: 'after', link: { batchName: 'Rest of May' } }, '“Rest of May” reviews it again.'],
])('%j reads as a sentence', (line, sentence) => {
  expect(lineWords({ ...told, ...line } as StoryLine, 7)).toBe(sentence);
});

test('a receipt that was altered says nothing but that', () => {
  const line = {
    ...told,
    kind: 'decided',
    row: row({ unreadable: '' }),
    receipt: { ...receipt, altered: true },
  } as unknown as StoryLine;
  expect(lineWords(line, 7)).toMatch(/^This receipt was altered/);
  expect(lineLook(line)).toMatchObject({ tone: 'red', word: 'Altered' });
});

test('what was learned stands below what was classified by it', () => {
  const line = { ...told, kind: 'classified', origin: null, learned: null } as Parameters<typeof originLine>[0];
  expect(originLine(line)).toBeNull();
  expect(originLine({ ...line, learned: 'ab'.repeat(32) })).toBe('What was learned: abababababab….');
});
