/** The places of a plan in the words that stand beside its fields. */
import type { Plan } from '#lib/core/plans/plan.ts';

/** What the place at a path ("execution.first") is called; a place without a field of its own is in the JSON. */
export function placeWords(path: string, { categories }: Pick<Plan, 'categories'>): string {
  const [part, index, ...rest] = path.split('.');
  if (part === 'classifier' && index === 'rules' && rest[0] !== undefined) return `Rule ${Number(rest[0]) + 1}`;
  if (part === 'categories' && index !== undefined) {
    const last = rest.find((word) => word in ACTION_WORDS);
    const name = categories[Number(index)]?.name;
    return rest[0] === 'action' && name
      ? `${name}: ${last ? ACTION_WORDS[last] : 'action'}`
      : `Category ${Number(index) + 1}: name`;
  }
  const known = Object.keys(WORDS).find((place) => path === place || path.startsWith(`${place}.`));
  return known ? (WORDS[known] ?? '') : 'The plan as JSON';
}

const ACTION_WORDS: Record<string, string> = {
  url: 'address',
  body: 'body',
  undo: 'what undoes it',
  headers: 'headers',
  title: 'title',
  shelf: 'shelf',
  connection: 'connection',
};

const WORDS: Record<string, string> = {
  name: 'What should happen?',
  'classifier.otherwise': 'Everything else',
  'chunking.field': 'Field of the chunks',
  'chunking.timeZone': 'Time zone',
  'chunking.minItems': 'Merge below',
  'chunking.maxItems': 'Split above',
  chunking: 'Chunks by',
  'independence.resource': 'The thing that an action changes',
  'independence.dependsOn': 'What an item waits for',
  'execution.first': 'Run first, then ask',
  'execution.concurrency': 'Requests at a time',
  'execution.ratePerSecond': 'At most per second',
  'execution.retry': 'Attempts',
  'execution.haltAfter.consecutive': 'Halt after failures in a row',
  'execution.haltAfter.share': 'Halt at failed, in %',
  receiptLine: 'A receipt’s line',
};
