/** What the plan would do, as the planner's dry run tells it; and what the dataset's fields hold. JSON. */

import type { Problem } from '#lib/core/errors.ts';
import type { Chunking, Plan } from '#lib/core/plans/plan.ts';
import type { Meaning } from '#lib/core/values/meaning.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import type { CountedRows, Preview } from '#lib/shapes/plans.ts';

/** What a field holds, and what its values mean; `means` says it in a few words: "date 31/12/2026". */
export type FieldProfile = Pick<DatasetView['fields'][number], 'name' | 'type' | 'filled' | 'top'> & {
  meaning: Meaning;
  means: string;
};

export type PlanProblem = Problem;

/** The dry run of the server, over the rules on the screen and in the words of the page. */
export type PlanPreview = Pick<Preview, 'datasetId' | 'plan' | 'soFar' | 'routing' | 'independence' | 'gates' | 'requests'> &
  Pick<Preview['estimate'], 'decisions' | 'minutes'> &
  Pick<Preview['sort'], 'ruleFacts' | 'otherwise'> & {
    /** the batch that reviews again what another left unsent, over whose items it was worked out; null: over the whole dataset */
    batchId: string | null;
    /** `count` null: agents classify, and nobody knows ahead */
    categories: (Pick<Preview['sort']['categories'][number], 'name' | 'action'> & { count: number | null })[];
    chunks: (Pick<Preview['chunks'][number], 'number' | 'name' | 'itemCount'> & { undated: boolean })[];
    /** what to know about the chunks before the start, a sentence each, with the rows that it counts */
    warnings: { message: string; of: CountedRows | null }[];
    /** of the requests: those that can't be built, and those that would change the same thing; null where none is so */
    unbuildable: string | null;
    sameTarget: string | null;
    /** what the start would classify first */
    firstUp: { name: string; itemCount: number } | null;
    /** offered when there are more decisions than a person would take */
    coarser: { label: string; chunking: Chunking; decisions: number }[];
    problems: PlanProblem[];
  };

/** What each section of the plan's page is given. */
export type SectionProps = {
  plan: Plan;
  fields: FieldProfile[];
  preview: PlanPreview | null;
  problems: PlanProblem[];
  onChange: (plan: Plan) => void;
};

/** The problems at or below a path of the plan ("classifier.rules.1"). */
export function problemsAt(problems: PlanProblem[], path: string): PlanProblem[] {
  return problems.filter((problem) => problem.path === path || problem.path.startsWith(`${path}.`));
}
