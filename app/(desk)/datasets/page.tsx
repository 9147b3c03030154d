import type { Metadata } from 'next';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { DatasetTable } from '#components/datasets/dataset-table.tsx';
import { DatasetsNotForAuditors } from '#components/datasets/not-for-auditors.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readSources } from '#lib/steps/connections/read-connections.ts';
import { readUploadOffer } from '#lib/steps/datasets/formats.ts';
import { readDatasets } from '#lib/steps/datasets/read-datasets.ts';
import { sampleIsHere } from '#lib/steps/datasets/upload-sample.ts';
import { UploadDesk } from './upload-desk.tsx';

export const metadata: Metadata = { title: 'Datasets' };

export default async function DatasetsPage({ searchParams }: { searchParams: Promise<{ cursor?: string }> }) {
  const actor = await requireActor('/datasets');
  if (!may(actor, 'see')) return <DatasetsNotForAuditors />;
  const { items, next } = await readDatasets(actor, { cursor: (await searchParams).cursor });
  return (
    <>
      <Follow shows={{ topics: ['datasets'] }} />
      <PageHeader title="Datasets" />
      <div className="flex flex-col gap-8">
        {may(actor, 'upload') ? (
          <UploadDesk
            offer={readUploadOffer()}
            sample={sampleIsHere()}
            sources={await readSources(actor)}
            first={items.length === 0}
          />
        ) : null}
        {items.length > 0 ? (
          <div>
            <DatasetTable datasets={items} />
            <NextPage href={next === null ? null : `/datasets?cursor=${encodeURIComponent(next)}`} />
          </div>
        ) : null}
      </div>
    </>
  );
}
