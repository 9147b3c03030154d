'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { api, asOutcome } from '#components/api-client.ts';
import { SourcePicker } from '#components/datasets/source-picker.tsx';
import { Button } from '#components/ui/button.tsx';
import { DropZone } from '#components/ui/drop-zone.tsx';
import { newId } from '#components/ui/new-id.ts';
import { writing } from '#components/ui/writing.ts';
import type { SourceOffer } from '#lib/steps/connections/read-connections.ts';
import type { UploadOffer } from '#lib/steps/datasets/formats.ts';
import { uploadSampleAction } from './actions.ts';
import { ArrivingRows } from './arriving-rows.tsx';

type Props = { offer: UploadOffer; sample: boolean; sources: readonly SourceOffer[]; first: boolean };

/** Where data comes in: a file, a place of a connection, or the sample mailbox where it is installed. Its first rows show while the rest arrives. */
export function UploadDesk({ offer, sample, sources, first }: Props) {
  const router = useRouter();
  // The id is chosen here, so that the dataset can be looked at before its upload has been answered.
  const [arriving, setArriving] = useState<string | null>(null);
  const begin = (): string => {
    const id = newId();
    setArriving(id);
    return id;
  };
  const open = ({ id }: { id: string }) => router.push(`/datasets/${id}`);
  const trySample = useMutation({
    ...writing(['datasets', 'sample'], () => uploadSampleAction({ id: begin() })),
    onSuccess: open,
    onError: () => setArriving(null),
  });
  return (
    <div className="flex flex-col gap-4">
      <DropZone
        urlFor={({ name }) => `/api/v1/datasets?name=${encodeURIComponent(name)}&id=${begin()}`}
        accept={offer.endings.join(',')}
        title={first ? 'Drop a file here to begin' : 'Drop another file here'}
        hint={`${offer.files.charAt(0).toUpperCase()}${offer.files.slice(1)}. Nothing in it is changed or sent by uploading.`}
        other={
          sample ? (
            <Button pending={trySample.isPending || trySample.isSuccess} onClick={() => trySample.mutate()}>
              Try 6,046 real mails
            </Button>
          ) : null
        }
        onDone={(answer) => open(answer as { id: string })}
        onRefused={() => setArriving(null)}
      />
      {trySample.error ? (
        <p role="alert" className="text-red">
          {trySample.error.message}
        </p>
      ) : null}
      {sources.length > 0 ? (
        <SourcePicker
          sources={sources}
          onRead={async (connection, place) =>
            asOutcome(api.connections.collect({ params: { id: connection }, body: { place, id: begin() } }))
          }
          onDone={open}
          onRefused={() => setArriving(null)}
        />
      ) : null}
      {arriving ? <ArrivingRows id={arriving} /> : null}
    </div>
  );
}
