/** How a plan's page edits errands. */
import type { ActionForm } from '#lib/connectors/form.ts';

export const agentForm: ActionForm = {
  choices: [{ words: 'Give it to an agent as an errand', do: 'do', with: { instruction: '' } }],
  fields: [{ kind: 'text', at: 'with.instruction', label: 'Instruction', place: 'instruction', template: true }],
  inline: true,
};
