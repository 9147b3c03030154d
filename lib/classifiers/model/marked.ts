/**
 * An item's text as data: what stands between its words is a mark that no item can know, so that no text looks like something of ours, begins a line, or reads as an
 * instruction beside ours (datamarking: Hines et al. 2024, "Defending Against Indirect Prompt Injection Attacks With Spotlighting"). It lowers what such
 * texts achieve, and rules nothing out.
 */

/** Of letters that texts hardly ever have, and that tokenizers know. */
const MARKS = ['ˆ', '˜', '¦', '¬', '¤', '§', '¶', 'ˇ'];

/** The mark of a call, by a number that is drawn anew for each. */
export function markOf(drawn: number): string {
  return MARKS[drawn % MARKS.length] ?? 'ˆ';
}

// Also what is no space to JavaScript and begins a line to a model: U+0085, and what nobody sees.
const BETWEEN = /[\s\u0085\p{Cc}\p{Cf}]+/gu;

/** The text with the mark in the place of all that is between its words; the mark itself gives way, so that nobody can write one. */
export function marked(text: string, mark: string): string {
  return text.replaceAll(mark, '').trim().replaceAll(BETWEEN, mark);
}
