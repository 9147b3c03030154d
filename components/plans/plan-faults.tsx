'use client';

import { createContext, type ReactNode, useCallback, useContext, useId, useLayoutEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { Button } from '#components/ui/button.tsx';
import type { PlanProblem } from './plan-preview.ts';
import type { Typed } from './typed-value.ts';

type Tell = (id: string, fault: PlanProblem | null) => void;
const FaultsContext = createContext<Tell | null>(null);
export const FaultsProvider = FaultsContext.Provider;

/** What is wrong in the fields that are on the page, told by each of them for as long as it is there (`useTyped`). */
export function useFaults(): { faults: PlanProblem[]; tell: Tell } {
  const [byField, setByField] = useState<ReadonlyMap<string, PlanProblem>>(new Map());
  const tell = useCallback<Tell>((id, fault) => {
    setByField((before) => {
      const next = new Map(before);
      next.delete(id);
      if (fault) next.set(id, fault);
      return next;
    });
  }, []);
  return { faults: [...byField.values()], tell };
}

type Draft = {
  text: string;
  /** the value's text when this was typed, or what became of it */
  of: string;
  taken: boolean;
};

export type TypedField<Value> = {
  /** where the value is in the plan: "execution.first" */
  path: string;
  value: Value;
  write: (value: Value) => string;
  read: (text: string) => Typed<Value>;
  onChange: (value: Value) => void;
  /** long enough that whoever gives it up wants the plan's own text back */
  long?: boolean;
};

/**
 * A text field over a value. What reads is passed on as it is typed; what doesn't stays as it was typed, is told beside the field
 * and keeps the plan from starting. Where the value has changed meanwhile, a person says which of the two counts.
 */
export function useTyped<Value>({ path, value, write, read, onChange, long = false }: TypedField<Value>) {
  const [draft, setDraft] = useState<Draft | null>(null);
  const now = write(value);
  // What was taken over and then changed elsewhere is the value's text again.
  const current = draft?.taken && draft.of !== now ? null : draft;
  const waiting = current !== null && !current.taken ? { typed: read(current.text), of: current.of } : null;
  const fault = waiting === null ? null : 'fault' in waiting.typed ? waiting.typed.fault : CHANGED;
  useFault(path, fault);

  const take = (text: string, taken: Value) => {
    setDraft({ text, of: write(taken), taken: true });
    onChange(taken);
  };
  const type = (text: string) => {
    const typed = read(text);
    const changed = waiting !== null && waiting.of !== now;
    if ('value' in typed && !changed) take(text, typed.value);
    else setDraft({ text, of: waiting?.of ?? now, taken: false });
  };

  const usable = waiting !== null && 'value' in waiting.typed ? waiting.typed.value : undefined;
  const error: ReactNode = fault ? (
    <>
      {fault}
      {usable !== undefined || long ? (
        <span className="mt-1 flex flex-wrap gap-1">
          {usable !== undefined && current ? (
            <Button size="small" onClick={() => take(current.text, usable)}>
              Use this text
            </Button>
          ) : null}
          <Button size="small" onClick={() => setDraft(null)}>
            Discard this text
          </Button>
        </span>
      ) : null}
    </>
  ) : null;

  return {
    error,
    text: current?.text ?? now,
    control: {
      value: current?.text ?? now,
      'data-at': path,
      onChange: (event: { target: { value: string } }) => type(event.target.value),
      onBlur: () => {
        if (current?.taken) setDraft(null);
      },
    },
  };
}

const CHANGED = 'The plan changed after this was typed.';

/** Tells that a place of the plan keeps it from starting, for as long as there is a message. */
export function useFault(path: string, message: string | null): void {
  const tell = useContext(FaultsContext);
  const id = useId();
  // Before the page is painted: a button that starts the plan is never seen enabled beside a fault.
  useLayoutEffect(() => {
    if (tell === null || message === null) return;
    tell(id, { path, message });
    return () => tell(id, null);
  }, [tell, id, path, message]);
}

/** Moves the focus to the field at the path (`data-at`), or to what is nearest above it, and opens the section that it is in. */
export function goToPlace(path: string): void {
  const closed = nearest(path)?.closest('[hidden]');
  if (closed) flushSync(() => document.querySelector<HTMLElement>(`[aria-controls="${closed.id}"]`)?.click());
  const field = fieldAt(path);
  // What is wrong stands below the field, and a footer stands over the end of the page.
  field?.focus({ preventScroll: true });
  field?.scrollIntoView({ block: 'center' });
}

/** The field at the path, or the first one in what is nearest above it. */
export function fieldAt(path: string): HTMLElement | null {
  const place = nearest(path);
  return place?.matches(FIELDS) ? place : (place?.querySelector<HTMLElement>(FIELDS) ?? null);
}

const FIELDS = 'input, select, textarea';

function nearest(path: string): HTMLElement | null {
  const place = document.querySelector<HTMLElement>(`[data-at="${path}"]`);
  return place || path === '' ? place : nearest(path.slice(0, Math.max(0, path.lastIndexOf('.'))));
}
