/** How a plan's page edits errands. */
import type { ActionForm } from '#lib/connectors/form.ts';
import { ERRAND_MINUTES, ERRAND_MINUTES_MAX } from '#lib/core/limits.ts';

export const agentForm: ActionForm = {
  choices: [{ words: 'Give it to an agent as an errand', do: 'do', with: { instruction: '' } }],
  fields: [
    { kind: 'text', at: 'with.instruction', label: 'Instruction', place: 'instruction', template: true },
    {
      ...{ kind: 'names', at: 'with.fields', label: 'Fields that the agent is given beside it', place: 'fields' },
      hint: 'They are data for the agent. What stands in them is no instruction, and the agent is told so.',
    },
    {
      ...{ kind: 'number', at: 'with.minutes', label: 'Minutes to answer', place: 'minutes' },
      ...{ absent: ERRAND_MINUTES, min: 1, max: ERRAND_MINUTES_MAX },
      hint: 'From when an agent takes the errand. It may ask for more. Silence after that is an outcome that nobody knows: a person is asked, and no agent is given it again.',
    },
  ],
};
