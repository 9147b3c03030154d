import Link from 'next/link';
import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes.ts';

export type ButtonKind = 'primary' | 'secondary' | 'danger' | 'ghost';

type Look = { kind?: ButtonKind; size?: 'normal' | 'small'; icon?: ReactNode };

/** A button. While `pending` it keeps its width and its words, shows a spinner, and takes no second press. */
export function Button({
  kind = 'secondary',
  size = 'normal',
  icon,
  pending = false,
  disabled,
  className,
  children,
  type = 'button',
  ...rest
}: ComponentProps<'button'> & Look & { pending?: boolean }) {
  return (
    <button
      type={type}
      className={classes(buttonLook(kind, size), className)}
      disabled={disabled}
      aria-disabled={pending || undefined}
      aria-busy={pending || undefined}
      {...rest}
      {...(pending ? { onClick: (event) => event.preventDefault() } : {})}
    >
      {pending ? <Spinner /> : icon}
      {children}
    </button>
  );
}

/** A link that looks like a button: for going somewhere, never for changing something. */
export function ButtonLink({
  kind = 'secondary',
  size = 'normal',
  icon,
  className,
  children,
  ...rest
}: ComponentProps<typeof Link> & Look) {
  return (
    <Link className={classes(buttonLook(kind, size), className)} {...rest}>
      {icon}
      {children}
    </Link>
  );
}

const LOOKS: Record<ButtonKind, string> = {
  primary: 'bg-accent text-on-tone border-transparent hover:bg-accent/90',
  secondary: 'bg-background text-text border-control hover:bg-sunken',
  danger: 'bg-red text-on-tone border-transparent hover:bg-red/90',
  ghost: 'bg-transparent text-text border-transparent hover:bg-sunken',
};

export function buttonLook(kind: ButtonKind, size: 'normal' | 'small'): string {
  return classes(
    'inline-flex shrink-0 items-center justify-center gap-2 rounded-md border font-medium whitespace-nowrap transition-colors select-none',
    'disabled:cursor-not-allowed disabled:border-hairline disabled:bg-sunken disabled:text-muted aria-disabled:cursor-progress',
    'pointer-coarse:min-h-11 pointer-coarse:min-w-11',
    size === 'small' ? 'h-6 px-2 text-12' : 'h-8 px-3 text-13',
    LOOKS[kind],
  );
}

function Spinner() {
  return (
    <svg viewBox="0 0 16 16" className="size-3.5 animate-[spin_0.9s_linear_infinite]" aria-hidden="true">
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" opacity="0.3" />
      <path d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
