/** What this process did since it last said so: receipts, classifications, and how each target answered. The heartbeat writes it down. */
import { latencyBucket, noLatencies } from '#lib/core/fleet/latency.ts';
import { TARGET_CHARS_MAX, TARGETS_TALLIED_MAX } from '#lib/core/limits.ts';

type TargetTally = { requests: number /** did not succeed */; failed: number; latencies: number[] };
type Tally = { receipts: number; classified: number; targets: Map<string, TargetTally> };

/**
 * Whom the targets beyond the first TARGETS_TALLIED_MAX are counted under: no target has an empty name.
 * @internal for its tests
 */
export const OTHER_TARGETS = '';

export type Tallies = {
  /** Receipts that were committed. */
  receipts(count: number): void;
  /** Classifications that were stored. */
  classified(count: number): void;
  /** What `target` answered after `ms`. */
  answered(target: string, succeeded: boolean, ms: number): void;
  /** All since the last taking; null when there was nothing. */
  take(): Tally | null;
  /** What was taken and could not be written: it is taken again. */
  giveBack(tally: Tally): void;
};

/** @internal for its tests: the product counts with TALLIES */
export function tallies(): Tallies {
  let now: Tally = { receipts: 0, classified: 0, targets: new Map() };
  // Targets come from items: a file may name a new one in every row.
  const targetOf = (name: string): TargetTally => {
    const known = now.targets.get(name);
    if (known) return known;
    const few = now.targets.size < TARGETS_TALLIED_MAX && name.length <= TARGET_CHARS_MAX;
    const key = few ? name : OTHER_TARGETS;
    const tally = now.targets.get(key) ?? { requests: 0, failed: 0, latencies: noLatencies() };
    now.targets.set(key, tally);
    return tally;
  };
  const add = (name: string, { requests, failed, latencies }: TargetTally): void => {
    const tally = targetOf(name);
    tally.requests += requests;
    tally.failed += failed;
    for (const [bucket, count] of latencies.entries()) tally.latencies[bucket] = (tally.latencies[bucket] ?? 0) + count;
  };
  return {
    receipts(count) {
      now.receipts += count;
    },
    classified(count) {
      now.classified += count;
    },
    answered(target, succeeded, ms) {
      const tally = targetOf(target);
      const bucket = latencyBucket(ms);
      tally.requests += 1;
      tally.failed += succeeded ? 0 : 1;
      tally.latencies[bucket] = (tally.latencies[bucket] ?? 0) + 1;
    },
    take() {
      if (now.receipts + now.classified + now.targets.size === 0) return null;
      const taken = now;
      now = { receipts: 0, classified: 0, targets: new Map() };
      return taken;
    },
    giveBack(tally) {
      now.receipts += tally.receipts;
      now.classified += tally.classified;
      for (const [name, counts] of tally.targets) add(name, counts);
    },
  };
}

/** This process's. */
export const TALLIES = tallies();
