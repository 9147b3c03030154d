import { expect, test } from 'vitest';
import { securityAddress, securityFile, securityShown } from './security-address.ts';

const PERSON = '2b7f5a50-3c3d-4c7e-9b1e-0a6f3f1b2c3d';

test('an address says what is shown, and nothing else is read from it', () => {
  const shown = { kind: 'role_changed', person: PERSON, from: '2026-11-01', to: '2026-11-26', search: 'a & b' } as const;
  const query = Object.fromEntries(new URL(securityAddress(shown), 'http://x').searchParams);
  expect(securityShown(query)).toEqual(shown);
  expect(securityShown({ kind: 'guess', person: '1', from: '2026-02-31', to: 'x', search: ' ', other: 'y' })).toEqual({});
  expect(securityAddress({})).toBe('/security');
  expect(securityFile({ search: 'a' }, 'jsonl')).toBe('/api/v1/security-log/export?search=a&format=jsonl');
});
