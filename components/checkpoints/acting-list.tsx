import { Glyph } from '#components/ui/glyph.tsx';
import { type Acting, actionPhrase, effectWord } from './words.ts';

/** What is approved, per target and effect; nothing where no category acts. */
export function ActingList({ acting, noun }: { acting: Acting[]; noun: string }) {
  if (acting.length === 0) return null;
  return (
    <ul className="rounded-md border border-hairline" aria-label="What is approved">
      {acting.map((one) => (
        <li
          key={one.name}
          className="flex flex-wrap items-baseline justify-between gap-x-4 border-b border-hairline px-3 py-1.5 last:border-b-0"
        >
          <span>
            <span className="font-medium">{actionPhrase(one.action, one.count, noun)}</span>{' '}
            <span className="text-muted">({one.name})</span>
          </span>
          <span className="text-12 text-muted">
            {one.action.target} ·{' '}
            <span className={one.action.effect === 'permanent' ? 'font-medium text-red' : ''}>
              {one.action.effect === 'undoable' ? <Glyph name="↩" className="inline size-2.5" /> : null} {effectWord(one.action)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
