/**
 * Properties draw the same cases at every run of `npm test`: what is red is red because of a change, and stays so. `npm run proof` draws others each time, and
 * says which if one is red; `PROPERTY_SEED` gives any run other cases (docs/tests.md).
 */
import fc from 'fast-check';
import { FULL } from './size.ts';

const given = process.env.PROPERTY_SEED;
if (given !== undefined || !FULL) fc.configureGlobal({ seed: Number(given ?? 20261126) });
