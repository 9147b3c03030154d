import { classes } from './classes.ts';
import { Glyph, type GlyphName } from './glyph.tsx';
import { Zoned } from './relative-time.tsx';

export type Tone = 'neutral' | 'blue' | 'amber' | 'accent' | 'violet' | 'green' | 'red' | 'magenta' | 'rust';

/** How a state looks: always a colour and a glyph and a word. */
export type StateLook = { tone: Tone; glyph: GlyphName; word: string };

export const TONE_TEXT: Record<Tone, string> = {
  neutral: 'text-neutral',
  blue: 'text-blue',
  amber: 'text-amber',
  accent: 'text-accent',
  violet: 'text-violet',
  green: 'text-green',
  red: 'text-red',
  magenta: 'text-magenta',
  rust: 'text-rust',
};

export const TONE_FILL: Record<Tone, string> = {
  neutral: 'bg-neutral',
  blue: 'bg-blue',
  amber: 'bg-amber',
  accent: 'bg-accent',
  violet: 'bg-violet',
  green: 'bg-green',
  red: 'bg-red',
  magenta: 'bg-magenta',
  rust: 'bg-rust',
};

/** `wraps`: a word of many words goes over lines. */
export function StateBadge({ tone, glyph, word, wraps = false, className }: StateLook & { wraps?: boolean; className?: string }) {
  return (
    <span
      className={classes(
        'inline-flex gap-1.5 align-bottom font-medium',
        wraps ? 'items-baseline' : 'items-center whitespace-nowrap',
        TONE_TEXT[tone],
        className,
      )}
    >
      <Glyph name={glyph} {...(wraps ? { className: 'mt-1 self-start' } : {})} />
      <span className={wraps ? 'min-w-0' : ''}>
        <Zoned text={word} />
      </span>
    </span>
  );
}
