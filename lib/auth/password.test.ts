import { expect, it } from 'vitest';
import { passwordProblem } from './password.ts';

const about = { email: 'ada.lovelace@example.com', name: 'Ada Lovelace' };

it.each([
  ['', /at least 12 characters/],
  ['elevenchars', /at least 12 characters/],
  ['aaaaaaaaaaaaaaaa', /different characters/],
  ['Ada.Lovelace@example.com', /your own name or address/],
  ['ada lovelace', /your own name or address/],
  ['x1'.repeat(65), /at most 128/],
])('%j is refused', (password, why) => {
  expect(passwordProblem(password, about)).toMatch(why);
});

it.each(['correct horse battery', 'zwölf Zeichen!', '            pass word            '])('%j will do', (password) => {
  expect(passwordProblem(password, about)).toBeNull();
});
