import { expect, test } from 'vitest';
import { readPlanForms } from '#lib/steps/plans/plan-forms.ts';
import { placeWords } from './place-words.ts';

const forms = readPlanForms();
const action = { connector: 'http', connection: null, do: 'POST', honoursKeys: false, with: {} };
const plan = { classifier: { kind: 'rules' }, categories: [{ name: 'noise', action }] };

test.each([
  ['', 'The plan as JSON'],
  ['receiptFields.0', 'The plan as JSON'],
  ['name', 'Name of the batch'],
  ['instruction', 'What should happen?'],
  ['timeZone', 'Time zone for dates'],
  ['classifier.rules.0.where.1.0.value', 'Rule 1'],
  ['classifier.rules.2.when', 'Rule 3'],
  ['classifier.otherwise', 'Everything else'],
  ['categories.0.name', 'Category 1: name'],
  ['categories.0.action.with.body', 'noise: body'],
  ['categories.0.action.with.undo.url', 'noise: what undoes it'],
  ['categories.0.action.do', 'noise: action'],
  ['categories.0.action.with.timeoutMs', 'noise: action'],
  ['classifier.kind', 'The plan as JSON'],
  ['categories.7.action.do', 'Category 8: name'],
  ['chunking.minItems', 'Merge below'],
  ['chunking.by', 'Chunks by'],
  ['deadline.hours', 'A question may wait so many hours'],
  ['deadline.escalateTo', 'Who is told then'],
  ['execution.haltAfter.share', 'Halt at this share of failures, in %'],
])('The place %s is “%s”', (path, words) => {
  expect(placeWords(path, plan, forms)).toBe(words);
});
