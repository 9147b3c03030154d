import { expect, test } from 'vitest';
import { signingsOf } from './signatures.ts';

const SAID = {
  sign: { execute: true, sendBack: false },
  back: { execute: false, sendBack: true },
  other: { execute: false, sendBack: false },
};
const read = (...said: (keyof typeof SAID)[]) =>
  Object.fromEntries(signingsOf(said.map((one, index) => ({ seq: index + 1, answers: SAID[one] }))));

test.each([
  [['sign'], { 1: 'first' }],
  [['sign', 'sign', 'other'], { 1: 'first', 2: 'second' }],
  [['other', 'sign', 'other', 'sign'], { 2: 'first', 4: 'second' }],
  [['sign', 'back', 'sign', 'sign'], { 1: 'first', 2: 'refused', 3: 'first', 4: 'second' }],
  [['back', 'back', 'sign'], { 3: 'first' }],
  [['sign', 'back', 'back', 'sign', 'back'], { 1: 'first', 2: 'refused', 4: 'first', 5: 'refused' }],
] as const)('%j is %j', (said, signings) => {
  expect(read(...said)).toEqual(signings);
});
