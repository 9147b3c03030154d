import { createElement, type ReactElement, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Fragment, jsx, jsxs } from './jsx-runtime.ts';

const drawn = (element: ReactElement) => renderToStaticMarkup(element);
const RLO = 'a\u202eb';

test('a text in which something hides has a stand-in, wherever it is a child', () => {
  for (const element of [
    jsx('p', { children: RLO }),
    jsxs('p', { children: ['x ', RLO] }),
    jsx('ul', { children: [[RLO], null, 1] }),
    jsx(Fragment, { children: RLO }),
    jsx(({ children }: { children: ReactNode }) => createElement('b', null, children), { children: RLO }),
  ])
    expect(drawn(element)).toMatch(/<bdi>a<span title="right-to-left override, U\+202E"[^>]*>⟨RLO⟩<\/span>b<\/bdi>/);
});

test('what is said and what holds only text has stand-ins in the text', () => {
  expect(drawn(jsx('button', { title: RLO, 'aria-label': RLO, children: 'x' }))).toBe(
    '<button title="a⟨RLO⟩b" aria-label="a⟨RLO⟩b">x</button>',
  );
  expect(drawn(jsx('option', { children: RLO }))).toBe('<option>a⟨RLO⟩b</option>');
  expect(drawn(jsx('input', { defaultValue: RLO, placeholder: RLO }))).toBe('<input placeholder="a⟨RLO⟩b" value="a\u202eb"/>');
});

test('a text from right to left is kept apart, and an address that pretends has its badge', () => {
  expect(drawn(jsx('p', { children: 'שלום 5' }))).toBe('<p><bdi>שלום 5</bdi></p>');
  expect(drawn(jsx('p', { children: 'billing@p\u0430ypal.com' }))).toMatch(
    /<bdi title="[^"]*Latin and Cyrillic\."[^>]*>≠ mixed scripts<\/bdi>/,
  );
});

test('every other text is the string it was', () => {
  const children = ['Invoice', 'Zürich', '👨‍👩‍👧', 'می\u200cخ'];
  const props = { children: children.slice(0, 3), title: 'x' };
  expect(jsxs('p', props).props).toBe(props);
});
