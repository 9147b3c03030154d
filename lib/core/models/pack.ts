/** How many items go into one call. */
import { MODEL_CALL_TOKENS, MODEL_ITEM_CHARS } from '#lib/core/limits.ts';
import { tokensAbout } from './cost.ts';

/** So many of the items, at most `most`, as a call bears by a guess at their tokens; at least one. */
export function packSize(items: readonly { fields: Readonly<Record<string, string>> }[], most: number): number {
  let tokens = 0;
  let size = 0;
  for (const { fields } of items.slice(0, most)) {
    const chars = Object.entries(fields).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    tokens += tokensAbout(Math.min(chars, MODEL_ITEM_CHARS));
    if (size > 0 && tokens > MODEL_CALL_TOKENS) break;
    size += 1;
  }
  return size;
}
