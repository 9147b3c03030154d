'use client';

import { useMutation } from '@tanstack/react-query';
import { Upload } from 'lucide-react';
import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import { Banner } from './banner.tsx';
import { Button } from './button.tsx';
import { classes } from './classes.ts';
import { formatBytes, formatShare } from './format.ts';
import { useFromServer } from './from-server.ts';
import { Progress } from './progress.tsx';
import { type UploadProgress, upload } from './upload.ts';
import { writing } from './writing.ts';

type Props = {
  /** where the bytes go, for this file: `/api/v1/datasets?name=…` */
  urlFor: (file: { name: string; size: number }) => string;
  accept: string;
  /** "Drop a CSV file or a mailbox here" */
  title: string;
  hint?: ReactNode;
  /** a second way in, beside the button */
  other?: ReactNode;
  onDone: (answer: unknown) => void;
  /** the file was refused or did not arrive; the zone shows the words itself */
  onRefused?: (message: string) => void;
};

type Transfer = { name: string; progress: UploadProgress; cancel: AbortController };

/** One place for a file: dropped on it or chosen. Shows how much has been sent, and lets go when asked. */
export function DropZone({ urlFor, accept, title, hint, other, onDone, onRefused }: Props) {
  const [over, setOver] = useState(false);
  const [transfer, setTransfer] = useState<Transfer | null>(null);
  const sending = useMutation(
    writing(['upload'], ({ url, file, cancel }: { url: string; file: File; cancel: AbortController }) =>
      upload(url, file, {
        signal: cancel.signal,
        onProgress: (progress) => setTransfer({ name: file.name, progress, cancel }),
      }),
    ),
  );
  const input = useRef<HTMLInputElement>(null);
  // Until the page's script is there the browser would open the file itself.
  const busy = useFromServer();

  const send = (files: FileList | null) => {
    const file = files?.[0];
    if (!file || transfer) return;
    const cancel = new AbortController();
    setTransfer({ name: file.name, progress: { sent: 0, total: file.size }, cancel });
    sending.mutate(
      { url: urlFor(file), file, cancel },
      {
        onSuccess: onDone,
        onError: ({ message }) => onRefused?.(message),
        onSettled: () => setTransfer(null),
      },
    );
  };

  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    send(event.dataTransfer.files);
  };

  return (
    <div className="flex flex-col gap-3">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the button inside does the same */}
      <div
        aria-busy={busy || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={classes(
          'flex min-h-40 flex-col items-start justify-center gap-3 rounded-md border border-dashed px-6 py-6 transition-colors',
          over ? 'border-accent bg-selected' : 'border-control bg-surface',
        )}
      >
        {transfer ? (
          <TransferLine transfer={transfer} />
        ) : (
          <>
            <p className="text-16 font-medium">{title}</p>
            {hint ? <p className="max-w-prose text-muted">{hint}</p> : null}
            <div className="flex flex-wrap items-center gap-2">
              <Button kind="primary" icon={<Upload size={14} aria-hidden="true" />} onClick={() => input.current?.click()}>
                Choose a file
              </Button>
              {other}
            </div>
          </>
        )}
        <input
          ref={input}
          type="file"
          accept={accept}
          className="sr-only"
          tabIndex={-1}
          aria-label="File to upload"
          onChange={(event) => {
            send(event.target.files);
            event.target.value = '';
          }}
        />
      </div>
      {sending.error ? <Banner kind="danger">{sending.error.message}</Banner> : null}
    </div>
  );
}

function TransferLine({ transfer }: { transfer: Transfer }) {
  const { name, progress, cancel } = transfer;
  const share = progress.total === 0 ? 1 : progress.sent / progress.total;
  const words =
    share >= 1
      ? `${formatBytes(progress.total)} sent; reading the last rows`
      : `${formatBytes(progress.sent)} of ${formatBytes(progress.total)} · ${formatShare(share)}`;
  return (
    <div className="flex w-full flex-col gap-3">
      <p className="text-14 font-medium break-all">{name}</p>
      <Progress label={words} value={share} />
      <div>
        <Button size="small" onClick={() => cancel.abort()}>
          Cancel upload
        </Button>
      </div>
    </div>
  );
}
