import { expect, it } from 'vitest';
import { safeNext } from './next-path.ts';

it.each(['/', '/batches', '/batches/1/chunks/2?category=a&x=%2F#top', '/admin/people'])('%s is one of ours', (path) => {
  expect(safeNext(path)).toBe(path);
});

it.each([
  'https://evil.example',
  '//evil.example',
  '/\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  'javascript:alert(1)',
  '',
  'batches',
  '/.//evil.example',
  '/a/..//evil.example',
  '/%2e//evil.example',
  '/./sign-in',
  '/sign-in?next=/sign-in',
  '/setup?token=x',
  undefined,
  ['/a', '/b'],
])('%j leads to the start', (path) => {
  expect(safeNext(path)).toBe('/');
});
