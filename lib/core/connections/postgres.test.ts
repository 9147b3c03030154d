import { expect, test } from 'vitest';
import { postgresAddress, readPostgresAddress } from './postgres.ts';

test.each([
  ['postgres://DB.example/crm', 'postgresql://db.example:5432/crm?sslmode=verify-full'],
  ['postgresql://10.0.0.7:6432/a%20b%3F?sslmode=require', 'postgresql://10.0.0.7:6432/a%20b%3F?sslmode=require'],
  ['postgresql://[2001:db8::7]/x?sslmode=disable', 'postgresql://[2001:db8::7]:5432/x?sslmode=disable'],
])('%s is kept as %s, and read back as the same', (given, kept) => {
  const place = readPostgresAddress(given);
  if ('wrong' in place) throw new Error(place.wrong);
  expect(postgresAddress(place)).toBe(kept);
  expect(readPostgresAddress(kept)).toEqual(place);
});

test.each([
  ['https://db.example/crm', 'Write it as'],
  ['postgresql://ann:secret@db.example/crm', 'no user and no password'],
  ['postgresql://db.example', 'database’s name'],
  ['postgresql://db.example/a/b', 'has no slash'],
  ['postgresql://db.example/a%2Fb', 'has no slash'],
  ['postgresql://db.example:0/crm', 'from 1 to 65535'],
  ['postgresql:///crm', 'The host'],
  ['postgresql://%2Fvar%2Frun/crm', 'The host'],
  ['postgresql://a,b/crm', 'The host'],
  ['postgresql://db.example/crm?options=-c', 'sslmode only'],
  ['postgresql://db.example/crm?sslmode=prefer', 'sslmode is one of'],
  ['postgresql://db.example/crm?sslmode=disable&sslmode=require', 'sslmode is one of'],
])('%s is refused: %s', (given, says) => {
  expect(readPostgresAddress(given)).toEqual({ wrong: expect.stringContaining(says) });
});
