'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useState } from 'react';
import { queries, refusalOf } from '#components/api-client.ts';
import { Button } from '#components/ui/button.tsx';
import { classes } from '#components/ui/classes.ts';
import { Dialog } from '#components/ui/dialog.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import { PAGED } from '#components/ui/pages.ts';
import type { RuleCounts } from '#lib/shapes/plans.ts';
import { RowTable } from './rows-behind.tsx';

type Of = {
  batchId: string;
  /** what an item is called, as a plural */
  noun: string;
  /** the names of the dataset's fields in their order */
  columns: readonly string[];
};
type Asked = { rule: number; title: string };

const Show = createContext<{ show: (asked: Asked) => void; noun: string }>({ show: () => {}, noun: 'items' });

/** Opens the items behind the counts inside (`RuleCount`): those of a batch that its rules classified. */
export function RuleItems({ of, children }: { of: Of; children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [open, setOpen] = useState(false);
  const show = (one: Asked) => {
    setAsked(one);
    setOpen(true);
  };
  return (
    <>
      <Show value={{ show, noun: of.noun }}>{children}</Show>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={asked?.title ?? ''}
        wide
        footer={<Button onClick={() => setOpen(false)}>Close</Button>}
      >
        {asked ? <Items of={of} {...asked} /> : null}
      </Dialog>
    </>
  );
}

type CountProps = { rule: number; counted: RuleCounts['otherwise'] | undefined; className?: string };

/** How many items a rule classified, and how many of them people moved; opens them. 0 is what no rule took. */
export function RuleCount({ rule, counted, className }: CountProps) {
  const { show, noun } = useContext(Show);
  if (!counted || counted.items === 0) return <span className={classes('text-muted', className)}>{counted ? '0' : null}</span>;
  const { items, moved } = counted;
  const title = `${formatNoun(items, noun)} that ${rule === 0 ? 'no rule took' : `rule ${rule} classified`}`;
  return (
    <span className={className}>
      <button
        type="button"
        onClick={() => show({ rule, title })}
        className="rounded-md underline decoration-control decoration-dotted underline-offset-3 hover:bg-sunken hover:decoration-solid pointer-coarse:min-h-11"
      >
        {formatCount(items)}
        <span className="sr-only">{title.slice(formatCount(items).length)}: show them</span>
      </button>
      {moved > 0 ? <span className="text-12 text-muted"> · {formatCount(moved)} moved since</span> : null}
    </span>
  );
}

const ROWS = 50;

function Items({ of: { batchId, columns }, rule, title }: Asked & { of: Of }) {
  const pages = useInfiniteQuery({
    ...queries.batches.ruleItems.infiniteOptions({
      input: (cursor: string | undefined) => ({ id: batchId, rule, limit: ROWS, ...(cursor ? { cursor } : {}) }),
      ...PAGED,
    }),
    // Read when it is opened, and not kept: rules and corrections move it.
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  if (pages.isPending) return <p className="text-muted">Looking for the items…</p>;
  if (pages.isError && !pages.data)
    return (
      <p role="alert" className="text-red">
        {refusalOf(pages.error).message}
      </p>
    );
  const rows = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      {rows.length > 0 ? (
        <RowTable
          rows={rows.map((row) => ({ ...row, unknownFields: [], problem: null }))}
          {...{ columns, title }}
          story={(ordinal) => `/batches/${batchId}/items/${ordinal}`}
        />
      ) : (
        <p className="text-muted">{pages.hasNextPage ? 'None among the first items.' : 'There is no such item.'}</p>
      )}
      <MorePages pages={pages} {...(rows.length === 0 ? { label: 'Look further' } : {})} />
    </>
  );
}
