/** @jsxImportSource react */
// React's own: what this draws is drawn already (jsx-runtime.ts).

import type { ReactNode } from 'react';
import { beginOf, type Piece, piecesOf, type Range } from '#lib/core/values/legible.ts';
import { type Spoof, spoofsIn } from '#lib/core/values/spoofs.ts';
import { CopyExact } from './copy-exact.tsx';

type Props = {
  text: string;
  /** what of it a rule matched: in order, not overlapping */
  hits?: readonly Range[] | undefined;
  /** a button beside a text in which something is hidden, that copies the very characters */
  copy?: boolean;
};

/**
 * A text from outside, as people read it: apart from what stands around it, so that it turns nothing but itself; with a stand-in for each character that nobody
 * sees; and with a badge where an address in it is not what it looks like. A selection copies what is seen, the button the exact text.
 */
export function Outside({ text, hits, copy = false }: Props): ReactNode {
  const shown = beginOf(text, CHARS_SHOWN);
  const pieces = piecesOf(shown, hits);
  const hides = pieces.some(({ standIn }) => standIn !== null);
  return (
    <>
      <bdi>
        {hides || hits
          ? // biome-ignore lint/suspicious/noArrayIndexKey: a piece is what stands at its place
            pieces.map((piece, index) => <Drawn key={index} piece={piece} />)
          : shown}
        {shown === text ? null : `… and ${(text.length - shown.length).toLocaleString('en-US')} more characters`}
      </bdi>
      {spoofsIn(shown).map((spoof) => (
        <SpoofBadge key={spoof.address} spoof={spoof} />
      ))}
      {copy && hides ? <CopyExact text={text} /> : null}
    </>
  );
}

/** A page is no place for more of one text. */
const CHARS_SHOWN = 200_000;

function Drawn({ piece: { text, standIn, hit } }: { piece: Piece }): ReactNode {
  const drawn = standIn ? (
    <span
      title={standIn.name}
      data-stand-in=""
      className="mx-px rounded-sm bg-sunken px-0.5 align-[0.05em] font-mono text-[0.8em] font-normal text-magenta"
    >
      {standIn.label}
    </span>
  ) : (
    text
  );
  return hit ? (
    <mark className="rounded-sm bg-selected text-text underline decoration-accent underline-offset-2">{drawn}</mark>
  ) : (
    drawn
  );
}

function SpoofBadge({ spoof: { kind, badge, says } }: { spoof: Spoof }): ReactNode {
  const loud = kind !== 'encoded';
  return (
    <bdi
      title={says}
      data-spoof={kind}
      className={`ml-1 rounded-sm border border-current px-1 text-12 whitespace-nowrap ${loud ? 'font-medium text-red' : 'text-muted'}`}
    >
      {loud ? '≠ ' : '= '}
      {badge}
    </bdi>
  );
}
