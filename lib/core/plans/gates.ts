/** Gates: may the next chunk be worked on? Execution is another question, which only an approval answers. */
import type { GatePolicy } from './plan.ts';

export type Opening = { count: number } | { number: number } | 'all' | null;

/** Which chunks the start lets through: the first, the pilot, or all. */
export function openAtStart(policy: GatePolicy, pilot: number | null): Opening {
  if (policy === 'parallel') return 'all';
  if (policy === 'pilot' && pilot !== null) return { number: pilot };
  return { count: 1 };
}

/** Which chunks a person's "go on" lets through, after `reviewed` chunks said so for the first time. */
export function openNext(policy: GatePolicy, reviewed: number): Opening {
  if (reviewed === 0) return null;
  return policy === 'each' ? { count: reviewed } : 'all';
}
