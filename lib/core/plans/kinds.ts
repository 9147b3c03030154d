/** The closed sets of a plan, and of what is planned by it. Small, for the browser reads them too. */

/** Which plans there are: from version 2 on, fields are compared by what their values mean. */
export const PLAN_VERSIONS = [1, 2] as const;

/** What lets the next chunk be worked on. */
export const GATE_POLICIES = ['each', 'pilot', 'parallel'] as const;

/** Who works the chunks, and in which order. */
export const ROUTINGS = ['one', 'sequential', 'direct', 'supervised'] as const;
export type RoutingKind = (typeof ROUTINGS)[number];

export const CHUNK_KINDS = ['normal', 'undated'] as const;
export type ChunkKind = (typeof CHUNK_KINDS)[number];

export const WARNINGS = [
  'doubtful_dates',
  'no_dates',
  'many_decisions',
  'shared_resources',
  'gate_overruled',
  'larger_than_max',
  'excluded',
  'evidence_takes_all',
  'unbuildable',
  'same_target',
] as const;
export type WarningCode = (typeof WARNINGS)[number];

/** What is odd about what a rule matches. */
export const RULE_WARNINGS = ['matches_nothing', 'matches_everything', 'matches_only_taken'] as const;
