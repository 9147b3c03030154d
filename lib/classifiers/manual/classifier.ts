/** A person files each item, at the checkpoint: until then it is in the category for the rest, with confidence 0. */
import type { ClassifierKind } from '#lib/classifiers/port.ts';
import { type ManualPart, manualInPlan } from './part.ts';

export const manualClassifier: ClassifierKind<ManualPart> = {
  ...manualInPlan,
  editor: 'manual',
  make: ({ otherwise: category }) => ({
    fields: [],
    parts: 0,
    classify: async (items) =>
      items.map(({ ordinal }) => ({ ordinal, category, why: 'Nobody has filed it yet.', confidence: 0 })),
  }),
  objections: () => [],
};
