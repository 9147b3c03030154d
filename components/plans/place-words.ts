/** The places of a plan in the words that stand beside its fields. */
import type { Plan } from '#lib/core/plans/plan.ts';
import type { PlanForms } from '#lib/steps/plans/plan-forms.ts';
import { formOf } from './action-form.ts';
import { classifierEditor } from './classifier-editor.tsx';

/** What the place at a path ("execution.first") is called; a place without a field of its own is in the JSON. */
export function placeWords(
  path: string,
  { classifier, categories }: Pick<Plan, 'classifier' | 'categories'>,
  forms: PlanForms,
): string {
  const [part, index, ...rest] = path.split('.');
  if (part === 'classifier' && index !== undefined) {
    const words = classifierEditor(forms, classifier)?.placeWords([index, ...rest]) ?? null;
    if (words !== null) return words;
  }
  if (part === 'categories' && index !== undefined) {
    const { name, action } = categories[Number(index)] ?? {};
    if (rest[0] !== 'action' || !name) return `Category ${Number(index) + 1}: name`;
    const place = rest.slice(1).join('.');
    const field = action ? formOf(forms, action)?.fields.find(({ at }) => place === at || place.startsWith(`${at}.`)) : null;
    return `${name}: ${field?.place ?? 'action'}`;
  }
  const known = Object.keys(WORDS).find((place) => path === place || path.startsWith(`${place}.`));
  return known ? (WORDS[known] ?? '') : 'The plan as JSON';
}

const WORDS: Record<string, string> = {
  name: 'Name of the batch',
  instruction: 'What should happen?',
  timeZone: 'Time zone for dates',
  'chunking.field': 'Field of the chunks',
  'chunking.timeZone': 'Time zone',
  'chunking.minItems': 'Merge below',
  'chunking.maxItems': 'Split above',
  chunking: 'Chunks by',
  'independence.resource': 'Field that identifies what an action changes',
  'independence.dependsOn': 'Field that names the item to wait for',
  'deadline.escalateTo': 'Who is told then',
  deadline: 'A question may wait so many hours',
  'execution.first': 'Run first, then ask',
  'execution.concurrency': 'Requests at a time',
  'execution.ratePerSecond': 'At most per second',
  'execution.retry': 'Attempts',
  'execution.haltAfter.consecutive': 'Halt after failures in a row',
  'execution.haltAfter.share': 'Halt at this share of failures, in %',
  receiptLine: 'Receipt line',
};
