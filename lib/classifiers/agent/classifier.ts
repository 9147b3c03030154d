/** Agents classify by the plan's instruction: each claims a chunk, reads its items and reports (docs/agents.md). Nothing of it is worked out here. */
import type { ClassifierKind } from '#lib/classifiers/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { type AgentPart, agentInPlan } from './part.ts';

export const agentClassifier: ClassifierKind<AgentPart> = {
  ...agentInPlan,
  editor: 'agent',
  agents: true,
  make: () => ({
    fields: null,
    parts: 0,
    async classify() {
      throw new CountersignError('conflict', 'Agents classify the items of this plan: nobody knows ahead what comes of them.');
    },
  }),
  objections: () => [],
};
