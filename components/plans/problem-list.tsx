import type { PlanProblem } from './plan-preview.ts';

/** What the preview found wrong at one place, beside it. */
export function ProblemList({ problems }: { problems: PlanProblem[] }) {
  return problems.map((problem) => (
    <p key={problem.path + problem.message} role="alert" className="mt-1 text-12 text-red">
      {problem.message}
    </p>
  ));
}
