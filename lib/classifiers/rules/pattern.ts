/** Patterns of conditions: RE2, linear in their input, whoever wrote them. */
import { RE2JS } from 're2js';

const PATTERNS_MAX = 1_000;
const patterns = new Map<string, RE2JS>();

/**
 * RE2 compiles slower than it searches, and a rule's pattern is the same for every item. `test` runs re2js's automaton, 30 times as fast as its `find`.
 * Throws where it is no pattern.
 */
export function pattern(source: string): RE2JS {
  let compiled = patterns.get(source);
  if (compiled === undefined) {
    compiled = RE2JS.compile(source);
    if (patterns.size >= PATTERNS_MAX) patterns.delete(patterns.keys().next().value ?? '');
    patterns.set(source, compiled);
  }
  return compiled;
}

/** Why a text is no pattern, from the library's error; null where the error is another one. */
export function patternFault(message: string): string | null {
  const fault = /^error parsing regexp: (.*)$/s.exec(message)?.[1];
  return fault === undefined ? null : `this pattern can't be read: ${fault}.`;
}
