'use client';

import { useLabelled } from '#components/datasets/field-labels.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { formatNoun } from '#components/ui/format.ts';
import type { RequestFacts } from '#lib/shapes/plans.ts';
import type { PlanPreview } from './plan-preview.ts';
import { RowsButton } from './rows-behind.tsx';

/** What an approval would be the first to find, told before the start: it stops nothing. */
export function RequestWarnings({ preview }: { preview: PlanPreview }) {
  const { unbuildable, sameTarget } = preview;
  return (
    <>
      {unbuildable === null ? null : <Banner kind="warning">{unbuildable}</Banner>}
      {sameTarget === null ? null : (
        <Banner
          kind="warning"
          actions={
            <RowsButton of={{ sameTarget: true }} title="Items that would change the same thing as another item">
              Show these rows
            </RowsButton>
          }
        >
          {sameTarget}
        </Banner>
      )}
    </>
  );
}

/** Why requests of one category can't be built, beside its action, with the rows and with what can be done. */
export function Unbuildable({ facts }: { facts: RequestFacts | null }) {
  const labelled = useLabelled();
  if (facts === null || facts.unbuildable === 0) return null;
  const fields = [...new Set(facts.problems.flatMap(({ field }) => field ?? []))];
  const what = `${facts.exact ? '' : 'about '}${formatNoun(facts.unbuildable, 'requests')} can’t be built`;
  return (
    <span className="mt-1 flex flex-col items-start gap-0.5 text-12 text-amber">
      <RowsButton of={{ unbuildable: facts.category }} title={`${facts.category}: ${what}`} fields={fields}>
        {what} ▸
      </RowsButton>
      {facts.problems.map(({ reason, count, field }) => (
        <span key={reason}>
          <RowsButton
            of={{ unbuildable: facts.category, reason }}
            title={`${facts.category}: ${reason}`}
            fields={field === null ? fields : [field]}
          >
            {formatNoun(count, 'requests')}
          </RowsButton>
          : {reason} {field === null ? '' : labelled(adviceFor(field))}
        </span>
      ))}
    </span>
  );
}

const adviceFor = (field: string): string =>
  `Give such rows another category, by a rule on “${field}” above the others; or change the action; or mend “${field}” in the file and upload it again.`;
