/** How many items go into one call. */
import { MODEL_CALL_TOKENS, MODEL_ITEM_CHARS } from '#lib/core/limits.ts';
import { tokensIn } from './tokens.ts';

/**
 * So many of the items, at most `most`, as a call bears by what their tokens come to; at least one.
 * @param ratio tokens of the model's server for one of ours
 */
export function packSize(items: readonly { fields: Readonly<Record<string, string>> }[], most: number, ratio = 1): number {
  let tokens = 0;
  let size = 0;
  for (const { fields } of items.slice(0, most)) {
    tokens += ratio * tokensOf(fields);
    if (size > 0 && tokens > MODEL_CALL_TOKENS) break;
    size += 1;
  }
  return size;
}

/** Of what is shown of an item, its spaces as marks. */
function tokensOf(fields: Readonly<Record<string, string>>): number {
  let left = MODEL_ITEM_CHARS;
  let tokens = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (left <= 0) break;
    const shown = value.slice(0, left);
    left -= shown.length;
    tokens += tokensIn(name, 1) + tokensIn(shown, 1);
  }
  return tokens;
}
