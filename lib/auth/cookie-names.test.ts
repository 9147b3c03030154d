import { expect, test } from 'vitest';
import { nameForBrowser, plainNames } from './cookie-names.ts';

test('behind https only what this very host set over https is a session', () => {
  const told = nameForBrowser('countersign.session_token', true);
  expect(told).toBe('__Host-countersign.session_token');
  expect(plainNames(`theme=dark; ${told}=right; countersign.session_token=planted`, true)).toBe(
    'theme=dark; countersign.session_token=right',
  );
  expect(plainNames('countersign.session_token=planted', true)).toBe('');
});

test('however a planted cookie is set apart, and whatever prefix it has, it is nobody’s', () => {
  for (const planted of [
    ...['a=1;\tcountersign.session_token=x', 'a=1;  countersign.session_token=x', 'a=1;countersign.session_token=x'],
    ...['\tcountersign.session_token=x', ' countersign.session_token =x', 'a=1;\t__Secure-countersign.session_token=x'],
  ])
    expect(plainNames(planted, true)).not.toContain('countersign');
  expect(plainNames('\t__Host-countersign.session_token=right', true)).toBe('countersign.session_token=right');
});

test('over http names are plain, and one with the prefix is nobody’s', () => {
  expect(nameForBrowser('countersign.session_token', false)).toBe('countersign.session_token');
  const sent = 'countersign.session_token=right; __Host-countersign.session_token=planted';
  expect(plainNames(sent, false)).toBe(sent);
});
