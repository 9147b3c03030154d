import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { FieldLabelsOf } from '#components/datasets/field-labels.tsx';
import { FieldProfile } from '#components/datasets/field-profile.tsx';
import { UnreadableRows } from '#components/datasets/unreadable-rows.tsx';
import { UploadFailed, UploadProgress } from '#components/datasets/upload-progress.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { formatBytes, formatCount, formatNoun } from '#components/ui/format.ts';
import { Notes } from '#components/ui/notes.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { TabLinks } from '#components/ui/tab-links.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readDataset, readItems, readUnreadable } from '#lib/steps/datasets/read-datasets.ts';
import { DatasetRows } from './dataset-rows.tsx';

export const metadata: Metadata = { title: 'Dataset' };

const FIRST_ROWS = 100;
const UNREADABLE_ROWS = 200;

type Props = { params: Promise<{ id: string }>; searchParams: Promise<{ tab?: string }> };

export default async function DatasetPage({ params, searchParams }: Props) {
  const { id } = await params;
  const { tab = 'rows' } = await searchParams;
  const actor = await requireActor(`/datasets/${id}`);
  const dataset = await readDataset(actor, { id });
  if (dataset === null) notFound();
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
      <PageHeader
        title={dataset.name}
        meta={`${formatNoun(dataset.itemCount, noun)} · ${formatCount(dataset.unreadableCount)} unreadable · ${formatBytes(dataset.bytes)}`}
        actions={
          dataset.state === 'ready' && may(actor, 'plan') ? (
            <ButtonLink kind="primary" href={`/batches/new?dataset=${id}`}>
              Plan a batch
            </ButtonLink>
          ) : null
        }
      />
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
      <TabLinks label="Parts of the dataset" tabs={tabs} />
      <FieldLabelsOf labels={dataset.labels}>
        {tab === 'fields' ? (
          <>
            <Notes notes={dataset.notes} />
            <FieldProfile fields={dataset.fields} itemCount={dataset.itemCount} />
          </>
        ) : null}
        {tab === 'unreadable' ? (
          <UnreadableRows rows={(await readUnreadable(actor, { id, limit: UNREADABLE_ROWS }))?.items ?? []} />
        ) : null}
        {tab === 'rows' ? (
          <DatasetRows
            id={id}
            fields={dataset.fields.map(({ name }) => name)}
            total={dataset.itemCount}
            first={(await readItems(actor, { id, limit: FIRST_ROWS })) ?? { items: [], next: null }}
          />
        ) : null}
      </FieldLabelsOf>
    </div>
  );
}
