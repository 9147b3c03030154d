'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { refusalOf } from '#components/api-client.ts';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { jsonRoot } from '#lib/core/values/json-tree.ts';
import { Again } from './again.tsx';
import { openedOf } from './items-of.tsx';
import { JsonTree } from './json-tree.tsx';
import { SourceView } from './source-view.tsx';

/** An item of a JSON file as a tree. */
export function TreeOfItem({ datasetId, ordinal }: { datasetId: string; ordinal: number }) {
  const { data, error, refetch } = useQuery(openedOf(datasetId, ordinal));
  const text = data?.kind === 'tree' ? data.json : null;
  const root = useMemo(() => (text === null ? null : jsonRoot(text)), [text]);
  if (error) return <Again words={refusalOf(error).message} onAgain={refetch} />;
  if (!data) return <Skeleton rows={6} label="Loading the record" />;
  if (text !== null && root) return <JsonTree key={ordinal} text={text} root={root} label={`Record ${ordinal}`} />;
  return (
    <>
      <p className="text-muted">
        {text === null ? 'It is too long to be drawn as a tree.' : 'It is one value.'} This is how it stands in the file:
      </p>
      <SourceView datasetId={datasetId} ordinal={ordinal} />
    </>
  );
}
