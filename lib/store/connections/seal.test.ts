/** What is secret of connections, sealed: nobody who can write to the database opens it, or puts one in the place of another. */
import { expect, test } from 'vitest';
import { type SecretRow, seal, unseal } from './seal.ts';

const key = (letter: string) => {
  process.env.CONNECTIONS_KEY = letter.repeat(43);
  Object.assign(globalThis, { countersignEnv: undefined });
};
const ROW: SecretRow = { id: '00000000-0000-4000-8000-00000000000c', version: 2 };
const VALUES = { token: 'canary~token~3f9a71' };

test('what was sealed for another row, in another version, with another key, or was changed, is not opened', () => {
  key('a');
  const sealed = seal(VALUES, ROW);
  expect(unseal(sealed, ROW)).toEqual(VALUES);
  expect(sealed.toString('latin1')).not.toContain('canary');
  expect(unseal(sealed, { ...ROW, version: 1 })).toBeNull();
  expect(unseal(sealed, { ...ROW, id: ROW.id.replace('c', 'd') })).toBeNull();
  for (let at = 0; at < sealed.length; at += 1) {
    const altered = Buffer.from(sealed);
    altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
    expect(unseal(altered, ROW)).toBeNull();
    expect(unseal(sealed.subarray(0, at), ROW)).toBeNull();
  }
  // A nonce is used once: the same values are sealed otherwise each time.
  expect(new Set(Array.from({ length: 100 }, () => seal(VALUES, ROW).toString('hex').slice(0, 24))).size).toBe(100);
  key('b');
  expect(unseal(sealed, ROW)).toBeNull();
});
