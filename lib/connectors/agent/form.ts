/** How a plan's page edits errands. */
import type { ActionForm } from '#lib/connectors/form.ts';

export const agentForm: ActionForm = {
  choices: [{ words: 'Give it to an agent', do: 'do', with: { instruction: '' } }],
  fields: [
    {
      ...{ kind: 'text', at: 'with.instruction', label: 'What the agent is to do', place: 'instruction', template: true },
      hint: 'An agent with a key for work takes each item as an errand and says what became of it. Silence is asked about, and never repeated.',
    },
  ],
  inline: true,
};
