/** How a button looks, also where it is a link that the server draws. */
import { classes } from './classes.ts';

export type ButtonKind = 'primary' | 'secondary' | 'danger' | 'ghost';

const LOOKS: Record<ButtonKind, string> = {
  primary: 'bg-accent text-on-tone border-transparent hover:bg-accent/90',
  secondary: 'bg-background text-text border-control hover:bg-sunken',
  danger: 'bg-red text-on-tone border-transparent hover:bg-red/90',
  ghost: 'bg-transparent text-text border-transparent hover:bg-sunken',
};

export function buttonLook(kind: ButtonKind, size: 'normal' | 'small'): string {
  return classes(
    'inline-flex shrink-0 items-center justify-center gap-2 rounded-md border font-medium whitespace-nowrap transition-colors select-none',
    'not-data-begins:disabled:cursor-not-allowed not-data-begins:disabled:border-hairline not-data-begins:disabled:bg-sunken',
    'not-data-begins:disabled:text-muted aria-disabled:cursor-progress',
    'data-held:cursor-not-allowed data-held:border-hairline data-held:bg-sunken data-held:text-muted',
    'pointer-coarse:min-h-11 pointer-coarse:min-w-11',
    // Words of a sentence are longer than a narrow screen.
    'max-sm:h-auto max-sm:max-w-full max-sm:py-1 max-sm:whitespace-normal',
    size === 'small' ? 'h-6 min-h-6 px-2 text-12' : 'h-8 min-h-8 px-3 text-13',
    LOOKS[kind],
  );
}
