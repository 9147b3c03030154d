import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { FieldLabelsOf } from '#components/datasets/field-labels.tsx';
import { StoryLines } from '#components/items/story-lines.tsx';
import { FormView } from '#components/items/views/form-view.tsx';
import { ItemView } from '#components/items/views/item-view.tsx';
import { ItemsOf } from '#components/items/views/items-of.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { PrintButton } from '#components/ui/print-button.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readStory } from '#lib/steps/items/read-story.ts';

type Props = { params: Promise<{ id: string; ordinal: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Item ${(await params).ordinal}` };
}

export default async function StoryPage({ params }: Props) {
  const { id, ordinal } = await params;
  const actor = await requireActor(`/batches/${id}/items/${ordinal}`);
  const story = await readStory(actor, { batchId: id, ordinal: /^\d+$/.test(ordinal) ? Number(ordinal) : 0 });
  if (story === null) notFound();
  const sees = may(actor, 'see');
  const fields = Object.keys(story.item ?? story.fields);
  return (
    <>
      <Follow shows={{ batch: id }} />
      <PageHeader
        above={
          <>
            <Link href={`/batches/${id}`} className="hover:text-text">
              {story.batch.name}
            </Link>
            {' · '}
            {sees ? (
              <Link href={`/batches/${id}/chunks/${story.chunk.number}`} className="hover:text-text">
                {story.chunk.name}
              </Link>
            ) : (
              story.chunk.name
            )}
          </>
        }
        title={`Story of item ${formatCount(story.ordinal)}`}
        meta={<span className="break-words">{Object.values(story.fields).filter(Boolean).join(' | ')}</span>}
        actions={<PrintButton />}
      />
      <div className="grid min-w-0 gap-x-10 gap-y-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <StoryLines story={story} sees={sees} />
        <section aria-labelledby="fields" className="min-w-0">
          <h2 id="fields" className="mb-2 text-16 font-medium">
            {story.item ? 'The item' : 'What its receipts name'}
          </h2>
          {fields.length > 0 ? (
            <FieldLabelsOf labels={story.labels}>
              {story.item ? (
                <ItemsOf datasetId={story.datasetId} drawn={story.drawn}>
                  <ItemView item={{ ordinal: story.ordinal, fields: story.item }} />
                </ItemsOf>
              ) : (
                <FormView item={{ ordinal: story.ordinal, fields: story.fields }} />
              )}
            </FieldLabelsOf>
          ) : (
            <p className="text-muted">Nothing: no receipt of it has a value.</p>
          )}
        </section>
      </div>
    </>
  );
}
