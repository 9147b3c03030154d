/** How a batch is worked on, decided and explained before it starts; and what its gates do. */

import { needsTwo } from '#lib/core/checkpoints/signatures.ts';
import { DIRECT_CHUNKS_MAX } from '#lib/core/limits.ts';
import type { RoutingKind } from './kinds.ts';
import type { GatePolicy, Plan } from './plan.ts';

export type Routing = { kind: RoutingKind; why: string };

export type Gates = { next: GatePolicy /** the chunk that goes first */; pilot: number; why: string };

/** @param dependencies how many items wait for another */
export function route(items: number, chunks: number, dependencies: number): Routing {
  if (items === 1) return { kind: 'one', why: 'The batch is one item. One worker classifies it, and you see it at once.' };
  if (dependencies > 0) {
    return {
      kind: 'sequential',
      why: `${dependencies} ${dependencies === 1 ? 'item depends' : 'items depend'} on others. Everything runs one after the other, in the order of these dependencies.`,
    };
  }
  const many = `${chunks} ${chunks === 1 ? 'chunk' : 'chunks'}`;
  if (chunks <= DIRECT_CHUNKS_MAX) return { kind: 'direct', why: `${many}: each gets a worker as soon as it may start.` };
  return { kind: 'supervised', why: `${many}: a supervisor gives them to the available workers, fairly between batches.` };
}

type Waiting = { number: number; name: string; itemCount: number; kind: string };

/** Resolves `next` where the plan leaves it open, picks the chunk to begin with, and says so, with who signs. */
export function resolveGates(plan: Plan, routing: Routing['kind'], chunks: readonly Waiting[]): Gates {
  const gates = openingOf(plan, routing, chunks);
  const two = ' Two people sign each chunk before anything runs. Whoever starts the batch can’t be one of them.';
  return needsTwo(plan) ? { ...gates, why: gates.why + two } : gates;
}

function openingOf(plan: Plan, routing: Routing['kind'], chunks: readonly Waiting[]): Gates {
  const first = chunks[0]?.number ?? 1;
  if (routing === 'sequential') {
    return {
      next: 'each',
      pilot: first,
      why: 'Items depend on each other, so a chunk is worked on only after you have reviewed the one before it.',
    };
  }
  const next: GatePolicy = plan.gates.next ?? (chunks.length <= DIRECT_CHUNKS_MAX ? 'each' : 'pilot');
  if (next === 'each')
    return {
      next,
      pilot: first,
      why: 'One after the other: the next chunk is classified when you have reviewed the one before it.',
    };
  if (next === 'parallel')
    return { next, pilot: first, why: 'All chunks are classified at once. Each still waits for your decision.' };
  const pilot = representative(chunks);
  return {
    next,
    pilot: pilot.number,
    why: `“${pilot.name}” goes first, because its ${pilot.itemCount === 1 ? 'one item is' : `${pilot.itemCount} items are`} a usual size here. All other chunks are classified in parallel after you have reviewed it.`,
  };
}

/** The chunk nearest to the median size, the later of two as near; a chunk of doubtful dates only where there is no other. */
function representative(chunks: readonly Waiting[]): Waiting {
  const normal = chunks.filter(({ kind }) => kind === 'normal');
  const among = normal.length > 0 ? normal : chunks;
  const sizes = among.map(({ itemCount }) => itemCount).sort((one, other) => one - other);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  return among.reduce(
    (best, chunk) => (Math.abs(chunk.itemCount - median) <= Math.abs(best.itemCount - median) ? chunk : best),
    among[0] as Waiting,
  );
}
