/** How a page edits a connection to a model. */
import type { ConnectionForm } from '#lib/connectors/form.ts';

export const modelConnection: ConnectionForm = {
  words: 'A language model',
  place: 'address',
  address: 'https://api.openai.com/v1/',
  addressHint: 'Where its API is: what comes before “chat/completions” or “messages”.',
  auth: ['bearer', 'none', 'header'],
  promises: false,
  mailbox: false,
  model: true,
  test: 'Asks the model for one word, with the key. That costs a few tokens.',
  source: null,
};
