'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { refusalOf } from '#components/api-client.ts';
import { FieldValue } from '#components/datasets/field-labels.tsx';
import { formatCount } from '#components/ui/format.ts';
import { jsonRoot } from '#lib/core/values/json-tree.ts';
import { beginOf, type Range } from '#lib/core/values/legible.ts';
import { originalOf, useItemsFrom } from './items-of.tsx';
import { JsonTree } from './json-tree.tsx';

/** A person reads the beginning of what is longer. */
const LONG = 600;

/** Whether a value needs a line of its own. */
export function isLong(value: string): boolean {
  return value.length > 60 || value.includes('\n') || jsonRoot(value) !== null;
}

type Props = { ordinal: number; name: string; value: string; hits: readonly Range[] | undefined };

/** A value: JSON as a tree, a long one folded, and one that came cut is fetched when all of it is asked for. */
export function LongValue({ ordinal, name, value, hits }: Props) {
  const [open, setOpen] = useState(hits?.some(([, to]) => to > LONG) ?? false);
  const from = useItemsFrom();
  const cut = value.endsWith('…') && value.length >= LONG;
  const { data, error } = useQuery({
    ...originalOf(from?.datasetId ?? '', ordinal),
    enabled: open && cut && from !== null,
  });
  const whole = (open && cut ? data?.fields[name] : undefined) ?? value;
  const root = useMemo(() => (hits ? null : jsonRoot(whole)), [whole, hits]);
  if (root) return <JsonTree text={whole} root={root} label={name} />;
  const shown = open ? whole : beginOf(whole, LONG);
  const more = whole.length > LONG;
  return (
    <>
      <FieldValue name={name} value={shown} hits={hits?.filter(([, to]) => to <= shown.length)} copy />
      {more && !open ? '… ' : ' '}
      {more ? (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="row-item rounded-md text-12 whitespace-nowrap text-muted underline underline-offset-2 hover:text-text"
        >
          {open ? 'Show less' : cut ? 'Show all of it' : `Show all ${formatCount(whole.length)} characters`}
        </button>
      ) : null}
      {error ? <span role="alert">{refusalOf(error).message}</span> : null}
    </>
  );
}
