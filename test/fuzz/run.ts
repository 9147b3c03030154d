/**
 * `npm run fuzz [-- COUNT [SEED]]`: thousands of random tables in random dialects, written and read back (test/fuzz/tables.ts). Ends with how many were
 * read as they were written, asked about and told of; one that was silently wrong is printed, with the seed that gives it again.
 */
import fc from 'fast-check';
import { type Outcome, readBack, written } from './tables.ts';

const count = Number(process.argv[2] ?? 5_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
console.log(`${count} tables, seed ${seed}`);
const outcomes: Record<Outcome, number> = { equal: 0, asked: 0, told: 0, wrong: 0 };
const property = fc.asyncProperty(written, async (table) => {
  const { outcome, why } = await readBack(table);
  // Behind the first that is wrong come only smaller ones of its kind.
  if (outcomes.wrong === 0) outcomes[outcome]++;
  if (outcome === 'wrong') throw new Error(`${JSON.stringify(table.file.toString('latin1'))}\n${why}`);
});
const result = await fc.check(property, { numRuns: count, seed });
console.log(outcomes);
if (result.failed) {
  console.error(`Silently wrong. Again: npm run fuzz -- ${count} ${seed}\n${String(result.errorInstance)}`);
  process.exitCode = 1;
}
