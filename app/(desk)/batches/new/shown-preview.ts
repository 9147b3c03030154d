/** The planner's dry run, as the plan's page shows it. */
import type { PlanPreview } from '#components/plans/plan-preview.ts';
import type { Chunking } from '#lib/core/plans/plan.ts';
import type { CountedRows, Preview } from '#lib/shapes/plans.ts';

type Counted = Pick<
  Preview,
  'datasetId' | 'plan' | 'soFar' | 'sort' | 'estimate' | 'gates' | 'independence' | 'routing' | 'warnings' | 'chunks' | 'requests'
>;

/** With the offer of coarser chunks, under Independence, and where their rows open. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(['many_decisions', 'shared_resources', 'unbuildable', 'same_target']);

/** The rows that a warning counts. */
const BEHIND: Partial<Record<Preview['warnings'][number]['code'], CountedRows>> = {
  doubtful_dates: { doubtful: true },
  no_dates: { doubtful: true },
  excluded: { leftOut: true },
};

/** Of the plan that was counted; the one on the screen may have more or fewer rules by now. */
export function shownPreview(preview: Counted, batchId: string | null = null): PlanPreview {
  const { sort, chunks, estimate, gates, independence, routing, warnings } = preview;
  const many = warnings.find(({ code }) => code === 'many_decisions')?.facts as
    | { chunking?: Chunking; chunks?: number }
    | undefined;
  const words = (asked: 'unbuildable' | 'same_target') => warnings.find(({ code }) => code === asked)?.message ?? null;
  const pilot = chunks.find(({ number }) => number === gates.pilot);
  return {
    ...{ datasetId: preview.datasetId, batchId, plan: preview.plan, soFar: preview.soFar },
    ...{ ruleFacts: sort.ruleFacts, otherwise: sort.otherwise },
    categories: sort.categories.map(({ name, count, action }) => ({ name, count: sort.known ? count : null, action })),
    chunks: chunks.map(({ number, name, itemCount, kind }) => ({ number, name, itemCount, undated: kind === 'undated' })),
    decisions: estimate.decisions,
    minutes: estimate.minutes,
    warnings: warnings
      .filter(({ code }) => !SAID_ELSEWHERE.has(code))
      .map(({ code, message }) => ({ message, of: BEHIND[code] ?? null })),
    ...{ requests: preview.requests, unbuildable: words('unbuildable'), sameTarget: words('same_target') },
    routing,
    independence,
    gates,
    firstUp: pilot ? { name: pilot.name, itemCount: pilot.itemCount } : null,
    coarser:
      many?.chunking && many.chunks
        ? [{ label: coarserWords(many.chunking), chunking: many.chunking, decisions: many.chunks }]
        : [],
    problems: [],
  };
}

function coarserWords(chunking: Chunking): string {
  if (chunking.by === 'time') return `by ${chunking.every}`;
  return chunking.by === 'category' ? `by “${chunking.field}”, at least ${chunking.minItems} each` : `${chunking.maxItems} each`;
}
