'use client';

import { type ComponentProps, createContext, type ReactNode, useContext, useId } from 'react';
import { isLegible, piecesOf } from '#lib/core/values/legible.ts';
import { classes } from './classes.ts';
import { useTakenEarly } from './taken-early.ts';

type Wiring = { id: string; describedBy: string | undefined; invalid: boolean };
const FieldContext = createContext<Wiring | null>(null);

type FieldProps = {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  hideLabel?: boolean;
  inline?: boolean;
  className?: string;
  children: ReactNode;
};

/** Label, control, hint and error, wired to each other for those who can't see the layout. Put one control inside. `inline` sets the label before it. */
export function Field({ label, hint, error, hideLabel = false, inline = false, className, children }: FieldProps) {
  const id = useId();
  const hintId = hint ? `${id}-hint` : undefined;
  const errorId = error ? `${id}-error` : undefined;
  const describedBy = [hintId, errorId].filter(Boolean).join(' ') || undefined;
  return (
    <div className={classes('min-w-0', inline && 'grid grid-cols-[3.5rem_1fr] items-baseline gap-x-2 *:col-start-2', className)}>
      <label
        htmlFor={id}
        className={
          hideLabel
            ? 'sr-only'
            : inline
              ? 'col-start-1! row-start-1 text-12 text-muted'
              : 'mb-1 block text-12 font-medium text-text'
        }
      >
        {label}
      </label>
      <FieldContext value={{ id, describedBy, invalid: Boolean(error) }}>{children}</FieldContext>
      {hint ? (
        <p id={hintId} className="mt-1 text-12 text-muted">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={errorId} className="mt-1 text-12 text-red" role="alert">
          {error}
        </p>
      ) : null}
    </div>
  );
}

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return (
    <>
      <input className={classes('control', className)} {...useWiring()} {...rest} ref={useTakenEarly(rest)} />
      <HiddenIn text={rest.value} />
    </>
  );
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return (
    <>
      <textarea className={classes('control resize-y', className)} {...useWiring()} {...rest} ref={useTakenEarly(rest)} />
      <HiddenIn text={rest.value} />
    </>
  );
}

/** A control holds a text as it is: what nobody sees of it is told below. */
function HiddenIn({ text }: { text: unknown }) {
  if (typeof text !== 'string' || isLegible(text)) return null;
  const names = new Set(piecesOf(text).flatMap(({ standIn }) => standIn?.name ?? []));
  return (
    <span className="mt-1 block text-12 text-magenta">Nobody sees in it: {[...names].slice(0, HIDDEN_NAMED).join('; ')}.</span>
  );
}

const HIDDEN_NAMED = 5;

/** The platform's own list: quick with hundreds on a page, and right on every phone. */
export function Select({ className, children, ...rest }: ComponentProps<'select'>) {
  return (
    <span className={classes('relative block min-w-0', className)}>
      <select className="control appearance-none truncate pr-7" {...useWiring()} {...rest} ref={useTakenEarly(rest)}>
        {children}
      </select>
      <svg
        viewBox="0 0 12 12"
        className="pointer-events-none absolute top-1/2 right-2 size-3 -translate-y-1/2 text-muted"
        aria-hidden="true"
      >
        <path
          d="M2.5 4.5 6 8l3.5-3.5"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
    </span>
  );
}

type CheckboxProps = Omit<ComponentProps<'input'>, 'type'> & { label: ReactNode; hint?: ReactNode };

export function Checkbox({ label, hint, className, ...rest }: CheckboxProps) {
  return (
    <label className={classes('row-item flex items-start gap-2 py-1.5', className)}>
      <Tick className="mt-0.5 size-4" {...rest} />
      <span>
        {label}
        {hint ? <span className="block text-12 text-muted">{hint}</span> : null}
      </span>
    </label>
  );
}

/** A checkbox, or a radio button, without words of its own. */
export function Tick({ className, type = 'checkbox', ...rest }: ComponentProps<'input'>) {
  return <input type={type} className={classes('shrink-0 accent-accent', className)} {...rest} ref={useTakenEarly(rest)} />;
}

function useWiring() {
  const wiring = useContext(FieldContext);
  if (wiring === null) return {};
  return { id: wiring.id, 'aria-describedby': wiring.describedBy, 'aria-invalid': wiring.invalid || undefined };
}
