'use client';

import { useEffect, useRef } from 'react';

const OPEN = '[role="dialog"]:not([data-closed]), [role="alertdialog"]:not([data-closed]), [role="menu"]:not([data-closed])';

/**
 * Single-key commands of a page. Keys are `KeyboardEvent.key` values. They are silent while a person types, while a dialog
 * or menu is open, and with Ctrl, Alt or Meta held. One that is fading out no longer counts as open: what the page asks next
 * is on the screen by then, and a key that answers it must not be lost.
 */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>, enabled = true): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (isTyping(event.target) || document.querySelector(OPEN)) return;
      const command = latest.current[event.key];
      if (!command) return;
      event.preventDefault();
      command(event);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [enabled]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}
