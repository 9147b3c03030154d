'use client';

import { useLayoutEffect, useRef } from 'react';

const OPEN = '[role="dialog"]:not([data-closed]), [role="alertdialog"]:not([data-closed]), [role="menu"]:not([data-closed])';

/**
 * Single-key commands of a page. Keys are `KeyboardEvent.key` values, with Ctrl or Cmd held as `Ctrl+a`. They are silent while a person types, while a dialog
 * or menu is open, and with Alt held; Enter belongs to the control that has the focus. A dialog that is fading out no longer counts as open: what the page asks next
 * is on the screen by then, and a key that answers it must not be lost.
 */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>, enabled = true): void {
  const latest = useRef(keys);
  latest.current = keys;
  // With what they act on, and not a moment after it was painted: a key is pressed as soon as a person sees what it does.
  useLayoutEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.isComposing) return;
      const name = event.ctrlKey || event.metaKey ? `Ctrl+${event.key}` : event.key;
      const command = Object.hasOwn(latest.current, name) ? latest.current[name] : undefined;
      if (!command || isTyping(event.target) || (event.key === 'Enter' && isPressed(event.target))) return;
      if (document.querySelector(OPEN)) return;
      event.preventDefault();
      command(event);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [enabled]);
}

function isPressed(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('a, button, summary, label, [role="button"]') !== null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}
