import { z } from 'zod';
import { FailureList } from '#components/actions/failure-list.tsx';
import { PlanTold } from '#components/plans/plan-told.tsx';
import { Revisions } from '#components/plans/revisions.tsx';
import { Taught } from '#components/plans/taught.tsx';
import { isFiltered, receiptsInput, receiptsShown } from '#components/receipts/receipts-address.ts';
import { EmptyState } from '#components/ui/empty-state.tsx';
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { BatchView } from '#lib/shapes/batches.ts';
import { type ReceiptsAsked, receiptsAsked } from '#lib/shapes/stories.ts';
import { readFailures } from '#lib/steps/actions/read-failures.ts';
import { readDataset } from '#lib/steps/datasets/read-datasets.ts';
import { findReceipts, readPeopleOf } from '#lib/steps/items/find-receipts.ts';
import { readRevisions } from '#lib/steps/plans/read-revisions.ts';
import { receiptExample } from '#lib/steps/plans/receipt-example.ts';
import { readRuleCounts } from '#lib/steps/plans/rule-counts.ts';
import { readTaskBody } from '#lib/steps/receipts/read-task-body.ts';
import { readUncertain } from '#lib/steps/uncertain/read-uncertain.ts';
import { Receipts } from './receipts.tsx';
import { Uncertain } from './uncertain.tsx';

const TABS = ['chunks', 'receipts', 'uncertain', 'failed', 'plan', 'task', 'downloads'] as const;
export type Tab = (typeof TABS)[number];

export function isTab(name: string): name is Tab {
  return (TABS as readonly string[]).includes(name);
}

type Props = {
  actor: Actor;
  batchId: string;
  tab: Exclude<Tab, 'chunks'>;
  plan: Plan;
  planNotes: BatchView['planNotes'];
  about: Pick<BatchView, 'name' | 'state' | 'undoes' | 'categories' | 'datasetId'>;
  noun: string;
  original: BatchView['original'];
  /** it runs by rules that can still be changed */
  revisable: boolean;
  /** of the address */
  query: Record<string, string | string[] | undefined>;
};

/** One part of a batch, rendered where the data is. */
export async function BatchTab({ actor, batchId, tab, plan, planNotes, about, noun, original, revisable, query }: Props) {
  if (tab === 'receipts') {
    const shown = receiptsShown(query);
    const asked = askedOf(receiptsInput(shown));
    // What is no filter finds nothing; the address stays, so that it can be put right.
    const first = (asked && (await findReceipts(actor, { batchId, ...asked }))) ?? { items: [], next: null, looked: 0 };
    if (first.items.length === 0 && first.next === null && !isFiltered(shown))
      return <EmptyState title="Nothing sent yet" text="Receipts appear here, one for each step of each action." />;
    const items = first.items.map(({ body: _, ...row }) => row);
    return (
      <Receipts
        {...{ batchId, shown, first: { ...first, items }, people: await readPeopleOf(actor, { batchId }) }}
        categories={plan.categories.map(({ name }) => name)}
      />
    );
  }
  if (tab === 'uncertain') {
    const first = (await readUncertain(actor, { batchId })) ?? { items: [], next: null, groups: [] };
    return <Uncertain batchId={batchId} first={first} mayAnswer={may(actor, 'answer')} mayRetry={may(actor, 'retry')} />;
  }
  if (tab === 'failed') return <FailureList batchId={batchId} groups={(await readFailures(actor, { batchId })) ?? []} />;
  if (tab === 'plan') {
    const sees = may(actor, 'see');
    const dataset = sees ? await readDataset(actor, { id: about.datasetId }) : null;
    const labels = dataset?.labels ?? {};
    const rules = about.undoes === null ? await readRevisions(actor, { batchId, limit: REVISIONS_LISTED + 1 }) : null;
    const revisions = rules?.items ?? [];
    const latest = revisions[0]?.revision ?? 1;
    const shown = revisions.find(({ revision }) => String(revision) === query.revision) ?? revisions[0];
    const counts = sees && shown?.revision === latest ? await readRuleCounts(actor, { batchId }) : null;
    return (
      <div className="flex flex-col gap-6">
        <PlanTold
          batch={{ ...about, id: batchId }}
          plan={counts?.plan ?? shown?.plan ?? plan}
          revision={latest === 1 || !shown ? null : { shown: shown.revision, latest }}
          notes={planNotes}
          counts={about.state === 'proposed' ? null : counts}
          columns={dataset?.fields.map(({ name }) => name) ?? []}
          {...{ labels, noun }}
          example={sees ? await receiptExample(actor, { batchId }) : null}
          mayPlan={may(actor, 'plan')}
        />
        <Revisions {...{ batchId, revisions }} shown={shown?.revision ?? 1} most={REVISIONS_LISTED} />
        {about.undoes === null ? <Taught {...{ batchId, labels }} mayRevise={revisable && may(actor, 'revise')} /> : null}
      </div>
    );
  }
  if (tab === 'task') {
    const body = await readTaskBody(actor, { batchId });
    return (
      <div className="flex flex-col gap-3">
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          tabIndex={0}
          className="overflow-x-auto rounded-md bg-sunken p-4 font-mono text-12 leading-[18px] whitespace-pre-wrap"
        >
          {body?.text}
        </pre>
        {body?.cut ? (
          <p className="text-muted">This is the beginning of the task body. All of it is under Downloads, as Markdown.</p>
        ) : null}
      </div>
    );
  }
  return <Downloads batchId={batchId} plan={plan} noun={noun} original={original} data={may(actor, 'download')} />;
}

/** More of them are in the trail. */
const REVISIONS_LISTED = 50;

const askedFor = z.object(receiptsAsked);

function askedOf(input: unknown): ReceiptsAsked | null {
  return askedFor.safeParse(input).data ?? null;
}

type DownloadsProps = Pick<Props, 'batchId' | 'plan' | 'noun' | 'original'> & { data: boolean };

function Downloads({ batchId, plan, noun, original, data }: DownloadsProps) {
  const api = `/api/v1/batches/${batchId}`;
  return (
    <div className="flex max-w-3xl flex-col gap-6">
      <Group
        title="Receipts"
        text="Available at any moment, also half way and after a failure. What is still open is listed as open."
        links={[
          { href: `${api}/receipts?format=jsonl`, label: 'JSONL', text: 'every receipt, exactly as it was written' },
          { href: `${api}/receipts?format=csv`, label: 'CSV', text: 'a row per receipt, safe to open in a spreadsheet' },
          { href: `${api}/receipts?format=md`, label: 'Markdown', text: 'the task body, a line per item' },
        ]}
      />
      <Group
        title="Trail"
        text="Everything that was written about this batch, and what checks it. Change one letter and verify: it says which line was altered."
        links={[
          {
            href: `${api}/trail.zip`,
            label: 'Download the trail',
            text: 'open START-HERE.html in it, or run node verify.mjs; no network and no account is needed',
          },
        ]}
      />
      {data ? (
        <>
          <Group
            title="Scratchpad"
            text="How the items are classified, chunk by chunk."
            links={[{ href: `${api}/scratchpad.zip`, label: 'ZIP', text: 'a summary and the details of each chunk' }]}
          />
          <Group
            title={`The ${noun} themselves, by category`}
            text={
              original ? `As ${original.file} with the original bytes, or a line of JSON for each.` : 'A line of JSON for each.'
            }
            links={plan.categories.flatMap(({ name }) =>
              // The original bytes are to be had only in the format that was uploaded.
              [...(original ? [original.format] : []), 'jsonl'].map((format) => ({
                href: `${api}/dataset?format=${format}&category=${encodeURIComponent(name)}`,
                label: `${name}, ${format}`,
                text: '',
              })),
            )}
          />
        </>
      ) : null}
    </div>
  );
}

function Group({ title, text, links }: { title: string; text: string; links: { href: string; label: string; text: string }[] }) {
  return (
    <section className="flex flex-col gap-2">
      <h2 className="text-16 font-medium">{title}</h2>
      <p className="text-muted">{text}</p>
      <ul className="flex flex-wrap gap-x-6 gap-y-2">
        {links.map(({ href, label, text: what }) => (
          <li key={href}>
            <a href={href} download className="text-accent underline">
              {label}
            </a>{' '}
            <span className="text-muted">{what}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
