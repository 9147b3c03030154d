import { expect, test } from 'vitest';
import { ANSWER_BYTES_MAX } from '#lib/core/limits.ts';
import { heardText, readHeard } from './heard.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('the status, the headers that are kept and the answer itself', () => {
  const text = heardText(201, { 'content-type': 'application/json', location: '/mails/77' }, bytes('{"id":77}\n\nmore'), true);
  expect(text).toBe('HTTP 201\ncontent-type: application/json\nlocation: /mails/77\n\n{"id":77}\n\nmore');
  expect(readHeard(text)).toEqual({
    ...{ status: 'HTTP 201', about: ['content-type: application/json', 'location: /mails/77'] },
    body: '{"id":77}\n\nmore',
  });
});

test('an answer without a body, and one that is cut, say so', () => {
  expect(heardText(204, {}, bytes(''), true)).toBe('HTTP 204\n\n');
  expect(heardText(200, {}, bytes('abc'), false)).toBe('HTTP 200\ncut: these are the first 3 bytes of the answer\n\nabc');
  const long = heardText(200, {}, bytes('x'.repeat(ANSWER_BYTES_MAX + 1)), true);
  expect(readHeard(long)).toMatchObject({
    about: [expect.stringMatching(/^cut: .* 4,096 bytes/)],
    body: 'x'.repeat(ANSWER_BYTES_MAX),
  });
  expect(readHeard(heardText(200, {}, bytes('x'.repeat(ANSWER_BYTES_MAX)), true)).about).toEqual([]);
});

test('half a character at the cut is left out and is no invalid byte', () => {
  const heard = readHeard(heardText(200, {}, bytes(`${'x'.repeat(ANSWER_BYTES_MAX - 1)}é`), true));
  expect(heard.body).toBe('x'.repeat(ANSWER_BYTES_MAX - 1));
  expect(heard.about).toHaveLength(1);
});

test('what PostgreSQL can’t hold is replaced, and the text says so', () => {
  const text = heardText(200, {}, Uint8Array.of(0x61, 0, 0xff, 0x62), true);
  expect(text).not.toContain('\0');
  expect(text.isWellFormed()).toBe(true);
  expect(readHeard(text)).toEqual({
    status: 'HTTP 200',
    about: ['replaced: U+FFFD stands for bytes that are not UTF-8', 'replaced: U+2400 stands for NUL'],
    body: 'a\u2400\uFFFDb',
  });
});

test('a header can’t begin a line of its own', () => {
  const { about, body } = readHeard(
    heardText(200, { location: 'a\r\n\r\nforged\0', 'content-type': `${'y'.repeat(600)}` }, bytes('z'), true),
  );
  expect(about).toEqual([`content-type: ${'y'.repeat(500)}…`, 'location: a    forged ']);
  expect(body).toBe('z');
});
