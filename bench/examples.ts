/**
 * What a classifier learns from a person's decisions (docs/examples.md), on 6,046 real mails of which is known whether they are junk: how often it is right about
 * the mails that nobody decided, by how many were, picked as the product picks them and, beside that, at random; how sure it says to be; how many decisions,
 * those that teach and those that prove together, until looks at random prove that at most 2 % are wrong. And how fast it learns and classifies, on one core.
 */
import { createHash } from 'node:crypto';
import { atMost } from '#lib/core/evidence/bound.ts';
import { guessOf } from '#lib/core/examples/held-out.ts';
import { type Learned, learnFrom } from '#lib/core/examples/learned.ts';
import { drawn, nextPicks, randomOrder } from '#lib/core/examples/picks.ts';
import { addToRarity, emptyRarity, type Vector, vectorsBy } from '#lib/core/examples/vectors.ts';
import { wordsOf } from '#lib/core/examples/words.ts';
import { TEACH_ROUND_ITEMS } from '#lib/core/limits.ts';
import { MAIL_FIELDS } from '#lib/ingest/mbox/fields.ts';
import { mbox } from '#lib/ingest/mbox/format.ts';
import { SAMPLE_MAILS, sampleMailbox } from '#lib/ingest/sample.ts';
import { type Bench, type BenchRun, type Figures, rounded } from './bench.ts';

export const examples: Bench = {
  of: 'items',
  fullRows: SAMPLE_MAILS,
  aims: { rightAfter200: { least: 0.97 }, rightAfter500: { least: 0.99 } },
  run,
};

const FIELDS = ['from', 'subject', 'text'];
const SEEDS = ['1', '2', '3', '4', '5'];
const TOLD_AT = [20, 100, 200, 300, 500];
const SHARE = 0.02;

type Mails = { vectors: Vector[]; junk: number[]; readPerSecond: number };

async function run({ rows, say }: BenchRun): Promise<Figures> {
  const before = process.memoryUsage().rss;
  const mails = await read(rows);
  const majority = share(mails.junk, (junk) => junk === 0);
  say(`${mails.vectors.length} mails, ${rounded(100 * majority)} % of them no junk`);
  const picked = SEEDS.map((seed) => taught(mails, seed, 'picked'));
  const random = SEEDS.map((seed) => taught(mails, seed, 'random'));
  const table = TOLD_AT.map((decisions) => ({
    decisions,
    picked: mean(picked, (one) => one.get(decisions)?.right),
    random: mean(random, (one) => one.get(decisions)?.right),
    least: Math.min(...picked.map((one) => one.get(decisions)?.right ?? Number.NaN)),
    heldOut: mean(picked, (one) => one.get(decisions)?.heldOut),
    calibrationOff: mean(picked, (one) => one.get(decisions)?.calibrationOff),
    unsure: mean(picked, (one) => one.get(decisions)?.unsure),
    rightWhereSure: mean(picked, (one) => one.get(decisions)?.rightWhereSure),
    toProof: mean(picked, (one) => one.get(decisions)?.toProof),
    learnMs: mean(picked, (one) => one.get(decisions)?.learnMs),
  }));
  for (const line of table) say(JSON.stringify(line));
  const at = (decisions: number) => table.find((line) => line.decisions === decisions);
  return {
    rightAfter200: at(200)?.picked,
    rightAfter500: at(500)?.picked,
    ...{ majority, table },
    readPerSecond: rounded(mails.readPerSecond),
    predictPerSecond: rounded(mean(picked, (one) => one.get(500)?.predictPerSecond)),
    classifyPerSecond: rounded(mean(picked, (one) => one.get(500)?.classifyPerSecond)),
    peakMemoryBytes: process.memoryUsage().rss - before,
  };
}

/** The mails of the sample in an order that has nothing to do with what they are; of which folder each is says whether it is junk. */
async function read(most: number): Promise<Mails> {
  const source = sampleMailbox();
  if (!source) throw new Error('The package with the sample is not installed.');
  const all: { fields: Record<string, string>; junk: number }[] = [];
  for await (const { items } of mbox.parse(asBuffers(source), { fileName: 'sample.mbox', now: new Date(), said: {} }))
    for (const { values } of items) {
      const fields = Object.fromEntries(MAIL_FIELDS.map((name, at) => [name, values[at] ?? '']));
      all.push({ fields, junk: all.length < NO_JUNK ? 0 : 1 });
    }
  const order = randomOrder(all.length, 'mails').slice(0, most);
  const mails = Array.from(order, (at) => all[at] as (typeof all)[number]);
  const begun = performance.now();
  const words = mails.map(({ fields }) => wordsOf(fields, FIELDS));
  const rarity = emptyRarity();
  for (const own of words) addToRarity(rarity, own);
  const vectors = words.map(vectorsBy(rarity));
  const seconds = (performance.now() - begun) / 1_000;
  return { vectors, junk: mails.map(({ junk }) => junk), readPerSecond: mails.length / seconds };
}

/** The folders without junk come first. */
const NO_JUNK = 4_150;

async function* asBuffers(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const piece of source) yield Buffer.from(piece);
}

type Told = {
  right: number;
  heldOut: number;
  calibrationOff: number;
  unsure: number;
  rightWhereSure: number;
  toProof: number;
  learnMs: number;
  predictPerSecond: number;
  classifyPerSecond: number;
};

/** What is to be told at each number of decisions. */
function taught(mails: Mails, seed: string, how: 'picked' | 'random'): Map<number, Told> {
  const { vectors, junk } = mails;
  const order = randomOrder(vectors.length, seed);
  const decided = new Set<number>();
  const told = new Map<number, Told>();
  let learned: Learned | null = null;
  while (decided.size < Math.min(500, vectors.length - TEACH_ROUND_ITEMS)) {
    for (const place of nextPicks(vectors, order, decided, how === 'picked' ? learned : null, TEACH_ROUND_ITEMS))
      decided.add(place);
    const first = drawn(order, decided);
    const list = [...decided].sort((a, b) => a - b);
    const begun = performance.now();
    learned = learnFrom(
      list.map((place) => ({ vector: vectors[place] as Vector, category: junk[place] as number })),
      2,
      list.map((place) => first.has(place)),
    );
    const learnMs = performance.now() - begun;
    if (TOLD_AT.includes(decided.size)) told.set(decided.size, { ...tell(mails, learned, decided, seed), learnMs });
  }
  return told;
}

/** From what on the product says where an item belongs. */
const SURE = 0.6;

function tell({ vectors, junk }: Mails, learned: Learned, decided: ReadonlySet<number>, seed: string): Omit<Told, 'learnMs'> {
  const begun = performance.now();
  const guesses = vectors.map((vector) => {
    const { chances } = learned.chances(vector);
    const guess = guessOf(chances);
    return { guess, chance: chances[guess] as number };
  });
  const predictMs = performance.now() - begun;
  const near = performance.now();
  vectors.forEach((vector, place) => {
    learned.nearest(vector, guesses[place]?.guess ?? 0, 2);
  });
  const nearMs = performance.now() - near;
  const rest = guesses
    .map((one, place) => ({ ...one, right: one.guess === junk[place], place }))
    .filter(({ place }) => !decided.has(place));
  const sure = rest.filter(({ chance }) => chance >= SURE);
  const wrong = guesses.map(({ guess }, place) => !decided.has(place) && guess !== junk[place]);
  return {
    right: share(rest, ({ right }) => right),
    heldOut: share(
      learned.heldOut.filter((_, at) => drawnAt(seed, vectors.length, decided)[at]),
      ({ category, scores }) => guessOf(scores) === category,
    ),
    calibrationOff: calibrationOff(rest),
    unsure: 1 - sure.length / rest.length,
    rightWhereSure: share(sure, ({ right }) => right),
    toProof: decided.size + looksToProof(wrong, seed),
    predictPerSecond: vectors.length / (predictMs / 1_000),
    classifyPerSecond: vectors.length / ((predictMs + nearMs) / 1_000),
  };
}

let kept: { key: string; at: boolean[] } = { key: '', at: [] };
function drawnAt(seed: string, count: number, decided: ReadonlySet<number>): boolean[] {
  const key = `${seed} ${decided.size}`;
  if (kept.key !== key) {
    const first = drawn(randomOrder(count, seed), decided);
    kept = { key, at: [...decided].sort((a, b) => a - b).map((place) => first.has(place)) };
  }
  return kept.at;
}

/** How far what it says to be from what it is, on the average over tenths of what it says (expected calibration error). */
function calibrationOff(rest: readonly { chance: number; right: boolean }[]): number {
  const bins = Array.from({ length: 10 }, () => ({ chance: 0, right: 0 }));
  for (const { chance, right } of rest) {
    const bin = bins[Math.min(9, Math.floor((chance - 0.5) * 20))];
    if (!bin) continue;
    bin.chance += chance;
    bin.right += right ? 1 : 0;
  }
  return bins.reduce((sum, { chance, right }) => sum + Math.abs(chance - right), 0) / rest.length;
}

/** Looks in a random order of all, as at checkpoints, until they prove that at most SHARE are wrong. */
function looksToProof(wrong: readonly boolean[], seed: string): number {
  const order = wrong
    .map((_, place) => ({ place, rank: createHash('sha256').update(`${seed} ${place}`).digest('hex') }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  let found = 0;
  for (const [at, { place }] of order.entries()) {
    if (wrong[place]) found++;
    if (at % 10 === 9 && atMost(wrong.length, at + 1, found) <= SHARE * wrong.length) return at + 1;
  }
  return wrong.length;
}

function share<T>(all: readonly T[], is: (one: T) => boolean): number {
  return all.filter(is).length / all.length;
}

function mean<T>(all: readonly T[], of: (one: T) => number | undefined): number {
  return Number((all.reduce((sum, one) => sum + (of(one) ?? Number.NaN), 0) / all.length).toPrecision(4));
}
