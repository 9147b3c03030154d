import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { FieldLabelsOf, FieldMeaningsOf } from '#components/datasets/field-labels.tsx';
import { FieldProfile } from '#components/datasets/field-profile.tsx';
import { KinLinks, SameFileBanner } from '#components/datasets/kin.tsx';
import { DatasetsNotForAuditors } from '#components/datasets/not-for-auditors.tsx';
import { ReadingSummary } from '#components/datasets/reading-summary.tsx';
import { fixedWords } from '#components/datasets/reading-words.ts';
import { rowsAsked, rowsInput } from '#components/datasets/rows-address.ts';
import { RowsFilter } from '#components/datasets/rows-filter.tsx';
import { UnreadableLink } from '#components/datasets/unreadable-link.tsx';
import { UploadFailed, UploadProgress } from '#components/datasets/upload-progress.tsx';
import { ItemsOf } from '#components/items/views/items-of.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { formatBytes, formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Notes } from '#components/ui/notes.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import { TabLinks } from '#components/ui/tab-links.tsx';
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { type FieldGuess, meaningsOf } from '#lib/core/values/meaning.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import { findItems } from '#lib/steps/datasets/find-items.ts';
import { type BatchesOf, readBatchesOf } from '#lib/steps/datasets/read-batches-of.ts';
import { readDataset, readUnreadable } from '#lib/steps/datasets/read-datasets.ts';
import { readReading } from '#lib/steps/datasets/read-reading.ts';
import { readSameFile } from '#lib/steps/datasets/read-same-file.ts';
import { readBatchLike } from '#lib/steps/plans/read-batch-like.ts';
import { DatasetHeader } from './dataset-header.tsx';
import { DatasetRows } from './dataset-rows.tsx';
import { ReadingQuestions } from './reading-questions.tsx';
import { UnreadableDesk } from './unreadable-desk.tsx';

export const metadata: Metadata = { title: 'Dataset' };

const FIRST_ROWS = 100;
const UNREADABLE_ROWS = 200;

type Query = Record<string, string | string[] | undefined>;
type Props = { params: Promise<{ id: string }>; searchParams: Promise<Query> };

export default async function DatasetPage({ params, searchParams }: Props) {
  const { id } = await params;
  const query = await searchParams;
  const tab = typeof query.tab === 'string' ? query.tab : 'rows';
  const actor = await requireActor(`/datasets/${id}`);
  if (!may(actor, 'see')) return <DatasetsNotForAuditors />;
  const dataset = await readDataset(actor, { id });
  if (dataset === null) notFound();
  const batches = await readBatchesOf(actor, { datasetId: id });
  if (dataset.deletedAt !== null) return <DeletedDataset dataset={dataset} batches={batches} />;
  const [reading, same, like] = await Promise.all([
    readReading(actor, { datasetId: id }),
    readSameFile(actor, { id }),
    may(actor, 'plan') ? readBatchLike(actor, { datasetId: id }) : null,
  ]);
  const { noun } = dataset;
  const receiving = dataset.state === 'receiving';
  const tabs = [
    { href: `/datasets/${id}`, label: 'Rows', here: tab === 'rows' },
    { href: `/datasets/${id}?tab=fields`, label: 'Fields', here: tab === 'fields' },
    {
      href: `/datasets/${id}?tab=unreadable`,
      label: 'Unreadable rows',
      here: tab === 'unreadable',
      count: dataset.unreadableCount,
    },
  ];
  return (
    <div className="flex flex-col gap-4">
      <DatasetHeader
        dataset={dataset}
        batches={batches.count}
        like={like}
        may={{ plan: may(actor, 'plan'), keep: may(actor, 'keep_datasets') }}
        meta={
          <>
            <span>
              {formatNoun(dataset.itemCount, noun)} · {formatBytes(dataset.bytes)}
            </span>
            <UnreadableLink datasetId={id} count={dataset.unreadableCount} />
            {dataset.state === 'ready' && reading ? <ReadingSummary reading={reading} /> : null}
          </>
        }
      />
      <KinLinks dataset={dataset} />
      {batches.count === 0 ? <SameFileBanner same={same} /> : null}
      {receiving ? (
        <UploadProgress
          noun={noun}
          receiving={{
            itemCount: dataset.itemCount,
            unreadableCount: dataset.unreadableCount,
            bytes: dataset.bytes,
            totalBytes: null,
          }}
        />
      ) : null}
      {receiving ? <Follow shows={{ topics: ['datasets'] }} /> : null}
      {dataset.state === 'failed' ? <UploadFailed reason={dataset.reason ?? 'The upload did not finish.'} /> : null}
      {batches.count > 0 ? (
        <div className="flex flex-wrap gap-x-4 text-muted">
          Batches of it: <BatchLinks batches={batches} />
        </div>
      ) : null}
      {dataset.state === 'ready' && reading ? <ReadingQuestions reading={reading} mayAnswer={may(actor, 'read_anew')} /> : null}
      <TabLinks label="Parts of the dataset" tabs={tabs} />
      <FieldLabelsOf labels={dataset.labels}>
        {tab === 'fields' ? (
          <>
            <Notes notes={dataset.notes} />
            <FieldProfile dataset={dataset} guesses={reading?.fields ?? []} />
          </>
        ) : null}
        {tab === 'unreadable' ? (
          <UnreadableDesk
            dataset={dataset}
            first={(await readUnreadable(actor, { id, limit: UNREADABLE_ROWS })) ?? { items: [], next: null }}
            mayFix={may(actor, 'upload')}
            lost={reading && fixedWords(reading)}
          />
        ) : null}
        {tab === 'rows' ? <Rows {...{ actor, dataset, query }} fields={reading?.fields ?? []} batches={batches.named} /> : null}
      </FieldLabelsOf>
    </div>
  );
}

/** What is left of a dataset that was deleted: that it was there, and the batches that were made of it. */
function DeletedDataset({ dataset, batches }: { dataset: DatasetView; batches: BatchesOf }) {
  return (
    <>
      <PageHeader
        title={dataset.name}
        meta={
          <span>
            deleted <Instant iso={dataset.deletedAt ?? ''} />
          </span>
        }
      />
      {batches.count > 0 ? (
        <div className="flex flex-col gap-2">
          <p>Its rows are kept for {formatNoun(batches.count, 'batches')}, whose receipts name them:</p>
          <BatchLinks batches={batches} />
        </div>
      ) : (
        <p>Its rows and its file are gone. Nothing was made of it.</p>
      )}
    </>
  );
}

function BatchLinks({ batches: { count, named } }: { batches: BatchesOf }) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1">
      {named.map(({ id, name }) => (
        <li key={id}>
          <Link href={`/batches/${id}`} className="text-accent underline underline-offset-2">
            {name}
          </Link>
        </li>
      ))}
      {count > named.length ? <li className="text-muted">and {formatCount(count - named.length)} more</li> : null}
    </ul>
  );
}

type RowsProps = {
  actor: Actor;
  dataset: DatasetView;
  fields: readonly FieldGuess[];
  batches: BatchesOf['named'];
  query: Query;
};

/** The rows that the address asks for; in words why they can't be shown. */
async function Rows({ actor, dataset, fields, batches, query }: RowsProps) {
  const asked = rowsAsked(query);
  const { id } = dataset;
  const found = await findItems(actor, { id, limit: FIRST_ROWS, ...rowsInput(asked) }).catch((error: unknown) => {
    if (error instanceof CountersignError) return error;
    throw error;
  });
  const meanings = meaningsOf(fields);
  const names = dataset.fields.map(({ name }) => name);
  return (
    <FieldMeaningsOf meanings={meanings}>
      <div className="flex min-w-0 flex-col gap-3">
        <RowsFilter datasetId={id} asked={asked} fields={dataset.fields} />
        {found instanceof CountersignError ? (
          <Banner kind="warning">{found.message}</Banner>
        ) : (
          <ItemsOf datasetId={id} drawn={dataset.drawn}>
            <DatasetRows
              key={JSON.stringify(asked)}
              id={id}
              asked={asked}
              fields={names}
              numbers={names.filter((name) => Object.hasOwn(meanings, name) && meanings[name]?.type === 'number')}
              total={dataset.itemCount}
              noun={dataset.noun}
              batches={batches}
              first={JSON.stringify(found ?? { items: [], next: null, looked: 0, found: 0 })}
            />
          </ItemsOf>
        )}
      </div>
    </FieldMeaningsOf>
  );
}
