import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leastAtMost } from '#lib/core/evidence/bound.ts';
import { ACTION_TRANSITIONS, CHUNK_TERMINAL } from '#lib/core/lifecycle.ts';
import { canonicalBytes, type Json } from '#lib/ledger/canonical.ts';
import { readReceipt } from '#lib/ledger/receipt.ts';
import { trailPage, trailProgram } from './programs.ts';
import * as bound from './verify/bound.mjs';
import { canonical } from './verify/lines.mjs';
import * as receipts from './verify/receipts.mjs';
import { sha256 } from './verify/sha256.mjs';

test('the checks know what receipts are: the same transitions, members and ends as the product', () => {
  expect(receipts.ACTION_TRANSITIONS).toEqual(ACTION_TRANSITIONS);
  expect(receipts.SETTLED_STATES).toEqual(CHUNK_TERMINAL);
  for (const [name, members] of Object.entries(receipts.MEMBERS)) {
    const [kind, v] = name.split(' ');
    const body: Record<string, Json> = Object.fromEntries(members.split(' ').map((member) => [member, null]));
    const bytes = canonicalBytes({ ...body, kind: kind as string, v: Number(v) });
    expect(readReceipt(bytes), name).toMatchObject({ kind });
  }
  // And no further kind: of those that the product does not read, either.
  expect(Object.keys(receipts.MEMBERS)).toHaveLength(11);
});

test('its canonical JSON and its SHA-256 are the product’s', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // What JSON holds exactly: minus zero is no number of it.
      const own = JSON.parse(JSON.stringify(value)) as Json;
      expect(canonical(own)).toBe(canonicalBytes(own).toString());
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (parts) => {
      const [ours, nodes] = [sha256(), createHash('sha256')];
      for (const part of parts) {
        ours.update(part);
        nodes.update(part);
      }
      expect(ours.hex()).toBe(nodes.digest('hex'));
    }),
  );
});

test('what looks prove is reckoned as the product does, and no bound that it gives is refused', () => {
  const looks = fc.integer({ min: 1, max: 30_000 }).chain((population) =>
    fc.record({
      population: fc.constant(population),
      looks: fc.integer({ min: 0, max: Math.min(population, 2_000) }),
      places: fc.uniqueArray(fc.integer({ min: 1, max: 2_000 }), { maxLength: 6 }),
    }),
  );
  fc.assert(
    fc.property(looks, ({ population, looks: count, places }) => {
      const wrongAt = places.filter((at) => at <= count).sort((a, b) => a - b);
      const ours = bound.leastAtMost(population, count, wrongAt);
      expect(ours).toBe(leastAtMost({ population, looks: count, wrongAt }));
      const [least, greatest] = bound.boundsOf(population, count, wrongAt.length) as [number, number];
      expect(least <= ours && ours <= greatest).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('the program and the page are each one file that asks for nothing else', () => {
  const imports = trailProgram().match(/^import .*$/gm) ?? [];
  expect(imports.length).toBeGreaterThan(0);
  for (const line of imports) expect(line).toContain("'node:");
  const page = trailPage();
  expect(page).not.toMatch(/^(import|export) /m);
  expect(page).not.toMatch(/https?:\/\/|src=|fetch\(/);
  // Nothing may leave the computer, whatever a file says.
  expect(page).toContain("default-src 'none'");
  expect(page.match(/<\/script/g)).toHaveLength(1);
});
