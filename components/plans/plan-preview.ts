/** What the plan would do, as the planner's dry run tells it; and what the dataset's fields hold. JSON. */

import type { ActionWords } from '#components/checkpoints/checkpoint-view.ts';
import type { Chunking, GatePolicy } from '#lib/core/plans/plan.ts';

export type FieldProfile = {
  name: string;
  type: string;
  filled: number;
  top: { value: string; count: number }[];
  /** how all its dates are written, where they can be compared: YYYY-MM-DD */
  iso?: string;
};

export type PlanProblem = { path: string; message: string; line?: number; column?: number };

export type PlanPreview = {
  /** the dataset is still arriving: counts cover what is here */
  soFar: boolean;
  /** matches per rule, in order; null where the rule can't be evaluated */
  ruleCounts: (number | null)[];
  categories: { name: string; count: number; action: ActionWords | null }[];
  chunks: { number: number; name: string; itemCount: number; undated: boolean }[];
  decisions: number;
  minutes: number;
  /** what to know about the chunks before the start, a sentence each */
  warnings: string[];
  /** how the batch will run and why, in words */
  routing: string;
  independence: { ok: boolean; message: string };
  /** what the gate policy means here, in words */
  gate: { next: GatePolicy; words: string };
  /** what the start would sort first */
  firstUp: { name: string; itemCount: number } | null;
  /** offered when there are more decisions than a person would take */
  coarser: { label: string; chunking: Chunking; decisions: number }[];
  problems: PlanProblem[];
};

/** The problems at or below a path of the plan ("classifier.rules.1"). */
export function problemsAt(problems: PlanProblem[], path: string): PlanProblem[] {
  return problems.filter((problem) => problem.path === path || problem.path.startsWith(`${path}.`));
}
