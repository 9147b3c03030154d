import { expect, test } from 'vitest';
import { placeWords } from './place-words.ts';

const plan = { categories: [{ name: 'noise', action: null }] };

test.each([
  ['', 'The plan as JSON'],
  ['receiptFields.0', 'The plan as JSON'],
  ['name', 'What should happen?'],
  ['classifier.rules.2.when', 'Rule 3'],
  ['classifier.otherwise', 'Everything else'],
  ['categories.0.name', 'Category 1: name'],
  ['categories.0.action.with.body', 'noise: body'],
  ['categories.0.action.with.undo.url', 'noise: what undoes it'],
  ['categories.0.action.do', 'noise: action'],
  ['categories.7.action.do', 'Category 8: name'],
  ['chunking.minItems', 'Merge below'],
  ['chunking.by', 'Chunks by'],
  ['execution.haltAfter.share', 'Halt at failed, in %'],
])('The place %s is “%s”', (path, words) => {
  expect(placeWords(path, plan)).toBe(words);
});
