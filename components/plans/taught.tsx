'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { queries } from '#components/api-client.ts';
import { Button } from '#components/ui/button.tsx';
import { Link } from '#components/ui/link.tsx';
import { Outside } from '#components/ui/outside.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import type { FieldLabels } from '#lib/shapes/datasets.ts';
import type { PlanRevisionTold } from '#lib/shapes/plans.ts';
import { type ChangeAsked, ChangeRulesDialog } from './change-rules-dialog.tsx';
import { labelsApart, ruleWords } from './plan-told-words.ts';
import { type TaughtRule, taughtRules } from './rules-change.ts';
import { whereOfCel } from './where-of-cel.ts';

type Props = {
  batchId: string;
  /** whether this person may change rules, and the batch still goes by them */
  mayRevise: boolean;
  /** what people call the fields */
  labels: FieldLabels;
};

/** What was taught while the batch ran: each rule with who taught it, when, and by which item; edited and removed as a further revision. */
export function Taught({ batchId, mayRevise, labels }: Props) {
  const router = useRouter();
  const client = useQueryClient();
  const [asked, setAsked] = useState<ChangeAsked | null>(null);
  const options = queries.batches.revisions.queryOptions({ input: { id: batchId, limit: REVISIONS_MAX } });
  const { data } = useQuery(options);
  const revisions = (data?.items ?? []) as PlanRevisionTold[];
  const rules = data?.next === null ? taughtRules(revisions) : taughtRules(revisions.slice(0, -1));
  // Without rules there are none to teach.
  if (!data || revisions.every(({ editor }) => editor === null)) return null;
  const learns = (revisions[0]?.plan.classifier as { taught?: unknown } | undefined)?.taught !== undefined;
  return (
    <section aria-labelledby="taught" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="taught" className="text-16 font-medium">
          Taught
        </h2>
        {mayRevise ? (
          <Button onClick={() => setAsked({})}>{learns ? 'Learn from corrections…' : 'Change the rules…'}</Button>
        ) : null}
      </div>
      {rules.length === 0 ? (
        <p className="text-muted">
          {revisions.length > 1
            ? `${learns ? 'What it learned from is' : 'The rules are'} at revision ${revisions[0]?.revision}.${learns ? '' : ' None was added.'}`
            : learns
              ? 'It goes by what was taught before the start. Corrections can be added to its examples.'
              : 'Nothing was taught yet. A correction at a checkpoint can be made a rule.'}
        </p>
      ) : (
        <ol className="flex flex-col divide-y divide-hairline">
          {rules.map((one) => (
            <li key={JSON.stringify(one.rule)} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
              <TaughtLine {...{ batchId, labels }} taught={one} />
              {mayRevise ? (
                <span className="ml-auto flex gap-2">
                  <Button size="small" onClick={() => setAsked({ at: one.rule })}>
                    Edit…
                  </Button>
                  <Button size="small" onClick={() => setAsked({ without: one.rule })}>
                    Remove…
                  </Button>
                </span>
              ) : null}
            </li>
          ))}
        </ol>
      )}
      <ChangeRulesDialog
        {...asked}
        open={asked !== null}
        onClose={() => setAsked(null)}
        batchId={batchId}
        chunk={null}
        onDone={() => {
          void client.invalidateQueries({ queryKey: queries.batches.revisions.key() });
          router.refresh();
        }}
        onSendBack={null}
      />
    </section>
  );
}

/** As many revisions are read; rules that are older still count as there from the start. */
const REVISIONS_MAX = 200;

type LineProps = Pick<Props, 'batchId' | 'labels'> & { taught: TaughtRule };

function TaughtLine({ batchId, labels, taught: { rule, by, at, note, from } }: LineProps) {
  const where = rule.where ?? whereOfCel(rule.when ?? '');
  return (
    <div className="min-w-0">
      <p className="break-words">
        <span className={where ? undefined : 'font-mono text-12'}>
          <Outside text={ruleWords(where ? { where } : rule, labelsApart(labels))} />
        </span>{' '}
        → {rule.category}
      </p>
      <p className="text-12 text-muted">
        {by} · <Instant iso={at} />
        {from ? (
          <>
            {' '}
            · from{' '}
            <Link href={`/batches/${batchId}/items/${from.ordinal}`}>
              item {from.ordinal} of chunk {from.chunk}
            </Link>
          </>
        ) : null}
        {note ? (
          <>
            {' '}
            · <Outside text={note} />
          </>
        ) : null}
      </p>
    </div>
  );
}
