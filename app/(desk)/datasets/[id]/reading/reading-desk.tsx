'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { changeReadingAction } from '#app/(desk)/datasets/actions.ts';
import { useRefresh } from '#app/(desk)/use-changed.ts';
import { queries, refusalOf } from '#components/api-client.ts';
import { FieldsSection } from '#components/datasets/fields-section.tsx';
import { LayoutSection } from '#components/datasets/layout-section.tsx';
import { type Change, isNoChange, NO_CHANGE } from '#components/datasets/reading-change.ts';
import { ReadingDiff } from '#components/datasets/reading-diff.tsx';
import { differsWords, makesWords } from '#components/datasets/reading-words.ts';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { useSettled } from '#components/ui/use-settled.ts';
import { writing } from '#components/ui/writing.ts';
import type { Reading } from '#lib/shapes/readings.ts';

type Props = {
  reading: Reading;
  noun: string;
  /** why its rows can't be read anew; null where they can */
  fixed: string | null;
  /** the character sets that its format can be in */
  charsets: readonly string[];
  mayChange: boolean;
};

const TYPING_MS = 250;

/** How a dataset was read, with a control for each guess. What is changed is shown beside what is, before it is used. */
export function ReadingDesk({ reading, noun, fixed, charsets, mayChange }: Props) {
  const router = useRouter();
  const refresh = useRefresh();
  const [change, setChange] = useState<Change>(NO_CHANGE);
  const settled = useSettled(change, TYPING_MS);
  const { dataset, digest } = reading;
  const changing = !isNoChange(change);
  const preview = useQuery({
    ...queries.datasets.previewReading.queryOptions({ input: { params: { id: dataset }, body: { ...settled, digest } } }),
    enabled: changing && !isNoChange(settled),
    placeholderData: (before) => before,
    retry: false,
  });
  const previewed = preview.data !== undefined && settled === change && !preview.isPlaceholderData && !preview.error;
  const use = useMutation({
    ...writing(['datasets', dataset, 'reading'], changeReadingAction),
    onSuccess: async (changed) => {
      if ('dataset' in changed) return router.push(`/datasets/${changed.dataset}`);
      setChange(NO_CHANGE);
      await refresh();
    },
  });
  const after = preview.data ? { items: preview.data.after.items, whole: preview.data.whole } : null;
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <section aria-labelledby="layout" className="flex min-w-0 flex-col gap-1">
        <h2 id="layout" className="text-16 font-medium">
          The file
        </h2>
        <LayoutSection
          reading={reading}
          change={change}
          fixed={mayChange ? fixed : WHO_MAY}
          charsets={charsets}
          onChange={setChange}
        />
      </section>
      <section aria-labelledby="fields" className="flex min-w-0 flex-col gap-2">
        <h2 id="fields" className="text-16 font-medium">
          Its fields
        </h2>
        <FieldsSection reading={reading} change={change} disabled={!mayChange} onChange={setChange} />
      </section>
      {changing ? (
        <section aria-labelledby="differs" aria-busy={!previewed} className="flex min-w-0 flex-col gap-3">
          <h2 id="differs" className="text-16 font-medium">
            What this changes
          </h2>
          {preview.error ? <Banner kind="warning">{refusalOf(preview.error).message}</Banner> : null}
          {preview.data && !preview.error ? (
            <ReadingDiff preview={preview.data} noun={noun} />
          ) : preview.error ? null : (
            <p className="text-muted">Reading the beginning of the file…</p>
          )}
        </section>
      ) : null}
      {changing ? (
        <div className="sticky bottom-0 z-20 -mx-4 flex flex-wrap items-center gap-2 border-t border-hairline bg-background px-4 py-2.5 max-sm:bottom-12 sm:-mx-6 sm:-mb-12 sm:px-6">
          <Button
            kind="primary"
            pending={use.isPending || (!previewed && !preview.error)}
            disabled={Boolean(preview.error)}
            onClick={() => use.mutate({ datasetId: dataset, change: { ...change, digest } })}
          >
            {makesWords(preview.data?.rows ?? false, after, noun)}
          </Button>
          <Button kind="ghost" onClick={() => setChange(NO_CHANGE)}>
            Leave it as it was
          </Button>
          {previewed && preview.data ? (
            <a href="#differs" className="text-muted underline underline-offset-2 hover:text-text">
              {differsWords(preview.data, noun)}
            </a>
          ) : null}
          {use.error ? (
            <p role="alert" className="w-full text-red">
              {use.error.message}
            </p>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

const WHO_MAY = 'An operator or an admin changes how a file is read.';
