/** Against what `o200k_base` made of the same texts, its spaces as marks (gpt-tokenizer 4.0.0, November 2026): an estimate without a tokenizer stays near it in every script. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { MODEL_CALL_TOKENS } from '#lib/core/limits.ts';
import { mostOf, ratioOf } from './measure.ts';
import { packSize } from './pack.ts';
import { tokensIn } from './tokens.ts';

const TEXTS: [script: string, text: string, counted: number][] = [
  [
    'English',
    'Hello Bo, please find attached the invoice for November. We would appreciate payment within 30 days. Best regards, the accounting team at Example Ltd. ',
    56,
  ],
  [
    'German',
    'Sehr geehrte Damen und Herren, anbei erhalten Sie die Rechnung für November. Wir bitten um Überweisung innerhalb von 30 Tagen. Mit freundlichen Grüßen, die Buchhaltung. ',
    69,
  ],
  [
    'Japanese',
    'お世話になっております。先日ご注文いただいた商品の発送が完了いたしました。到着まで今しばらくお待ちくださいませ。ご不明な点がございましたら、お気軽にお問い合わせください。',
    50,
  ],
  ['Chinese', '您好，您的订单已经发货，请注意查收。如有任何问题，请随时与我们的客服联系。感谢您的支持与信任，祝您生活愉快。', 36],
  [
    'Korean',
    '안녕하세요. 주문하신 상품의 배송이 완료되었습니다. 문의 사항이 있으시면 언제든지 고객 센터로 연락해 주시기 바랍니다. 감사합니다. ',
    55,
  ],
  [
    'Arabic',
    'السيد المحترم، نود إعلامكم بأن طلبكم قد تم شحنه اليوم وسيصل إليكم خلال ثلاثة أيام عمل. يرجى التواصل معنا في حال وجود أي استفسار. ',
    75,
  ],
  [
    'Russian',
    'Уважаемые коллеги, направляем вам счёт за ноябрь. Просим произвести оплату в течение тридцати дней. С уважением, бухгалтерия. ',
    61,
  ],
  ['Hindi', 'नमस्ते, आपका ऑर्डर भेज दिया गया है और तीन दिनों के भीतर पहुँच जाएगा। किसी भी प्रश्न के लिए कृपया हमसे संपर्क करें। ', 76],
  ['Thai', 'สวัสดีค่ะ สินค้าที่ท่านสั่งซื้อได้จัดส่งเรียบร้อยแล้ว หากมีข้อสงสัยประการใดโปรดติดต่อเจ้าหน้าที่ของเราได้ตลอดเวลา ', 45],
  ['emoji', '🎉🚀😀👩‍👩‍👧‍👦🇩🇪❤️', 21],
  ['an address', 'https://shop.example.com/products/1234?utm_source=newsletter&utm_medium=email&id=abcDEF12345 ', 24],
  ['base64', digests().toString('base64'), 866],
  ['hex', digests().toString('hex'), 1089],
];

function digests(): Buffer {
  return Buffer.concat(Array.from({ length: 30 }, (_, at) => createHash('sha256').update(String(at)).digest()));
}

test.each(TEXTS)('of %s', (_, text, counted) => {
  const thought = tokensIn(text.trim(), 1);
  expect(thought / counted).toBeGreaterThan(0.8);
  expect(thought / counted).toBeLessThan(1.6);
});

test('a call with Japanese mails, or with what is no language, bears fewer of them than one with English ones, and stays below what a call bears', () => {
  const sized = TEXTS.filter(([, text]) => text.length > 60).map(([script, text, counted]) => {
    const mail = { fields: { text: text.repeat(100).slice(0, 5_000) } };
    const items = packSize(
      Array.from({ length: 20 }, () => mail),
      20,
    );
    return { script, items, counted: (items * 5_000 * counted) / text.length };
  });
  for (const { script, counted } of sized) expect(counted, script).toBeLessThan(1.25 * MODEL_CALL_TOKENS);
  const itemsOf = (wanted: string) => sized.find(({ script }) => script === wanted)?.items ?? 0;
  expect(itemsOf('Japanese')).toBeLessThan(itemsOf('English'));
  expect(itemsOf('base64')).toBeLessThan(itemsOf('English'));
});

test('what has no spaces takes no longer than what has some', () => {
  // A tokenizer takes 13 seconds for the first of these.
  const without = 'お世話になっております先日ご注文いただいた商品'.repeat(2_600).slice(0, 60_000);
  expect(tokensIn(without, 1)).toBeGreaterThan(30_000);
});

test('what a server counts is learned, and believed where it counts more than there can be', () => {
  const size = { about: 100, atMost: 400 };
  expect([ratioOf(null), mostOf(size, null)]).toEqual([1, 400]);
  expect(ratioOf({ thought: 200, counted: 300, over: 0.4 })).toBe(1.5);
  expect(ratioOf({ thought: 1, counted: 1_000, over: 2.5 })).toBe(8);
  expect(mostOf(size, { thought: 200, counted: 300, over: 0.4 })).toBe(400);
  expect(mostOf(size, { thought: 200, counted: 300, over: 2.5 })).toBe(1_000);
});
