import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { requireActor } from '#app/actor.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { formatBytes } from '#components/ui/format.ts';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { readDataset } from '#lib/steps/datasets/read-datasets.ts';
import { readReading } from '#lib/steps/datasets/read-reading.ts';
import { ReadingQuestions } from '#app/(desk)/datasets/[id]/reading-questions.tsx';
import { ReadingDesk } from './reading-desk.tsx';

export const metadata: Metadata = { title: 'How it was read' };

export default async function ReadingPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const actor = await requireActor(`/datasets/${id}/reading`);
  const [dataset, reading] = await Promise.all([readDataset(actor, { id }), readReading(actor, { datasetId: id })]);
  if (dataset === null || reading === null) notFound();
  const mayChange = may(actor, 'upload') && dataset.state === 'ready';
  return (
    <>
      <PageHeader
        above={
          <Link href={`/datasets/${id}`} className="underline-offset-2 hover:underline">
            {dataset.name}
          </Link>
        }
        title="How it was read"
        meta={reading.sources.map(({ name, bytes }) => `${name}, ${formatBytes(bytes)}`).join(' and ')}
        actions={<ButtonLink href={`/datasets/${id}`}>Its rows</ButtonLink>}
      />
      <div className="flex min-w-0 flex-col gap-6">
        <ReadingQuestions reading={reading} mayAnswer={mayChange} />
        <ReadingDesk key={reading.digest} reading={reading} noun={dataset.noun} fixed={fixedWords(reading)} mayChange={mayChange} />
      </div>
    </>
  );
}

/** Why the rows of a dataset can't be read anew; null where they can. */
function fixedWords({ sources }: Reading): string | null {
  if (sources.length > 0 && sources.every(({ kept }) => kept)) return null;
  return sources.length === 0
    ? 'This dataset came before files were kept, so only what its fields mean can be changed. To read its rows otherwise, upload the file again.'
    : 'The file of this dataset is not on this machine, so only what its fields mean can be changed.';
}
