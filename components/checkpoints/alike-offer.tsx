import { useEffect, useRef, useState } from 'react';
import { useFieldLabel } from '#components/datasets/field-labels.tsx';
import { Button } from '#components/ui/button.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Kbd } from '#components/ui/kbd.tsx';
import { Outside } from '#components/ui/outside.tsx';
import { useKeys } from '#components/ui/use-keys.ts';
import type { Alike, Ground } from '#lib/shapes/checkpoints.ts';
import { groundWords } from './alike.ts';

type Props = {
  alike: Alike;
  noun: string;
  /** moves these now */
  onMove: (ordinals: number[]) => void;
  /** shows the rules with this one first; null: this person may not change them */
  onRule: ((ground: Ground) => void) | null;
  /** shows the instruction with a line for this ground behind it; null: nothing is classified by one, or this person may not change it */
  onLine: ((ground: Ground, label: (name: string) => string) => void) | null;
  onDismiss: () => void;
};

/** So long it stays when nobody is in it. */
const STAYS_MS = 30_000;

/** What is like all of the items that were moved together, each ground with its counts. It stands beside the list, and goes by itself when nobody takes it. */
export function AlikeOffer({ alike, noun, onMove, onRule, onLine, onDismiss }: Props) {
  const label = useFieldLabel();
  const [at, setAt] = useState(0);
  const [inside, setInside] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const ground = alike.grounds[at] ?? alike.grounds[0];
  useKeys({ l: () => first.current?.focus() });
  useEffect(() => {
    if (inside) return;
    const timer = setTimeout(onDismiss, STAYS_MS);
    return () => clearTimeout(timer);
  }, [inside, onDismiss]);
  if (!ground) return null;
  const { compared, of } = alike;
  return (
    <section
      aria-label="More like it"
      aria-live="polite"
      onFocus={() => setInside(true)}
      onBlur={() => setInside(false)}
      onPointerEnter={() => setInside(true)}
      onPointerLeave={() => setInside(false)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDismiss();
      }}
      className="flex flex-col gap-2 border-t border-hairline p-3"
    >
      <p className="flex items-center gap-2 font-medium">
        More like {of.items === 1 ? 'it' : 'them'}? <Kbd>l</Kbd>
      </p>
      <fieldset className="flex flex-col gap-1">
        <legend className="sr-only">On which ground</legend>
        {alike.grounds.map((one, index) => (
          <label key={`${one.kind} ${one.field}`} className="flex items-start gap-2">
            <input
              ref={index === at ? first : undefined}
              type="radio"
              name="ground"
              checked={index === at}
              onChange={() => setAt(index)}
              className="mt-1"
            />
            <span className="min-w-0">
              {groundWords(one, label)}
              <span className="block truncate text-12 text-muted">{one.value ? <Outside text={one.value} /> : null}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {ground.examples.length > 0 ? (
        <ul className="text-12 text-muted">
          {ground.examples.map(({ ordinal, line }) => (
            <li key={ordinal} className="truncate">
              <Outside text={line} />
            </li>
          ))}
        </ul>
      ) : null}
      {of.items > of.compared ? (
        <p className="text-12 text-muted">
          Of the {formatNoun(of.items, noun)} that were moved, {formatNoun(of.compared, noun)} were compared.
        </p>
      ) : null}
      {compared.itemsToCome > compared.toCome ? (
        <p className="text-12 text-muted">
          Of {formatNoun(compared.itemsToCome, noun)} to come, {formatNoun(compared.toCome, noun)} were compared.
        </p>
      ) : null}
      <div className="flex flex-wrap gap-2">
        {ground.ordinals.length > 0 ? (
          <Button size="small" kind="primary" onClick={() => onMove(ground.ordinals)}>
            Move {formatNoun(ground.ordinals.length, noun)} to {alike.to}
          </Button>
        ) : null}
        {onRule && ground.rule !== null ? (
          <Button size="small" onClick={() => onRule(ground)}>
            Make it a rule…
          </Button>
        ) : null}
        {onLine && ground.kind !== 'rule' ? (
          <Button size="small" onClick={() => onLine(ground, label)}>
            Add it to the instruction…
          </Button>
        ) : null}
        <Button size="small" kind="ghost" onClick={onDismiss}>
          {of.items === 1 ? 'Only this one' : `Only these ${formatCount(of.items)}`}
        </Button>
      </div>
    </section>
  );
}
