/**
 * Properties draw the same cases at every run of `npm test`: what is red is red because of a change, and stays so. `PROPERTY_SEED` gives a run other cases
 * (docs/tests.md).
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 20261126) });
