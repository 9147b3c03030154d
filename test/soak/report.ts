/** What a soak tells: a line of JSON for machines, and the same for people. */
import type { Counts } from './fleet.ts';
import type { LieKind, Verdict } from './oracle.ts';

export type Report = Counts &
  Omit<Verdict, 'lies'> & {
    seed: number;
    form: 'short' | 'full';
    seconds: number;
    cells: { planned: number; begun: number; struck: number; missed: string[] };
    storms: number;
    /** targets that could not be had, and why */
    missing: string[];
    batches: number;
    lies: Record<LieKind, number>;
    takeovers: { kills: number; p50Ms: number; p99Ms: number; maxMs: number };
    coverage: { points: number; reached: number; faulted: number; missing: string[] };
    stuck: string[];
    crashes: string[];
    /** each lie, with the receipts of its item */
    stories: string[];
    machine: { cpu: string; cores: number; memoryBytes: number; node: string; postgres: string };
  };

/** Nothing was told wrongly, nothing hung, no worker ended by itself. */
export function isGood(report: Report): boolean {
  return Object.values(report.lies).every((count) => count === 0) && report.stuck.length === 0 && report.crashes.length === 0;
}

export function inWords(report: Report): string {
  const { lies, takeovers, coverage, cells, machine } = report;
  const lines: [string, string | number][] = [
    ['seed', report.seed],
    ['ran', `${report.seconds} s, ${report.form} form`],
    ['matrix', `${cells.struck} of ${cells.begun} cells begun were struck; ${cells.planned} in the matrix`],
    ['random batches', report.storms],
    ['kills', report.kill],
    ['stops past the lease', report.stop],
    ['event-loop stalls past the lease', report.stall],
    ['network away past the lease', report.partition],
    ['connections cut', report.cut],
    ['database restarts', report.restart],
    ['acknowledgements dropped', report.drop],
    ['acknowledgements swallowed, the connection left open', report.silence],
    ['workers asked to end', report.term],
    ['batches, items', `${report.batches}, ${report.items}`],
    ['receipts', report.receipts],
    [
      'effects',
      `${report.effects}, ${report.rows} of them rows of a database, ${report.mails} mails and ${report.errands} errands of agents; ${report.withdrawn} errands were taken back; and ${report.repeats} repeats that targets took for what they were`,
    ],
    ['targets that could not be had', [report.missing.length, ...report.missing].join('; ')],
    ['effects without intent', lies.effectWithoutIntent],
    ['double effects not told', lies.doubleNotTold],
    ['false outcomes', lies.falseOutcome],
    ['broken chains', lies.brokenChain],
    ['sums that do not add up', lies.sum],
    ['actions left open', lies.leftOpen],
    [
      'uncertain',
      `${report.uncertain}; ${report.inspected} ended by asking the target, ${report.resolved} answered by a person, ${report.resolvedRightly} of them rightly`,
    ],
    [
      'people',
      `${report.corrected} items corrected, ${report.revisions} revisions of rules, ${report.onLooks} chunks approved on looks over the batch, ${report.again} items reviewed again`,
    ],
    [
      'takeover after a kill',
      `p50 ${takeovers.p50Ms} ms, p99 ${takeovers.p99Ms} ms, at most ${takeovers.maxMs} ms, over ${takeovers.kills} kills with another worker idle`,
    ],
    [
      'steps of the protocol',
      `${coverage.reached} of ${coverage.points} reached, ${coverage.faulted} struck${coverage.missing.length > 0 ? `; not ${coverage.missing.join(', ')}` : ''}`,
    ],
    ['batches that hung', report.stuck.length],
    ['workers that ended by themselves', report.crashes.length],
    [
      'machine',
      `${machine.cores} × ${machine.cpu}, ${Math.round(machine.memoryBytes / 1024 ** 3)} GiB, Node ${machine.node}, PostgreSQL ${machine.postgres}`,
    ],
  ];
  const wide = Math.max(...lines.map(([name]) => name.length));
  const told = lines.map(([name, value]) => `${name.padEnd(wide)}  ${value}`);
  return [
    ...told,
    ...cells.missed.map((cell) => `not struck: ${cell}`),
    ...report.stories,
    ...report.stuck,
    ...report.crashes,
  ].join('\n');
}
