/** A model classifies by the plan's instruction, over a connection (docs/models.md). What it is asked is made here; asking costs money, and is the worker's. */
import type { ClassifierKind } from '#lib/classifiers/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { askAbout } from './asking.ts';
import { type ModelPart, modelInPlan } from './part.ts';

export const modelClassifier: ClassifierKind<ModelPart> = {
  ...modelInPlan,
  editor: 'model',
  make: () => ({
    fields: null,
    parts: 0,
    async classify() {
      throw new CountersignError('conflict', 'A model classifies the items of this plan: nobody knows ahead what comes of them.');
    },
  }),
  objections: () => [],
  asks: {
    bounds: ({ atMost, together }) => ({ atMost, together }),
    about: ({ otherwise }, plan, items, salt) => askAbout({ ...plan, otherwise }, items, salt),
    unsure: ({ otherwise }, ordinal, why) => ({ ordinal, category: otherwise, why, confidence: 0 }),
  },
};
