import { expect, test } from 'vitest';
import type { Plan } from '#lib/core/plans/plan.ts';
import { readPlanForms } from '#lib/steps/plans/plan-forms.ts';
import { withClassifier } from './classifier-editor.tsx';

const forms = readPlanForms();
const rules = [
  { where: [[{ field: 'Status', is: 'is', value: 'closed' }]], category: 'archive', why: 'It is over.' },
  { where: [[{ field: 'VIP', is: 'is', value: 'yes' }]], category: 'call', why: 'They wait.' },
];
const categories = ['archive', 'call', 'keep'].map((name) => ({ name, action: null }));
const plan = { version: 2, classifier: { kind: 'rules', rules, otherwise: 'keep' }, categories } as unknown as Plan;

test('Whoever looks at another kind of classifier and comes back finds what they had, without the categories that are gone', () => {
  const manual = withClassifier(forms, plan, 'manual');
  expect(manual.classifier).toEqual({ kind: 'manual', otherwise: 'keep' });
  expect(withClassifier(forms, manual, 'rules', plan.classifier)).toEqual(plan);
  const fewer = { ...manual, categories: categories.filter(({ name }) => name !== 'call') };
  expect(withClassifier(forms, fewer, 'rules', plan.classifier).classifier).toMatchObject({
    rules: [{ category: 'archive' }, { category: 'keep' }],
    otherwise: 'keep',
  });
});
