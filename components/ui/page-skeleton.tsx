import { Block } from './skeleton.tsx';

type Props = {
  /** what is on its way: "the batch" */
  of: string;
  /** how the page is made: a list; the parts of a batch; three panes over a bar */
  shape?: 'list' | 'batch' | 'checkpoint';
};

/** The outline of a page that is on its way, as large as the page will be, so that nothing jumps when it comes. It has no heading: that is the page's. */
export function PageSkeleton({ of, shape = 'list' }: Props) {
  return (
    <div role="status" className="flex flex-col gap-4">
      <span className="sr-only">Loading {of}…</span>
      <div aria-hidden="true" className="flex flex-col gap-4">
        {shape === 'checkpoint' ? <Block className="-mb-2 h-4 w-40" /> : null}
        <Block className="h-7 w-72 max-w-full" />
        <Block className="-mt-2 h-5 w-96 max-w-full" />
        {shape === 'batch' ? (
          <>
            <Block className="h-24" />
            <Block className="h-3" />
            <Block className="h-8" />
            <Block className="h-64" />
          </>
        ) : null}
        {shape === 'checkpoint' ? (
          <>
            <div className="grid gap-px overflow-hidden rounded-md border border-hairline lg:h-[calc(100dvh-14rem)] lg:grid-cols-[15rem_1.25fr_1fr]">
              <Block className="h-32 rounded-none lg:h-full" />
              <Block className="h-64 rounded-none lg:h-full" />
              <Block className="hidden rounded-none lg:block lg:h-full" />
            </div>
            <Block className="h-8 w-56 max-w-full" />
          </>
        ) : null}
        {shape === 'list' ? (
          <>
            <Block className="h-8 w-64 max-w-full" />
            {ROWS.map((row) => (
              <Block key={row} className="h-8" />
            ))}
          </>
        ) : null}
      </div>
    </div>
  );
}

const ROWS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
