'use client';

import { type ReactNode, useState } from 'react';
import { FieldName } from '#components/datasets/field-labels.tsx';
import { classes } from '#components/ui/classes.ts';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Fold } from './fold.tsx';
import type { ShownItem } from './item-view.tsx';
import { isLong, LongValue } from './long-value.tsx';

type Props = {
  item: ShownItem;
  /** of its fields, these; left out, all of them */
  only?: readonly string[] | undefined;
  beside?: ((name: string, value: string) => ReactNode) | undefined;
};

/** A record as a form: the name of a field over its value, first those that the rule went by, last those that are empty. */
export function FormView({ item, only, beside }: Props) {
  const [most, setMost] = useState(FIELDS_SHOWN);
  const { filled, empty } = inReadingOrder(item, only);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <dl className="grid min-w-0 grid-cols-[repeat(auto-fill,minmax(min(100%,13rem),1fr))] gap-x-4 gap-y-3">
        {filled.slice(0, most).map((name) => {
          const value = item.fields[name] ?? '';
          const hits = item.matched?.[name];
          return (
            <div
              key={name}
              className={classes('min-w-0', isLong(value) && 'col-span-full', hits && 'border-l-2 border-accent pl-2')}
            >
              <dt className="flex items-center gap-1 text-12 break-words text-muted">
                <span className="min-w-0 break-words">
                  <FieldName name={name} />
                </span>
                {hits ? (
                  <span className="inline-flex items-center gap-1 text-accent" title="The rule went by this field.">
                    <Glyph name="◆" className="size-2.5" /> decided
                  </span>
                ) : null}
              </dt>
              <dd className="min-w-0 break-words whitespace-pre-wrap">
                <LongValue key={item.ordinal} ordinal={item.ordinal} name={name} value={value} hits={hits} />
                {beside?.(name, value)}
              </dd>
            </div>
          );
        })}
      </dl>
      {filled.length > most ? (
        <button
          type="button"
          onClick={() => setMost(most + FIELDS_SHOWN)}
          className="row-item w-fit rounded-md text-12 text-muted underline underline-offset-2 hover:text-text"
        >
          Show the next of {formatCount(filled.length - most)} more fields
        </button>
      ) : null}
      {empty.length > 0 ? (
        <Fold words={formatNoun(empty.length, 'empty fields')}>
          <ul className="flex flex-wrap gap-x-3 gap-y-1 text-12 text-muted">
            {empty.slice(0, EMPTY_SHOWN).map((name) => (
              <li key={name} className="max-w-full break-words">
                <FieldName name={name} />
                {beside?.(name, '')}
              </li>
            ))}
            {empty.length > EMPTY_SHOWN ? <li>and {formatCount(empty.length - EMPTY_SHOWN)} more</li> : null}
          </ul>
        </Fold>
      ) : null}
    </div>
  );
}

/** A file can have thousands of columns; each costs elements. */
const FIELDS_SHOWN = 200;
const EMPTY_SHOWN = 500;

/** The names of the fields that have a value, first those that the rule went by, and of those that have none. */
function inReadingOrder({ fields, matched = {} }: ShownItem, only: readonly string[] = Object.keys(fields)) {
  const filled = only.filter((name) => (fields[name] ?? '') !== '');
  const decided = filled.filter((name) => Object.hasOwn(matched, name));
  return {
    filled: [...decided, ...filled.filter((name) => !decided.includes(name))],
    empty: only.filter((name) => fields[name] === ''),
  };
}
