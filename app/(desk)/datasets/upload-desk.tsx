'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { DropZone } from '#components/ui/drop-zone.tsx';
import { newId } from '#components/ui/new-id.ts';
import { writing } from '#components/ui/writing.ts';
import type { UploadOffer } from '#lib/steps/datasets/formats.ts';
import { uploadSampleAction } from './actions.ts';
import { ArrivingRows } from './arriving-rows.tsx';

/** Where data comes in: a file, or the sample mailbox where it is installed. Its first rows show while the rest arrives. */
export function UploadDesk({ offer, sample, first }: { offer: UploadOffer; sample: boolean; first: boolean }) {
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
      {arriving ? <ArrivingRows id={arriving} /> : null}
    </div>
  );
}
