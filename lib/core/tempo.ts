/**
 * How long a lease and everything that is measured by it takes, against the real thing: 1 in the product, always. Tests that wait for leases resolve
 * this file to `test/tempo.ts` (package.json, imports, condition `test-tempo`), so that no setting of the product can shorten a lease.
 */
export const TEMPO = 1;
