'use client';

import { type ReactNode, useState } from 'react';
import type { Range } from '#lib/core/values/legible.ts';
import { Choice } from './choice.tsx';
import { FormView } from './form-view.tsx';
import { useItemsFrom } from './items-of.tsx';
import { MailView } from './mail-view.tsx';
import { SourceView } from './source-view.tsx';
import { TreeOfItem } from './tree-of-item.tsx';

export type ShownItem = {
  ordinal: number;
  fields: Readonly<Record<string, string>>;
  /** the text that is read apart from the fields, where it is not among them */
  text?: string | null;
  /** per field, what a rule matched */
  matched?: Readonly<Record<string, readonly Range[]>> | undefined;
};

type Props = {
  item: ShownItem;
  /** what stands behind a value */
  beside?: ((name: string, value: string) => ReactNode) | undefined;
  /** whether its bytes are shown elsewhere on the page */
  sourceElsewhere?: boolean;
};

/** One item, drawn as what it is: a mail as a mail, a record as a form, JSON as a tree; and its own bytes. */
export function ItemView({ item, beside, sourceElsewhere = false }: Props) {
  const from = useItemsFrom();
  const [view, setView] = useState<'item' | 'tree' | 'source'>('item');
  if (from?.drawn.as === 'mail') return <MailView item={item} from={from} beside={beside} sourceElsewhere={sourceElsewhere} />;
  const views = [
    { id: 'item', label: 'Fields' },
    ...(from?.drawn.as === 'tree' ? [{ id: 'tree', label: 'JSON' } as const] : []),
    ...(sourceElsewhere ? [] : [{ id: 'source', label: 'Source' } as const]),
  ] as const;
  return (
    <div className="flex min-w-0 flex-col gap-3">
      {from && views.length > 1 ? (
        <Choice label="How the item is shown" choices={views} chosen={view} onChoose={setView} />
      ) : null}
      {from && view === 'tree' ? <TreeOfItem datasetId={from.datasetId} ordinal={item.ordinal} /> : null}
      {from && view === 'source' ? <SourceView datasetId={from.datasetId} ordinal={item.ordinal} /> : null}
      {view === 'item' ? <FormView item={item} beside={beside} /> : null}
    </div>
  );
}
