import { actionLook } from '#components/chunks/state.ts';
import type { StateLook } from '#components/ui/state-badge.tsx';
import { ACTION_RESULTS } from '#lib/core/lifecycle.ts';
import type { ReceiptResult } from '#lib/ledger/receipt.ts';

/** How one receipt looks. An intent says only that something was about to be sent; whether it is still out, the last receipt tells. */
export function receiptLook({ kind, result }: { kind: string; result: string | null }): StateLook {
  if (kind === 'decision') return { tone: 'accent', glyph: '✓', word: 'Decision' };
  if (kind === 'intent') return { tone: 'neutral', glyph: '○', word: 'Intent' };
  return actionLook(isResult(result) ? result : 'planned');
}

function isResult(result: string | null): result is ReceiptResult {
  return ACTION_RESULTS.some((known) => known === result);
}
