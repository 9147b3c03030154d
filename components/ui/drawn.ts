import { createElement, Fragment, type ReactNode } from 'react';
import { isLegible, legible } from '#lib/core/values/legible.ts';
import { spoofsIn } from '#lib/core/values/spoofs.ts';
import { Outside } from './outside.tsx';

/**
 * The guard behind `Outside`: no text reaches a page otherwise. Every element of ours is made through here (jsx-runtime.ts, tsconfig.json's `jsxImportSource`), and a
 * text in it in which something is hidden, turns or pretends is drawn by `Outside`, whoever forgot to say so. Every other text stays the string it is.
 */
export function drawn<Props>(type: unknown, props: Props): Props {
  if (props === null || typeof props !== 'object') return props;
  const given = props as Record<string, unknown>;
  let changed: Record<string, unknown> | null = null;
  for (const name in given) {
    const value = given[name];
    const next =
      name === 'children' ? childrenOf(type, value) : typeof value === 'string' && isSaid(type, name) ? legible(value) : value;
    if (next !== value) {
      changed ??= { ...given };
      changed[name] = next;
    }
  }
  return (changed ?? props) as Props;
}

/** Attributes that are read to people. A component's own `title` is drawn where it ends up. */
function isSaid(type: unknown, name: string): boolean {
  return SAID.has(name) || (name === 'title' && typeof type === 'string');
}

const SAID: ReadonlySet<string> = new Set([
  'aria-label',
  'aria-description',
  'aria-roledescription',
  'aria-valuetext',
  'alt',
  'placeholder',
]);
/** They hold text and nothing else. */
const TEXT_ONLY: ReadonlySet<unknown> = new Set(['option', 'title']);
/** What is in them is no text for people, or is theirs to change. */
const NOT_TEXT: ReadonlySet<unknown> = new Set(['script', 'style', 'textarea']);

function childrenOf(type: unknown, children: unknown): unknown {
  if (NOT_TEXT.has(type)) return children;
  if (typeof children === 'string') return TEXT_ONLY.has(type) ? legible(children) : textDrawn(children);
  if (!Array.isArray(children)) return children;
  let changed: unknown[] | null = null;
  for (const [index, child] of children.entries()) {
    const next = childrenOf(type, child);
    if (next !== child) {
      changed ??= [...children];
      changed[index] =
        typeof child === 'string' && typeof next !== 'string'
          ? createElement(Fragment, { key: `text ${index}` }, next as ReactNode)
          : next;
    }
  }
  return changed ?? children;
}

function textDrawn(text: string): ReactNode {
  if (PLAIN.test(text) && !/xn--/i.test(text)) return text;
  return turns(text) || !isLegible(text) || spoofsIn(text).length > 0 ? createElement(Outside, { text }) : text;
}

const PLAIN = /^[\n\x20-\x7e]*$/;

/** Letters that are written from right to left. */
const turns = (text: string): boolean =>
  /[\p{sc=Hebr}\p{sc=Arab}\p{sc=Syrc}\p{sc=Thaa}\p{sc=Nkoo}\p{sc=Adlm}\p{sc=Samr}\p{sc=Mand}\p{sc=Rohg}]/u.test(text);
