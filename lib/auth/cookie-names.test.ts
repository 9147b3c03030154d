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

test('over http names are plain, and one with the prefix is nobody’s', () => {
  expect(nameForBrowser('countersign.session_token', false)).toBe('countersign.session_token');
  const sent = 'countersign.session_token=right; __Host-countersign.session_token=planted';
  expect(plainNames(sent, false)).toBe(sent);
});
