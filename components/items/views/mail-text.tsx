'use client';

import { useMemo } from 'react';
import { formatNoun } from '#components/ui/format.ts';
import { Outside } from '#components/ui/outside.tsx';
import type { Range } from '#lib/core/values/legible.ts';
import { partsOfText, type TextPart } from '#lib/core/values/quoted.ts';
import { Fold } from './fold.tsx';

/** The text of a mail: what was written, and behind a press what it quotes, what it answers, and its signature. */
export function MailText({ text, hits = [] }: { text: string; hits?: readonly Range[] | undefined }) {
  const parts = useMemo(() => partsOfText(text), [text]);
  if (text.trim() === '') return <p className="text-muted">It has no text.</p>;
  return (
    <div className="flex max-w-prose min-w-0 flex-col text-14">
      {parts.map((part) => {
        const written = text.slice(part.from, part.to).replace(/\n+$/, '');
        const own = hits.flatMap(([from, to]): Range[] => {
          const range: Range = [Math.max(from - part.from, 0), Math.min(to - part.from, written.length)];
          return range[1] > range[0] ? [range] : [];
        });
        const drawn = (
          <p className="min-w-0 break-words whitespace-pre-wrap">
            <Outside text={written} {...(own.length > 0 ? { hits: own } : {})} copy />
          </p>
        );
        if (part.kind === 'text') return <div key={part.from}>{drawn}</div>;
        return (
          <div key={part.from}>
            <Fold words={`${formatNoun(part.lines, 'lines')} ${FOLDED[part.kind]}`} open={own.length > 0}>
              <div className="border-l-2 border-hairline pl-3 text-muted">{drawn}</div>
            </Fold>
          </div>
        );
      })}
    </div>
  );
}

const FOLDED: Record<Exclude<TextPart['kind'], 'text'>, string> = {
  quoted: 'quoted',
  answered: 'of the mail that it answers',
  signature: 'of a signature',
};
