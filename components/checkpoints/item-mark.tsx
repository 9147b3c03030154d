import type { ReactNode } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Glyph } from '#components/ui/glyph.tsx';
import { Kbd } from '#components/ui/kbd.tsx';
import type { ShownMark } from './marks.ts';

type Props = {
  mark: ShownMark | null;
  decided: boolean;
  /** null where this person can't, or the chunk takes no marks now */
  onMark: ((right: boolean | null) => void) | null;
  /** of a decided chunk, where this person may undo the item */
  undo: ReactNode;
};

/** Whether somebody looked at the chosen item, and what that says. */
export function ItemMark({ mark, decided, onMark, undo }: Props) {
  if (!mark && !onMark) return null;
  const wrongHere = decided && mark?.verdict === 'wrong';
  return (
    <fieldset aria-label="Mark of this item" className="flex flex-wrap items-center gap-2 border-b border-hairline px-4 py-2">
      {mark ? <Said mark={mark} /> : <span className="text-muted">Not marked yet</span>}
      <span className="flex flex-wrap gap-1.5 sm:ml-auto">
        {onMark && mark?.verdict !== 'right' ? (
          <Button size="small" onClick={() => onMark(true)}>
            Right <Kbd>a</Kbd>
          </Button>
        ) : null}
        {onMark && decided && !wrongHere ? (
          <Button size="small" onClick={() => onMark(false)}>
            This is wrong: undo this one…
          </Button>
        ) : null}
        {onMark && mark && (mark.verdict === 'right' || wrongHere) ? (
          <Button size="small" kind="ghost" onClick={() => onMark(null)}>
            Take the mark back
          </Button>
        ) : null}
        {wrongHere ? undo : null}
      </span>
    </fieldset>
  );
}

function Said({ mark: { verdict, category, by, filed } }: { mark: ShownMark }) {
  const who = <span className="text-muted">{by === null ? 'saving…' : by}</span>;
  if (verdict === 'right')
    return (
      <span className="inline-flex items-center gap-1.5 text-green">
        <Glyph name="✓" /> right in {category} {who}
      </span>
    );
  if (filed)
    return (
      <span className="inline-flex items-center gap-1.5">
        <Glyph name="◆" /> filed from {category} {who}
      </span>
    );
  return (
    <span className="inline-flex items-center gap-1.5 text-rust">
      <Glyph name="✕" /> wrong in {category} {who}
    </span>
  );
}
