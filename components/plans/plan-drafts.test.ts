import { expect, it } from 'vitest';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { dropDraft, dropDraftsOfOthers, keepDraft, readDraft } from './plan-drafts.ts';

const plan = parsePlan({
  classifier: { kind: 'rules', rules: [], otherwise: 'keep' },
  categories: [{ name: 'keep' }],
  chunking: { by: 'size' },
});
const draft = { name: 'Typed', plan, made: null, sent: { key: 'k', name: 'Typed', plan } };

function storage(room = Number.POSITIVE_INFINITY) {
  const all = new Map<string, string>();
  return {
    all,
    get length() {
      return all.size;
    },
    key: (index: number) => [...all.keys()][index] ?? null,
    getItem: (key: string) => all.get(key) ?? null,
    removeItem: (key: string) => void all.delete(key),
    setItem: (key: string, value: string) => {
      if (value.length > room) throw new DOMException('full', 'QuotaExceededError');
      all.set(key, value);
    },
  };
}

it('gives a person back what they typed for the same thing, and nobody else', () => {
  const kept = storage();
  keepDraft(kept, 'user:ada', 'dataset:1', draft);
  expect(readDraft(kept, 'user:ada', 'dataset:1')).toEqual(draft);
  expect(readDraft(kept, 'user:ada', 'dataset:2')).toBeNull();
  expect(readDraft(kept, 'user:bo', 'dataset:1')).toBeNull();
  kept.all.set('another thing', 'stays');
  dropDraftsOfOthers(kept, 'user:ada');
  expect(kept.all.size).toBe(2);
  // The id of one may begin like the other's.
  dropDraftsOfOthers(kept, 'user:ad');
  expect([...kept.all.keys()]).toEqual(['another thing']);
  keepDraft(kept, 'user:bo', 'dataset:1', draft);
  dropDraft(kept, 'user:bo', 'dataset:1');
  expect(readDraft(kept, 'user:bo', 'dataset:1')).toBeNull();
});

it('goes without where there is no room, and shows no older draft as the newest', () => {
  const kept = storage(10_000);
  keepDraft(kept, 'user:ada', 'p', draft);
  keepDraft(kept, 'user:ada', 'p', { ...draft, name: 'x'.repeat(20_000) });
  expect(readDraft(kept, 'user:ada', 'p')).toBeNull();
  kept.all.set('countersign:plan:user:ada p', '{"version":0,"name":"old"}');
  expect(readDraft(kept, 'user:ada', 'p')).toBeNull();
  kept.all.set('countersign:plan:user:ada p', 'no JSON');
  expect(readDraft(kept, 'user:ada', 'p')).toBeNull();
});
