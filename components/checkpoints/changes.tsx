'use client';

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries, refusalOf } from '#components/api-client.ts';
import { Button } from '#components/ui/button.tsx';
import { classes } from '#components/ui/classes.ts';
import { Dialog } from '#components/ui/dialog.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import type { ChangedFileView } from '#lib/shapes/changes.ts';
import { lineWords, sumWords } from './changes-words.ts';
import type { OfChunk } from './checkpoint-view.ts';

type Props = {
  of: OfChunk;
  /** it was approved: what is shown is what was approved */
  decided: boolean;
  /** as the chunk is now: another one has other changes */
  revision: number;
  /** takes a person to an item of the chunk */
  onItem: (ordinal: number) => void;
};

/** One press shows the files that a chunk changes, one under the other, with their lines. */
export function Changes({ of, decided, revision, onItem }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        Show all changes
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        wide
        title={decided ? 'What was approved to change' : 'What an approval changes'}
        footer={<Button onClick={() => setOpen(false)}>Close</Button>}
      >
        {open ? (
          <Files
            key={revision}
            of={of}
            onItem={(ordinal) => {
              setOpen(false);
              onItem(ordinal);
            }}
          />
        ) : null}
      </Dialog>
    </>
  );
}

function Files({ of, onItem }: Pick<Props, 'of' | 'onItem'>) {
  const pages = useInfiniteQuery(
    queries.chunks.changes.infiniteOptions({
      input: (after: string | undefined) => ({ ...of, ...(after === undefined ? {} : { after }) }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: ({ next }) => next ?? undefined,
      placeholderData: keepPreviousData,
      refetchOnWindowFocus: false,
      staleTime: 0,
      gcTime: 0,
      retry: false,
    }),
  );
  if (pages.error && !pages.data)
    return (
      <p role="alert" className="text-red">
        {refusalOf(pages.error).message}
      </p>
    );
  const sum = pages.data?.pages[0]?.sum;
  if (!pages.data || !sum) return <p className="text-muted">Reading the changes…</p>;
  const files = pages.data.pages.flatMap((page) => page.files);
  if (sum.files === 0) return <p className="text-muted">Nothing of this chunk changes a file.</p>;
  const left = sum.files - files.length;
  // A push is one item of many files: nobody looks for a file among its items.
  const one = files.length > 1 && files.every(({ ordinal }) => ordinal === files[0]?.ordinal);
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <p role="status" className="text-14 tabular-nums">
        {sumWords(sum)}.
      </p>
      <ul className="flex min-w-0 flex-col gap-2">
        {files.map((file) => (
          <li key={`${file.ordinal} ${file.path}`} className="min-w-0">
            <File file={file} onItem={one ? null : onItem} />
          </li>
        ))}
      </ul>
      <MorePages pages={pages} label={left > 0 ? `and ${formatNoun(left, 'files')} more` : 'Show more'} />
    </div>
  );
}

/** A file with more lines is folded at first. */
const LINES_OPEN = 60;

const KINDS = { new: 'new', changed: null, moved: 'moved', removed: 'removed' } as const;

function File({ file, onItem }: { file: ChangedFileView; onItem: Props['onItem'] | null }) {
  const { path, from, kind, hunks, more, why, ordinal } = file;
  const lines = hunks.reduce((count, hunk) => count + hunk.lines.length, 0) + more;
  return (
    <details open={lines <= LINES_OPEN} className="min-w-0 rounded-md border border-hairline">
      <summary className="cursor-pointer rounded-md bg-surface px-3 py-2 text-12 leading-[18px]">
        <span className="mr-2 font-mono font-medium break-all">
          {from === null ? null : (
            <>
              <bdi>{from}</bdi> <span className="font-sans font-normal text-muted">to</span>{' '}
            </>
          )}
          <bdi>{path}</bdi>
        </span>
        {KINDS[kind] === null ? null : (
          <span className={classes('mr-2', kind === 'removed' ? 'text-red' : 'text-muted')}>{KINDS[kind]}</span>
        )}
        <span className="whitespace-nowrap text-muted tabular-nums">{lineWords(file)}</span>
      </summary>
      <div className="min-w-0 border-t border-hairline">
        {why === null ? null : <p className="px-3 py-2 text-12 text-muted">{why}</p>}
        {hunks.map((hunk) => (
          <Hunk key={`${hunk.before} ${hunk.after}`} hunk={hunk} />
        ))}
        {more > 0 || onItem ? (
          <p className="flex flex-wrap gap-x-3 border-t border-hairline px-3 py-1 text-12 text-muted first:border-t-0">
            {more > 0 ? <span>and {formatNoun(more, 'lines')} more</span> : null}
            {onItem ? (
              <button type="button" onClick={() => onItem(ordinal)} className="underline underline-offset-2 hover:text-text">
                Item {ordinal}
              </button>
            ) : null}
          </p>
        ) : null}
      </div>
    </details>
  );
}

const TONES: Readonly<Record<string, string>> = { '+': 'bg-green/10 text-green', '-': 'bg-red/10 text-red', '\\': 'text-muted' };

function Hunk({ hunk: { before, after, lines } }: { hunk: ChangedFileView['hunks'][number] }) {
  let [old, now] = [before, after];
  const numbered = lines.map((line) => {
    const mark = line.slice(0, 1);
    const numbers = { old: mark === '+' || mark === '\\' ? null : old, now: mark === '-' || mark === '\\' ? null : now };
    if (numbers.old !== null) old += 1;
    if (numbers.now !== null) now += 1;
    return { mark, text: line.slice(1), ...numbers };
  });
  return (
    <table className="w-full border-t border-hairline font-mono text-12 leading-[18px] first:border-t-0">
      <caption className="sr-only">
        Lines from {before}, and from {after} as they become
      </caption>
      <tbody>
        {numbered.map(({ mark, text, old: was, now: is }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name than its place
          <tr key={place} className={classes('align-top', TONES[mark])}>
            <td className="w-10 px-2 text-right text-muted tabular-nums select-none max-sm:hidden">{was}</td>
            <td className="w-10 px-2 text-right text-muted tabular-nums select-none max-sm:hidden">{is}</td>
            <td className="w-5 pl-2 select-none">{mark === ' ' ? null : mark === '-' ? '−' : mark}</td>
            <td className="pr-2 break-all whitespace-pre-wrap">{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
