'use client';

import { Dialog as Base } from '@base-ui/react/dialog';
import { type ReactNode, type RefObject, useRef, useState } from 'react';
import { Button } from './button.tsx';
import { classes } from './classes.ts';
import { Field, Input } from './field.tsx';

type DialogProps = {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  /** buttons, the affirmative one first */
  footer?: ReactNode;
  /** as wide as the page, for a table */
  wide?: boolean;
  /** what has the focus at first, or finds it once the dialog is there; else the first control */
  initialFocus?: RefObject<HTMLElement | null> | (() => HTMLElement | null) | undefined;
  children?: ReactNode;
};

/** A modal question. Focus is held inside, Escape answers no, and the page behind does not scroll. */
export function Dialog({ open, onClose, title, description, footer, wide = false, initialFocus, children }: DialogProps) {
  return (
    // The focus leaves a question only where the page takes it: another question that ended gives it back to what it was asked by. That is no answer.
    <Base.Root open={open} onOpenChange={(next, { reason }) => (next || reason === 'focus-out' ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-overlay transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          {...(initialFocus ? { initialFocus } : {})}
          className={classes(
            'fixed z-50 flex max-h-[88dvh] flex-col rounded-md border border-hairline bg-background shadow-float',
            // On a narrow screen it stands where the thumb is.
            'inset-x-4 top-[8dvh] mx-auto max-sm:inset-x-0 max-sm:top-auto max-sm:bottom-0 max-sm:rounded-b-none',
            'transition-[opacity,transform] data-ending-style:opacity-0 data-starting-style:translate-y-1 data-starting-style:opacity-0',
            wide ? 'max-w-6xl' : 'max-w-lg',
          )}
        >
          <div className="min-h-16 overflow-y-auto p-6 max-sm:p-4">
            <Base.Title className="text-16 font-medium">{title}</Base.Title>
            {description ? <Base.Description className="mt-2 text-14 text-muted">{description}</Base.Description> : null}
            {children ? <div className="mt-4">{children}</div> : null}
          </div>
          {footer ? (
            <div className="flex flex-wrap gap-2 border-t border-hairline px-6 py-3 max-sm:px-4 max-sm:pb-[calc(0.75rem+env(safe-area-inset-bottom))]">
              {footer}
            </div>
          ) : null}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

type ConfirmProps = Omit<DialogProps, 'footer'> & {
  confirm: string;
  cancel?: string;
  kind?: 'primary' | 'danger';
  /** what has to be typed before the button works: the count of a permanent action, without separators */
  typed?: string | undefined;
  pending?: boolean;
  disabled?: boolean;
  error?: string | null;
  onConfirm: () => void;
};

/** What a dialog that is a question of its own is given by whoever asks it. */
export type AskedProps = Required<Pick<ConfirmProps, 'open' | 'onClose' | 'pending' | 'error'>>;

/** A question with one button that does it. Where it can't be undone, the count is typed first. */
export function ConfirmDialog({
  confirm,
  cancel = 'Cancel',
  kind = 'primary',
  typed,
  pending = false,
  disabled = false,
  error,
  onConfirm,
  children,
  ...dialog
}: ConfirmProps) {
  const [answer, setAnswer] = useState('');
  const yes = useRef<HTMLButtonElement>(null);
  const no = useRef<HTMLButtonElement>(null);
  const [wasOpen, setWasOpen] = useState(dialog.open);
  if (wasOpen !== dialog.open) {
    setWasOpen(dialog.open);
    setAnswer('');
  }
  const locked = disabled || (typed !== undefined && answer.replaceAll(',', '').trim() !== typed);
  return (
    <Dialog
      {...dialog}
      // Enter does what was asked for, but never something dangerous; a question that is open yet comes first.
      initialFocus={locked ? undefined : kind === 'danger' ? no : yes}
      footer={
        <>
          <Button ref={yes} kind={kind} onClick={onConfirm} pending={pending} disabled={locked}>
            {confirm}
          </Button>
          <Button ref={no} onClick={dialog.onClose}>
            {cancel}
          </Button>
        </>
      }
    >
      {children || typed !== undefined || error ? (
        <div className="flex flex-col gap-4">
          {children}
          {typed === undefined ? null : (
            <Field label={`Type ${typed} to continue`}>
              <Input
                value={answer}
                onChange={(event) => setAnswer(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter' || event.repeat || locked || pending || event.nativeEvent.isComposing) return;
                  event.preventDefault();
                  onConfirm();
                }}
                autoComplete="off"
                inputMode="numeric"
                enterKeyHint="done"
              />
            </Field>
          )}
          {error ? (
            <p role="alert" className="text-red">
              {error}
            </p>
          ) : null}
        </div>
      ) : null}
    </Dialog>
  );
}
