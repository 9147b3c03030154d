import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyText } from '#test/any-text.ts';
import { spoofsIn } from './spoofs.ts';

test.each([
  ['a Cyrillic а among Latin letters', 'billing@pаypal.com', 'mixed', 'billing@pаypal.com', 'mixed scripts'],
  ['the same in Punycode', 'see https://xn--pypal-4ve.com/login', 'mixed', 'xn--pypal-4ve.com', 'pаypal.com mixed scripts'],
  ['before the @', 'аdmin@firm.example', 'mixed', 'аdmin@firm.example', 'mixed scripts'],
  ['a bare domain', 'go to gооgle.com now', 'mixed', 'gооgle.com', 'mixed scripts'],
  ['letters that all look like Latin', 'https://сор.com', 'alike', 'сор.com', 'looks like “cop”'],
  ['the same in Punycode', 'xn--n1aeb.com', 'alike', 'xn--n1aeb.com', 'сор.com looks like “cop”'],
  ['Greek', 'νιρ.com', 'alike', 'νιρ.com', 'looks like “vip”'],
  ['Punycode of an honest name', 'info@xn--mnchen-3ya.de', 'encoded', 'info@xn--mnchen-3ya.de', 'münchen.de'],
  ['Hebrew beside kana', 'שלוםカ.com', 'mixed', 'שלוםカ.com', 'mixed scripts'],
])('%s: %s', (_, text, kind, address, badge) => {
  const [spoof] = spoofsIn(text);
  expect(spoof).toMatchObject({ kind, address, badge });
});

test.each([
  'deals@shop.example',
  'info@münchen.de',
  'почта@пример.рф',
  'https://сор.ru',
  'https://президент.рф',
  'https://пример.com',
  'ソニーmusic日本.jp',
  'sony中文.tw',
  '삼성samsung.kr',
  'Это конец.Начало следующего',
  'USB-кабель.Купить сейчас',
  'μm and Ωm, 50 %',
  'v1.2.3',
  'xn--.com',
])('nothing is told of %s', (text) => expect(spoofsIn(text)).toEqual([]));

test('the same address is told once, and a text of many tells a few', () => {
  expect(spoofsIn('pаypal.com pаypal.com')).toHaveLength(1);
  expect(spoofsIn(Array.from({ length: 400 }, (_, index) => `а${index}b.com`).join(' '))).toHaveLength(5);
});

test('whatever comes, an answer comes, and what is plain ASCII without Punycode is told nothing of', () => {
  fc.assert(
    fc.property(anyText({ maxLength: 300 }), (text) => {
      const spoofs = spoofsIn(text);
      if (/^[\0-\x7f]*$/.test(text) && !/xn--/i.test(text)) expect(spoofs).toEqual([]);
      for (const { address } of spoofs) expect(text).toContain(address);
    }),
  );
  for (const text of [
    'а'.repeat(1_000_000),
    'а.'.repeat(500_000),
    'а@'.repeat(500_000),
    `${'a'.repeat(4000)}а`,
    'xn--'.repeat(250_000),
  ])
    expect(spoofsIn(text).length).toBeLessThanOrEqual(5);
});
