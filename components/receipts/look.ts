import { actionLook } from '#components/chunks/state.ts';
import type { StateLook } from '#components/ui/state-badge.tsx';

/** How one receipt looks. An intent says only that something was about to be sent; whether it is still out, the last receipt tells. */
export function receiptLook({ kind, result }: { kind: string; result: string | null }): StateLook {
  if (kind === 'decision') return { tone: 'accent', glyph: '✓', word: 'Decision' };
  if (kind === 'intent') return { tone: 'neutral', glyph: '○', word: 'Intent' };
  return actionLook(isResult(result) ? result : 'planned');
}

const RESULTS = ['succeeded', 'failed', 'uncertain', 'skipped', 'not_executed', 'abandoned'] as const;

function isResult(result: string | null): result is (typeof RESULTS)[number] {
  return RESULTS.some((known) => known === result);
}
