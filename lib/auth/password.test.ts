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
  ...[
    '123456789012',
    'qwertyuiop12',
    'Password1234!',
    'P4$$w0rd-2026',
    'passwordpassword',
    'iloveyouiloveyou',
    'abcdeabcdeabcde',
  ].map((common) => [common, /tried first/] as [string, RegExp]),
  ['abcdefghijklm', /tried first/],
  ['!!Sunshine2026!!', /tried first/],
])('%j is refused', async (password, why) => {
  expect(await passwordProblem(password, about)).toMatch(why);
});

it.each([
  'correct horse battery',
  'zwölf Zeichen!',
  '            pass word            ',
  '82!6kf$19#4%',
  '19#4love82!6$',
  '7392-8841-x-5520',
])('%j will do', async (password) => {
  expect(await passwordProblem(password, about)).toBeNull();
});

it('words that the house has named, and the product’s own name, are no password by themselves', async () => {
  process.env.PASSWORD_WORDS = 'Acme, zurich rocket';
  Object.assign(globalThis, { countersignEnv: undefined });
  for (const refused of ['Acme-Zurich-2026', 'rocketROCKET!12', 'Countersign2026!'])
    expect(await passwordProblem(refused, about), refused).toContain('everybody here knows');
  for (const fine of ['acme walks seven badgers', 'correct horse battery'])
    expect(await passwordProblem(fine, about), fine).toBeNull();
  delete process.env.PASSWORD_WORDS;
  Object.assign(globalThis, { countersignEnv: undefined });
  expect(await passwordProblem('Acme-Zurich-2026', about)).toBeNull();
});
