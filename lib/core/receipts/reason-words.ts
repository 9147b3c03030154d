/** The codes under which outcomes are grouped, as people say them. Receipts, JSONL and CSV keep the code. */

/** A reason's code, alone or in a sentence: "HTTP 422", "worker lost". */
export function reasonWords(reason: string): string {
  return reason.replace(/\bhttp_(\d{3})\b/g, 'HTTP $1').replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (code) => code.replaceAll('_', ' '));
}
