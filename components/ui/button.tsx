'use client';

import type { ComponentProps, ReactNode } from 'react';
import { type ButtonKind, buttonLook } from './button-look.ts';
import { classes } from './classes.ts';
import { useConnection } from './connection.ts';
import { useFromServer } from './from-server.ts';
import { Link } from './link.tsx';

type Look = { kind?: ButtonKind; size?: 'normal' | 'small'; icon?: ReactNode };

/**
 * A button. While `pending` it keeps its width and its words, shows a spinner, and takes no second press. One that can be `pending` sends something: while the
 * server does not answer it takes no press at all, and says why. One that sends a form takes none before the page's script is there, and neither does Enter in a field: the browser would ask for
 * the page anew, and what was typed would be gone. `early`: the form is an action, which React keeps until then.
 */
export function Button({
  kind = 'secondary',
  size = 'normal',
  icon,
  pending,
  disabled,
  className,
  children,
  type = 'button',
  early,
  ...rest
}: ComponentProps<'button'> & Look & { pending?: boolean; early?: true }) {
  const { answers } = useConnection();
  const held = pending !== undefined && !answers;
  const fromServer = useFromServer();
  const begins = fromServer && type === 'submit' && !early;
  return (
    <button
      type={type}
      className={classes(buttonLook(kind, size), className)}
      disabled={disabled || begins}
      data-begins={begins || undefined}
      data-held={held || undefined}
      aria-disabled={pending || held || undefined}
      aria-busy={pending || undefined}
      {...rest}
      {...(pending || held ? { onClick: (event) => event.preventDefault() } : {})}
      {...(held ? { title: 'The server does not answer: nothing can be sent now.' } : {})}
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

function Spinner() {
  return (
    <svg viewBox="0 0 16 16" className="size-3.5 animate-[spin_0.9s_linear_infinite]" aria-hidden="true">
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" opacity="0.3" />
      <path d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
