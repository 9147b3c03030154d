/**
 * The planner: a plan and the keys of a dataset's items in, chunks with their reasons out. The preview and the start both call it, so
 * what was previewed is what starts. Pure: the same plan, items and `now` give the same batch.
 */

import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { CHUNKS_MAX } from '#lib/core/limits.ts';
import { isoDay } from '#lib/core/values/dates.ts';
import type { FieldMeanings, FieldType } from '#lib/core/values/meaning.ts';
import { nearest } from '#lib/core/values/nearest.ts';
import { checkTemplate } from '#lib/core/values/template.ts';
import { cutChunks } from './chunking.ts';
import { applyEdits, type NamedDraft, nameDrafts } from './edits.ts';
import { type Estimate, estimate } from './estimate.ts';
import {
  brokenDependency,
  type Dependencies,
  findDependencies,
  findSharing,
  orderByDependency,
  type Sharing,
} from './independence.ts';
import { collectKeys, type Keys } from './keys.ts';
import type { ChunkKind, WarningCode } from './kinds.ts';
import type { Chunking, Plan } from './plan.ts';
import { coarser, planWarnings } from './plan-warnings.ts';
import { type Gates, type Routing, resolveGates, route } from './routing.ts';

export type PlannedChunk = {
  /** from 1, in the order of work */
  number: number;
  name: string;
  kind: ChunkKind;
  /** ascending */
  ordinals: Int32Array;
  itemCount: number;
  /** the first and last trusted day (2024-03-05, in the plan's time zone), when chunked by time */
  from: string | null;
  to: string | null;
  /** its actions have to run one after the other: items share a resource, or depend on each other */
  serial: boolean;
};

export type Warning = {
  code: WarningCode;
  message: string;
  facts: Record<string, unknown>;
};

/** `ok` is false where items share resources, so that this may not be batch work; `dependencies` counts the items that wait for another one. */
export type Independence = ReturnType<typeof describeIndependence>;

export type PlannedBatch = {
  itemCount: number;
  /** items of excluded chunks */
  excludedCount: number;
  chunks: PlannedChunk[];
  /** how the items were cut, in words */
  why: string;
  routing: Routing;
  independence: Independence;
  gates: Gates;
  estimate: Estimate;
  warnings: Warning[];
};

export type PlanInputs = {
  plan: Plan;
  /** the dataset's fields, in its order */
  fieldNames: readonly string[];
  /** epoch milliseconds: what "next year" means */
  now: number;
  /** what the fields mean; left out, or null, for a plan of version 1 */
  meanings?: FieldMeanings | null;
};

export type BatchPlanner = {
  /** What `add` wants of every item, in this order. */
  fields: string[];
  /** Takes the next item; ordinals have to ascend. */
  add(ordinal: number, values: readonly (string | null | undefined)[]): void;
  /** Throws `invalid` with a problem per wrong place of the plan. */
  finish(): PlannedBatch;
};

/** Plans over items that come one by one, as from a cursor. Throws `invalid` at once when the plan names unknown fields. */
export function startPlanning(inputs: PlanInputs): BatchPlanner {
  const problems = checkFields(inputs.plan, inputs.fieldNames, inputs.meanings);
  if (problems.length > 0) throw refusal(problems);
  const collector = collectKeys(inputs.plan, inputs.fieldNames, inputs.now, inputs.meanings);
  return { fields: collector.fields, add: collector.add, finish: () => planKeys(inputs.plan, collector.finish()) };
}

/**
 * Plans over items at hand: each with the values of `fields`, the names that the planner asks for.
 * @internal for its tests
 */
export function planBatch(
  inputs: PlanInputs & { items: Iterable<{ ordinal: number; fields: Readonly<Record<string, string>> }> },
): PlannedBatch {
  const planner = startPlanning(inputs);
  for (const item of inputs.items) {
    planner.add(
      item.ordinal,
      planner.fields.map((name) => (Object.hasOwn(item.fields, name) ? item.fields[name] : null)),
    );
  }
  return planner.finish();
}

/**
 * Every field that the plan names and the dataset does not have, or that does not mean what the plan takes it for. Rules and actions are checked by their own
 * kinds.
 */
export function checkFields(plan: Plan, fieldNames: readonly string[], meanings: FieldMeanings | null = null): Problem[] {
  const problems: Problem[] = [];
  const check = (name: string, path: string) => {
    if (!fieldNames.includes(name)) problems.push({ path, message: `There is no field “${name}”.${nearest(name, fieldNames)}` });
  };
  if (plan.chunking.by !== 'size') check(plan.chunking.field, 'chunking.field');
  if (plan.chunking.by === 'time' && meanings !== null && Object.hasOwn(meanings, plan.chunking.field)) {
    const { field } = plan.chunking;
    const type = meanings[field]?.type ?? 'text';
    const message = `“${field}” is read as ${TYPE_WORDS[type]}, and chunks by time need dates. Say that it holds dates in how the file was read, or choose another field.`;
    if (type !== 'date') problems.push({ path: 'chunking.field', message });
  }
  plan.independence.resource.forEach((name, index) => {
    check(name, `independence.resource.${index}`);
  });
  if (plan.independence.dependsOn !== null) {
    check(plan.independence.dependsOn, 'independence.dependsOn');
    if (plan.independence.resource.length !== 1) {
      const message = 'Name one resource field: it is the field whose value the depends-on field repeats.';
      problems.push({ path: 'independence.resource', message });
    }
  }
  plan.receiptFields.forEach((name, index) => {
    check(name, `receiptFields.${index}`);
  });
  // A receipt holds its receiptFields and nothing else of the item: a line made of others would have holes.
  problems.push(
    ...checkTemplate(plan.receiptLine, ['verb', ...plan.receiptFields], 'receiptLine').map((problem) =>
      withReceiptHint(problem, fieldNames),
    ),
  );
  return problems;
}

const TYPE_WORDS: Record<FieldType, string> = {
  text: 'text',
  identifier: 'an identifier',
  number: 'a number',
  date: 'a date',
  yes_no: 'yes or no',
};

function withReceiptHint(problem: Problem, fieldNames: readonly string[]): Problem {
  const name = /^There is no field “(.*?)”/s.exec(problem.message)?.[1];
  if (name === undefined || !fieldNames.includes(name)) return problem;
  return {
    ...problem,
    message: `“${name}” is not in receiptFields, and no other field enters a receipt. Add it to receiptFields.`,
  };
}

function planKeys(plan: Plan, keys: Keys): PlannedBatch {
  if (keys.count === 0) throw refusal([{ path: 'chunking', message: 'The dataset has no items.' }]);
  const { maxItems } = plan.chunking;
  const dependencies = plan.independence.dependsOn === null ? null : findDependencies(keys);
  const sequential = dependencies !== null && dependencies.before.length > 0;
  // What runs one after the other anyway needs no shared chunk.
  const sharing = findSharing(keys, sequential ? null : maxItems);
  const units = sequential ? null : sharing.units;

  let drafts = cutChunks(keys, plan.chunking, units);
  if (dependencies && sequential) drafts = orderByDependency(keys, drafts, dependencies, maxItems);
  refuseTooMany(drafts.length, plan.chunking, keys, 'chunking');
  const edited = applyEdits(keys, nameDrafts(keys, drafts), plan.chunkEdits, units);
  if (edited.problems.length > 0) throw refusal(edited.problems);
  if (edited.chunks.length === 0)
    throw refusal([{ path: 'chunkEdits', message: 'Every chunk was left out. Keep at least one.' }]);
  if (dependencies && sequential) refuseBroken(keys, edited.chunks, dependencies);

  const chunks = edited.chunks.map((chunk, index) => plannedChunk(keys, chunk, index + 1, sequential, units?.unit ?? null));
  const itemCount = keys.count - edited.excluded;
  const waiting = dependencies ? new Set(dependencies.after).size : 0;
  const routing = route(itemCount, chunks.length, waiting);
  const gates = resolveGates(plan, routing.kind, chunks);
  const estimated = estimate(chunks.map((chunk) => chunk.itemCount));
  const independence = describeIndependence(plan, sharing, waiting);
  return {
    itemCount,
    excludedCount: edited.excluded,
    chunks,
    why: describeChunking(plan.chunking, chunks),
    routing,
    independence,
    gates,
    estimate: estimated,
    warnings: planWarnings({ plan, keys, chunks, independence, routing, excluded: edited.excluded }),
  };
}

function plannedChunk(keys: Keys, chunk: NamedDraft, number: number, sequential: boolean, unit: Int32Array | null): PlannedChunk {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  if (keys.localMs.length > 0) {
    for (const index of chunk.members) {
      const ms = keys.localMs[index] ?? Number.NaN;
      if (ms < first) first = ms;
      if (ms > last) last = ms;
    }
  }
  return {
    number,
    name: chunk.name,
    kind: chunk.draft.kind,
    ordinals: chunk.members.map((index) => keys.ordinals[index] ?? 0),
    itemCount: chunk.members.length,
    from: first > last ? null : isoDay(first),
    to: first > last ? null : isoDay(last),
    serial: sequential || (unit !== null && chunk.members.some((index) => unit[index] !== -1)),
  };
}

// ---- words ----

function describeChunking(chunking: Chunking, chunks: readonly PlannedChunk[]): string {
  const how = {
    time: () =>
      chunking.by === 'time' ? `by ${chunking.every} of “${chunking.field}”, in the time zone ${chunking.timeZone}` : '',
    category: () =>
      chunking.by === 'category' ? `by ${chunking.of === 'domain' ? 'the mail domain' : 'the value'} of “${chunking.field}”` : '',
    size: () => 'in the order of the file',
  }[chunking.by]();
  const sizes = chunks.map(({ itemCount }) => itemCount).sort((one, other) => one - other);
  const small = chunking.minItems === null ? '' : `; groups below ${chunking.minItems} merged`;
  const large = chunking.maxItems === null ? '' : `; groups above ${chunking.maxItems} split evenly`;
  return `Cut ${how}${small}${large}: ${chunks.length} ${chunks.length === 1 ? 'chunk' : 'chunks'} of ${sizes[0]} to ${sizes[sizes.length - 1]} items.`;
}

function describeIndependence(plan: Plan, sharing: Sharing, dependencies: number) {
  const fields = plan.independence.resource;
  const groups = sharing.units?.members.length ?? 0;
  const named = fields.map((name) => `“${name}”`).join(' and ');
  const why =
    fields.length === 0
      ? 'Not checked: the plan names no field that says what an action would change.'
      : groups === 0
        ? `No two items have the same ${named}.`
        : `${sharing.items} items share ${groups} ${groups === 1 ? 'value' : 'values'} of ${named}: check that this is batch work. They share a chunk and run one after the other.`;
  return {
    ok: groups === 0,
    fields,
    sharedGroups: groups,
    sharedItems: sharing.items,
    examples: sharing.examples,
    dependencies,
    why,
  };
}

// ---- refusals ----

function refuseTooMany(count: number, chunking: Chunking, keys: Keys, path: string): void {
  if (count <= CHUNKS_MAX) return;
  const offer = coarser(chunking, keys);
  const message = `This makes ${count} chunks, and a batch has at most ${CHUNKS_MAX}.${offer ? ` ${offer.words} makes ${offer.chunks} of them.` : ''}`;
  throw new CountersignError('invalid', message, {
    problems: [{ path, message }],
    facts: offer ? { chunking: offer.chunking, chunks: offer.chunks } : {},
  });
}

function refuseBroken(keys: Keys, chunks: readonly NamedDraft[], dependencies: Dependencies): void {
  const broken = brokenDependency(
    keys,
    chunks.map(({ members }) => members),
    dependencies,
  );
  if (broken) {
    throw refusal([
      {
        path: 'chunkEdits',
        message: `Item ${broken.after} depends on item ${broken.before}, which these edits would put after it.`,
      },
    ]);
  }
}

function refusal(problems: Problem[]): CountersignError {
  return new CountersignError('invalid', problems[0]?.message ?? 'The plan does not fit the dataset.', { problems });
}
