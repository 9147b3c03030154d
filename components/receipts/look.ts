import { actionLook } from '#components/chunks/state.ts';
import type { StateLook } from '#components/ui/state-badge.tsx';
import { ACTION_RESULTS } from '#lib/core/lifecycle.ts';
import type { ReceiptResult } from '#lib/ledger/receipt.ts';

/** How one receipt looks. An intent says only that something was about to be sent; whether it is still out, the last receipt tells. */
export function receiptLook({ kind, result }: { kind: string; result: string | null }): StateLook {
  if (kind === 'decision') return { tone: 'accent', glyph: '✓', word: 'Decision' };
  const of = EVENTS.get(kind);
  if (of) return of;
  if (kind === 'intent') return { tone: 'neutral', glyph: '○', word: 'Intent' };
  return actionLook(isResult(result) ? result : 'planned');
}

/** What is neither a step of an action nor a decision. */
const EVENTS = new Map<string, StateLook>([
  ['correction', { tone: 'neutral', glyph: '↩', word: 'Correction' }],
  ['start', { tone: 'neutral', glyph: '▶', word: 'Start' }],
  ['plan', { tone: 'neutral', glyph: '○', word: 'Rules' }],
  ['closing', { tone: 'neutral', glyph: '✔', word: 'Closing' }],
  ['attestation', { tone: 'neutral', glyph: '○', word: 'Attestation' }],
]);

function isResult(result: string | null): result is ReceiptResult {
  return ACTION_RESULTS.some((known) => known === result);
}
