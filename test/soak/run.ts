/**
 * `npm run soak [-- --minutes N] [--seed S] [--short] [--only TEXT] [--workers N]`: strikes at every step of the protocol in every way, judges what the receipts say
 * by what happened, and prints a report, last as one line of JSON. Exits with 1 when anything was told wrongly. docs/soak.md explains.
 * `npm run soak -- --mutations [--only TEXT] [--seed S]` breaks the protocol instead, on a copy, and exits with 1 when nothing notices: docs/mutations.md.
 */
import { parseArgs } from 'node:util';
import { mutations, mutationsInWords } from './mutations.ts';
import { inWords, isGood } from './report.ts';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    short: { type: 'boolean', default: false },
    mutations: { type: 'boolean', default: false },
    // Cells, or mutants, whose name contains it, to run one again.
    only: { type: 'string', default: '' },
    workers: { type: 'string', default: '6' },
  },
});
// Whoever started it is gone, or wants it to end: `soak` takes its processes along.
for (const end of ['disconnect', 'SIGINT', 'SIGTERM']) process.on(end, () => process.exit(1));
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const [minutes, workers] = [Number(values.minutes), Number(values.workers)];
if (!(minutes > 0 && Number.isInteger(seed) && workers >= 2)) {
  console.error(
    'npm run soak [-- --minutes N] [--seed S] [--short] [--only TEXT] [--workers N] [--mutations]   (at least 2 workers)',
  );
  process.exit(2);
}
const started = performance.now();
const say = (line: string): void => console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${line}`);
say(`seed ${seed}`);
if (values.mutations) {
  const report = await mutations({ seed, only: values.only, say });
  console.log(mutationsInWords(report));
  console.log(JSON.stringify(report));
  process.exit(report.survived.length === 0 ? 0 : 1);
}
const report = await soak({ seed, minutes, workers, short: values.short, only: values.only, say });
console.log(inWords(report));
// What is written to a pipe is gone once the process ends: whoever reads the last line waits for it.
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(isGood(report) ? 0 : 1));
