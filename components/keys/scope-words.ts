/** What the scopes of an agent's key are, for people. */
import type { AgentScope } from '#lib/core/people/roles.ts';

/** In the order in which they are chosen: `words` for whoever makes a key, `told` for whoever looks at one. */
export const SCOPE_WORDS: readonly { scope: AgentScope; words: string; told: string }[] = [
  {
    scope: 'work',
    words: 'Classify chunks, carry out errands, and append what it did to their tasks',
    told: 'classifies and carries out errands',
  },
  { scope: 'supervise', words: 'Make datasets and batches, and wait for checkpoints', told: 'supervises' },
  { scope: 'start', words: 'Start the batches that it makes', told: 'starts batches' },
];

/** "classifies, supervises"; empty for a key that is no agent's. */
export function scopesTold(scopes: readonly AgentScope[]): string {
  return SCOPE_WORDS.filter(({ scope }) => scopes.includes(scope))
    .map(({ told }) => told)
    .join(', ');
}
