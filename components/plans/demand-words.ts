/** What a demand for evidence costs whoever reviews, before anybody has looked: docs/evidence.md. */
import { formatCount } from '#components/ui/format.ts';
import { looksFor } from '#lib/core/evidence/bound.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { PlanPreview } from './plan-preview.ts';
import type { Typed } from './typed-value.ts';

type Demand = NonNullable<Plan['gates']['evidence']>;

/** “About 193 looks for archive, if nothing is wrong.” Over each chunk it is for one of the usual size. Null where no category acts. */
export function demandWords(
  { atMost, over }: Demand,
  { categories, decisions }: Pick<PlanPreview, 'categories' | 'decisions'>,
): string | null {
  const costs = categories
    .flatMap(({ name, action, count }) => (action && count !== null && count > 0 ? [{ name, count }] : []))
    .map(({ name, count }) => {
      const population = over === 'batch' ? count : Math.ceil(count / Math.max(1, decisions));
      return { name, population, looks: looksFor(population, 0, 0, atMost) ?? population };
    });
  if (costs.length === 0) return null;
  const where = over === 'chunk' ? ' in each chunk' : '';
  const some = costs.filter(({ looks, population }) => looks < population);
  const all = costs.filter(({ looks, population }) => looks >= population).map(({ name }) => name);
  const looks = some.map((cost) => `${formatCount(cost.looks)} ${cost.looks === 1 ? 'look' : 'looks'} for ${cost.name}`);
  const sentences = [
    ...(looks.length > 0 ? [`About ${looks.join(', ')}${where}, if nothing is wrong.`] : []),
    ...(all.length > 0 ? [`Every item of ${all.join(', ')}${where}: nothing less proves it of so few.`] : []),
  ];
  return sentences.join(' ');
}

/** Nothing typed: no proof is asked for. In percent, above 0 and below 100. */
export function typedDemand(text: string): Typed<number | null> {
  const digits = text.trim();
  if (digits === '') return { value: null };
  const percent = /^\d+(\.\d+)?$/.test(digits) ? Number(digits) : Number.NaN;
  return percent > 0 && percent < 100 ? { value: percent / 100 } : { fault: 'A number above 0 and below 100, or nothing.' };
}
