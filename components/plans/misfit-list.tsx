'use client';

import { Banner } from '#components/ui/banner.tsx';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { fieldsNamed, withField } from '#lib/core/plans/fields-named.ts';
import type { Misfit } from '#lib/core/plans/fit.ts';
import { isTyped, type Plan, timeZoneOf } from '#lib/core/plans/plan.ts';
import { goToPlace } from './plan-faults.tsx';

type Props = {
  /** what the plan was taken from, by name */
  from: string;
  plan: Plan;
  misfits: readonly Misfit[];
  /** the person's time zone; null while it is not known */
  zone: string | null;
  datasetId: string;
  onChange: (plan: Plan) => void;
};

/** What of a plan that was made for another file does not fit this one, each with the way to where it is put right. Nothing where all fits. */
export function MisfitList({ from, plan, misfits, zone, datasetId, onChange }: Props) {
  const named = new Map(fieldsNamed(plan).map(({ field, path }) => [field, path]));
  // What was put right is told no more.
  const open = misfits.filter(({ field }) => field === null || named.has(field));
  const days =
    zone !== null && timeZoneOf(plan) !== zone && (isTyped(plan) || plan.chunking.by === 'time') ? timeZoneOf(plan) : null;
  if (open.length === 0 && days === null) return null;
  return (
    <Banner kind="warning" className="mb-4">
      <span className="font-medium">Of “{from}” this does not fit as it is:</span>
      <ul aria-label="What does not fit" className="mt-1 flex flex-col gap-1">
        {open.map(({ kind, field, path, message, instead }) => (
          <li key={`${path} ${message}`} className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span className="min-w-0 wrap-anywhere">{message}</span>
            {field !== null && instead !== null ? (
              <Button size="small" onClick={() => onChange(withField(plan, field, instead))}>
                Use “{instead}” everywhere
              </Button>
            ) : null}
            <Button size="small" kind="ghost" onClick={() => goToPlace((field !== null && named.get(field)) || path)}>
              Go there
            </Button>
            {kind === 'type' ? (
              <ButtonLink size="small" kind="ghost" href={`/datasets/${datasetId}/reading`}>
                How the file was read
              </ButtonLink>
            ) : null}
          </li>
        ))}
        {days !== null && zone !== null ? (
          <li className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span>
              Its days are those of {days}; you are in {zone}.
            </span>
            <Button size="small" onClick={() => onChange(inZone(plan, zone))}>
              Use {zone}
            </Button>
            <Button size="small" kind="ghost" onClick={() => goToPlace(isTyped(plan) ? 'timeZone' : 'chunking.timeZone')}>
              Go there
            </Button>
          </li>
        ) : null}
      </ul>
    </Banner>
  );
}

/** The plan with the days of a time zone. */
export function inZone(plan: Plan, timeZone: string): Plan {
  const { chunking } = plan;
  return {
    ...plan,
    ...(isTyped(plan) ? { timeZone } : {}),
    chunking: chunking.by === 'time' ? { ...chunking, timeZone } : chunking,
  };
}
