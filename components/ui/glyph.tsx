import type { ReactNode } from 'react';
import { classes } from './classes.ts';

/**
 * The glyphs of the states, drawn, so that no platform swaps one for an emoji or another width. Keyed by the character they
 * stand for.
 */
export type GlyphName = '○' | '◌' | '◔' | '◆' | '◇' | '✓' | '▶' | '‖' | '✔' | '!' | '✕' | '?' | '↩' | '–' | '×' | '●';

export function Glyph({ name, className }: { name: GlyphName; className?: string }) {
  return (
    <svg viewBox="0 0 12 12" className={classes('size-3 shrink-0', className)} aria-hidden="true" focusable="false">
      {DRAWINGS[name]}
    </svg>
  );
}

const line = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.5, strokeLinecap: 'round', strokeLinejoin: 'round' } as const;
const bold = { ...line, strokeWidth: 2.2 } as const;

const DRAWINGS: Record<GlyphName, ReactNode> = {
  '○': <circle cx="6" cy="6" r="4.2" {...line} />,
  '●': <circle cx="6" cy="6" r="4" fill="currentColor" />,
  '◌': <circle cx="6" cy="6" r="4.2" {...line} strokeDasharray="1.2 2.57" />,
  '◔': (
    <>
      <circle cx="6" cy="6" r="4.2" {...line} />
      <path d="M6 6V1.8A4.2 4.2 0 0 1 10.2 6Z" fill="currentColor" />
    </>
  ),
  '◆': <path d="M6 .9 11.1 6 6 11.1.9 6Z" fill="currentColor" />,
  '◇': <path d="M6 1.5 10.5 6 6 10.5 1.5 6Z" {...line} />,
  '✓': <path d="m2 6.4 2.7 2.8L10 3.2" {...line} />,
  '✔': <path d="m1.9 6.4 2.7 2.8 5.5-6.2" {...bold} />,
  '▶': <path d="M3 1.6 10.4 6 3 10.4Z" fill="currentColor" stroke="currentColor" strokeWidth="0.8" strokeLinejoin="round" />,
  '‖': <path d="M4.1 2v8M7.9 2v8" {...bold} />,
  '!': <path d="M6 1.8v5M6 9.9v.2" {...bold} />,
  '✕': <path d="m2.4 2.4 7.2 7.2m0-7.2-7.2 7.2" {...bold} />,
  '×': <path d="m3 3 6 6m0-6L3 9" {...line} />,
  '?': <path d="M3.9 4.1a2.1 2.1 0 1 1 3.3 1.7C6.4 6.3 6 6.6 6 7.5M6 10v.1" {...line} strokeWidth={1.8} />,
  '↩': <path d="M4.3 2 1.8 4.5 4.3 7M2 4.5h5a2.7 2.7 0 0 1 0 5.4H5" {...line} />,
  '–': <path d="M2.2 6h7.6" {...line} strokeWidth={1.8} />,
};
