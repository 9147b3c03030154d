import { z } from 'zod';
import { INCIDENT_KINDS, type IncidentKind } from '#lib/core/fleet/incident-kinds.ts';
import { CHUNK_STATES } from '#lib/core/lifecycle.ts';
import { count, id, instant } from './values.ts';

export const worker = z.object({ id: z.string(), host: z.string(), pid: z.int() });

export const ownedChunk = z.object({
  batch: id,
  batchName: z.string(),
  number: z.int(),
  state: z.enum(CHUNK_STATES),
  since: instant.describe('When it claimed the chunk.'),
});

export const workerRow = worker.extend({
  state: z.enum(['idle', 'busy', 'draining', 'gone']),
  chunks: z.array(ownedChunk).describe('Those that it owns now, the oldest claim first.'),
  chunk: z
    .object({ batchId: id, batchName: z.string(), number: z.int() })
    .nullable()
    .describe('The first of them, for callers that know of one.'),
  heartbeat: instant,
  heartbeatAgeMs: z.number(),
});
export type WorkerRow = z.infer<typeof workerRow>;

export const targetIncident = z
  .object({
    id: id.describe('Of the incident: what is resumed.'),
    target: z.string().describe('Scheme, host and port.'),
    probing: z.boolean().describe('It was resumed, and one chunk tries; the others follow its first success.'),
    paused: z.boolean().describe('A person paused it; its failures did not.'),
    message: z.string().describe('What the target said last, in words; or who paused it, and why.'),
    since: instant,
    chunks: count,
    actions: count.describe('Of the chunks that wait, those without a receipt yet.'),
    batches: count,
  })
  .describe('A target that failed for everybody, and what waits for it.');
export type TargetIncident = z.infer<typeof targetIncident>;

export const incident = z.object({
  id,
  kind: z.enum(Object.keys(INCIDENT_KINDS) as IncidentKind[]),
  message: z.string(),
  batchId: id.nullable().describe('Null where it is about no single batch.'),
  batchName: z.string().nullable(),
  chunk: z.int().nullable(),
  openedAt: instant,
  resolvedAt: instant.nullable(),
  acknowledged: z.object({ by: z.string(), at: instant }).nullable().describe('Who said that they know of it, and when.'),
  target: targetIncident.nullable(),
});
export type Incident = z.infer<typeof incident>;

export const pausedTarget = z.object({ id: id.describe('Of the incident: what is resumed.'), target: z.string() });
export type PausedTarget = z.infer<typeof pausedTarget>;

export const workerWish = z.object({ id, wish: z.enum(['drain', 'stop']) });
export type WorkerWish = z.infer<typeof workerWish>;

export const incidentResumed = z.object({
  trying: z
    .string()
    .nullable()
    .describe('The target that one chunk tries now; null when the incident is about none, or when somebody was faster.'),
  chunks: count.describe('Halted chunks that continue now.'),
});
export type IncidentResumed = z.infer<typeof incidentResumed>;
