import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { ReadingQuestions } from '#app/(desk)/datasets/[id]/reading-questions.tsx';
import { requireActor } from '#app/actor.ts';
import { DatasetsNotForAuditors } from '#components/datasets/not-for-auditors.tsx';
import { fixedWords } from '#components/datasets/reading-words.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { formatBytes } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { charsetsOf } from '#lib/steps/datasets/noun.ts';
import { readDataset } from '#lib/steps/datasets/read-datasets.ts';
import { readReading } from '#lib/steps/datasets/read-reading.ts';
import { ReadingDesk } from './reading-desk.tsx';

export const metadata: Metadata = { title: 'How it was read' };

export default async function ReadingPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const actor = await requireActor(`/datasets/${id}/reading`);
  if (!may(actor, 'see')) return <DatasetsNotForAuditors />;
  const [dataset, reading] = await Promise.all([readDataset(actor, { id }), readReading(actor, { datasetId: id })]);
  if (dataset === null || reading === null) notFound();
  const mayChange = may(actor, 'read_anew') && dataset.state === 'ready';
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
        <ReadingDesk
          key={reading.digest}
          reading={reading}
          noun={dataset.noun}
          fixed={fixedWords(reading)}
          charsets={charsetsOf(dataset.format)}
          mayChange={mayChange}
        />
      </div>
    </>
  );
}
