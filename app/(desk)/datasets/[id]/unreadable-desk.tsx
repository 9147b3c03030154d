'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { unreadablePages } from '#components/datasets/dataset-pages.ts';
import { UnreadableRows } from '#components/datasets/unreadable-rows.tsx';
import { unreadableOf } from '#components/datasets/unreadable-words.ts';
import { buttonLook } from '#components/ui/button-look.ts';
import { DropZone } from '#components/ui/drop-zone.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { MorePages } from '#components/ui/more-pages.tsx';
import { useFirstPage } from '#components/ui/use-first-page.ts';
import type { DatasetView, UnreadableRow } from '#lib/shapes/datasets.ts';

type Props = {
  dataset: Pick<DatasetView, 'id' | 'itemCount' | 'unreadableCount'>;
  first: { items: UnreadableRow[]; next: string | null };
  /** whether this person may bring fixed rows */
  mayFix: boolean;
  /** why the rows can't be had as a file; null where they can */
  lost: string | null;
};

/** What could not be read, and the way to fix it: the rows as a file, and the same file back. */
export function UnreadableDesk({ dataset, first, mayFix, lost }: Props) {
  const router = useRouter();
  const options = unreadablePages(dataset.id, first);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, first);
  const { id, unreadableCount } = dataset;
  const rows = pages.data.pages.flatMap((page) => page.items);
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {unreadableCount > 0 ? (
        <section aria-label="Rows to fix" className="flex flex-col gap-3">
          <p className="flex items-start gap-2">
            <Glyph name="!" className="mt-1 text-amber" />
            <span>
              <b className="font-medium">{unreadableOf({ read: dataset.itemCount, unreadable: unreadableCount })}.</b> No batch
              has them. {lost ?? HOW}
            </span>
          </p>
          {lost === null ? (
            <p>
              <a
                href={`/api/v1/datasets/${id}/unreadable?format=original`}
                download
                className={buttonLook('secondary', 'normal')}
              >
                Rows to fix ({formatCount(unreadableCount)})
              </a>
            </p>
          ) : null}
          {mayFix && lost === null ? (
            <DropZone
              urlFor={({ name }) => `/api/v1/datasets/${id}/fixed-rows?name=${encodeURIComponent(name)}`}
              accept=""
              title="Drop the fixed file here"
              hint="It is read as this file was. All rows together become a new dataset; batches of this one keep what they have."
              onDone={(answer) => router.push(`/datasets/${(answer as { id: string }).id}`)}
            />
          ) : null}
        </section>
      ) : null}
      <div>
        <UnreadableRows rows={rows} />
        <MorePages pages={pages} />
      </div>
    </div>
  );
}

const HOW =
  'Download them, fix them where they are wrong, and upload that file: with the rows that were read it becomes a new dataset.';
