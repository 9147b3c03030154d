/**
 * The draws over several chunks, done again. A decision over the batch keeps what its looks are pooled from (`pool` in decisions.jsonl): which chunks were decided, or in
 * review, by then, and which of their marks had come. Chunks are read one after the other, so what is needed of each is kept: 4 bytes an item for each of
 * its classifications that decisions rest on, and its marks.
 */
import { leastAtMost } from './bound.mjs';
import { isObject } from './lines.mjs';

export class Pools {
  #check;
  /** by decision: what its line says */
  #pools = new Map();
  /** by number */
  #chunks = new Map();
  /** receipts of decisions over the batch */
  #said = [];

  constructor(check) {
    this.#check = check;
  }

  /** The line of a decision says what its looks are pooled from. */
  take({ decision, pool }, line) {
    if (pool === undefined) return;
    if (this.#pools.has(decision))
      this.#check.report.altered('decisions.jsonl', line, 'What its looks are pooled from is there twice.');
    else if (!isPool(pool))
      this.#check.report.altered('decisions.jsonl', line, 'What its looks are pooled from is not written as a trail writes it.');
    else this.#pools.set(decision, { ...pool, line, last: new Map(pool.marks), own: new Map() });
  }

  /** A decision covers this chunk, at this revision. */
  cover({ decision, chunk, revision }) {
    this.#pools.get(decision)?.own.set(chunk, revision);
  }

  has(decision) {
    return this.#pools.has(decision);
  }

  /** The last review of the chunk that the decision saw: -1n where it saw none, undefined where that was not kept. */
  lastReview(decision, chunk) {
    const pool = this.#pools.get(decision);
    return pool && BigInt(pool.last.get(chunk) ?? -1);
  }

  /** A receipt of such a decision. `seen`: whether somebody saw of all that it approves; if not, its numbers are those of all that waited. Null: that is not on record. */
  say(said) {
    this.#said.push(said);
  }

  /** What was read of a chunk: its reviews, its corrections, {rows, revision, plan} as it was approved, and as it was classified before, or else is. */
  keep(chunk, read) {
    this.#chunks.set(chunk, new Kept(this.#check, read));
  }

  /** Compares each receipt with its draw, once all chunks were read. */
  end() {
    for (const [decision, pool] of this.#pools) {
      const refuse = (says) => this.#check.report.altered('decisions.jsonl', pool.line, says);
      // Of the chunks that there are: ranges may say anything.
      pool.before = [...this.#chunks.keys()].filter((chunk) =>
        pool.decided.some(([first, last]) => first <= chunk && chunk <= last),
      );
      if (pool.before.length !== pool.decided.reduce((sum, [first, last]) => sum + last - first + 1, 0))
        refuse(`Decision ${decision} pools chunks that there are not.`);
      const chunks = [...pool.own.keys(), ...pool.before, ...(pool.review ?? []).map(([chunk]) => chunk)];
      if (new Set(chunks).size !== chunks.length) refuse(`Decision ${decision} pools a chunk twice.`);
      for (const chunk of pool.before)
        if (!this.#chunks.get(chunk).isDecided)
          refuse(`Decision ${decision} pools chunk ${chunk} as decided, and nothing was decided of it.`);
      const pooled = new Set(chunks);
      for (const [chunk, last] of pool.marks)
        if (!pooled.has(chunk) || !this.#chunks.get(chunk)?.hasReview(last))
          refuse(`Decision ${decision} pools review ${last} of chunk ${chunk}, and that is none of what it pools.`);
    }
    for (const said of this.#said) this.#compare(said);
  }

  #compare({ decision, line, reviews, seen }) {
    const { report, counted } = this.#check;
    const pool = this.#pools.get(decision);
    const refuse = (says) => report.altered('receipts.jsonl', line, says);
    if (seen === false && pool.review === null)
      return refuse('Nobody saw all of what it approves, and its looks are not pooled over what waited then.');
    const scope = [...pool.own, ...pool.before.map((number) => [number, null]), ...(seen ? [] : (pool.review ?? []))].map(
      ([number, revision]) => this.#chunks.get(number)?.at(revision, pool.last.get(number) ?? -1) ?? null,
    );
    const latest = scope.reduce((plan, one) => Math.max(plan, one?.plan ?? 1), 1);
    const isUnknown = scope.includes(null) || this.#check.markedBefore(latest) === undefined;
    if (isUnknown || (seen === null && pool.review !== null)) {
      counted.notDrawn += 1;
      return;
    }
    for (const category of Object.keys(reviews)) {
      const is = looksOver(scope, category, latest);
      for (const part of Object.keys(is))
        if (is[part] !== reviews[category][part])
          refuse(
            `It says “${part}: ${reviews[category][part]}” of “${category}”, and by the seed and the marks of all chunks it is ${is[part]}.`,
          );
      counted.drawn += 1;
    }
  }
}

/** What the looks at a category are over chunks: the marks on the items of the lowest ranks, up to the first that nobody marked, in whichever of them it lies. */
function looksOver(views, category, plan) {
  const counts = views.map((view) => view.counts(category, plan));
  const population = counts.reduce((sum, { items, outside }) => sum + items + outside, 0);
  // Where nothing was looked at, no item's rank says anything.
  if (counts.every(({ marks }) => marks === 0)) return { population, looks: 0, wrong: 0, atMost: population };
  const chunks = views.map((view) => view.drawn(category, plan));
  const open = chunks.reduce((least, { open: own }) => (own !== null && (least === null || own < least) ? own : least), null);
  const looked = chunks
    .flatMap(({ members, outside }) => [...members, ...outside])
    .filter(({ rank }) => open === null || rank < open)
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const wrongAt = looked.flatMap(({ wrong }, at) => (wrong ? [at + 1] : []));
  return { population, looks: looked.length, wrong: wrongAt.length, atMost: leastAtMost(population, looked.length, wrongAt) };
}

function isPool(pool) {
  if (!isObject(pool) || Object.keys(pool).join(' ') !== 'decided review marks') return false;
  const { decided, review, marks } = pool;
  const arePairs = (list) =>
    Array.isArray(list) &&
    list.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((one) => Number.isSafeInteger(one) && one > 0));
  const ascend = (list) => list.every(([first], at) => at === 0 || first > list[at - 1][0]);
  if (!arePairs(decided) || !arePairs(marks) || !ascend(marks) || (review !== null && !(arePairs(review) && ascend(review))))
    return false;
  return decided.every(([first, last], at) => first <= last && (at === 0 || first > decided[at - 1][1] + 1));
}

/** A chunk, as far as draws want it. */
class Kept {
  #check;
  #state;
  #reviews;
  #corrections;
  #isApproved;
  /** in the order of their revisions: how it was classified before it was classified again, and last how it was approved, or is classified */
  #classified;
  #last = { key: '', view: null };

  constructor(check, { state, reviews, corrections, approved, classified }) {
    this.#check = check;
    this.#state = state;
    this.#reviews = reviews.map(({ id, ordinal, category, verdict, by }) => ({ id: BigInt(id), ordinal, category, verdict, by }));
    this.#corrections = corrections;
    this.#isApproved = approved !== null;
    const touched = new Set([...reviews, ...corrections].map(({ ordinal }) => ordinal));
    const all = approved === null ? classified : [...classified.filter(({ kept }) => kept), approved];
    this.#classified = all.map((one) => new Classified(check, touched, one));
  }

  get isDecided() {
    return this.#isApproved || this.#state === 'closed';
  }

  hasReview(id) {
    return this.#reviews.some((review) => review.id === BigInt(id));
  }

  /**
   * The chunk as it was at a revision (null: as it was decided), with its reviews up to one of them. Null where that is not on record: its items were classified again
   * since, and how they were classified before was not kept, or how they are classified is not in the trail.
   */
  at(revision, last) {
    const known =
      revision === null
        ? this.#classified.findLast(({ kept }) => !kept)
        : this.#classified.find((one) => one.revision >= revision);
    if (known === undefined) return null;
    const key = `${revision} ${last}`;
    if (this.#last.key === key) return this.#last.view;
    const was = this.#movedSince(revision ?? known.revision, known.revision);
    const view =
      was &&
      new View(this.#check, known, {
        was,
        reviews: this.#reviews.filter(({ id }) => id <= BigInt(last)),
        plan: known.plan,
      });
    this.#last = { key, view };
    return view;
  }

  /** By ordinal: in which category it was at this revision, of what was moved after it. Each call of corrections makes a revision; where another thing made one, null. */
  #movedSince(revision, known) {
    const made = new Set();
    const was = new Map();
    for (const { revision: own, ordinal, from } of this.#corrections) {
      if (own <= revision || own > known) continue;
      made.add(own);
      if (!was.has(ordinal)) was.set(ordinal, from);
    }
    return made.size === known - revision ? was : null;
  }
}

/** How a chunk is known to be classified at one of its revisions. */
class Classified {
  revision;
  /** the revision of the rules */
  plan;
  /** it was classified again after that */
  kept;
  #check;
  /** by category: the ordinals of what is known to be in it */
  #members = new Map();
  /** items that anybody ever marked or moved */
  #touched;
  /** of these: the category that each is known to be in */
  #knownAs = new Map();
  #draws = new Map();

  constructor(check, touched, { revision, plan, kept = false, rows }) {
    this.#check = check;
    this.#touched = touched;
    Object.assign(this, { revision, plan, kept });
    const byCategory = new Map();
    for (const [ordinal, { category }] of rows) {
      if (touched.has(ordinal)) this.#knownAs.set(ordinal, category);
      if (!byCategory.has(category)) byCategory.set(category, []);
      byCategory.get(category).push(ordinal);
    }
    for (const [category, ordinals] of byCategory) this.#members.set(category, Int32Array.from(ordinals));
  }

  /** The category that an item is known to be in, which somebody marked or moved. */
  categoryOf(ordinal) {
    return this.#knownAs.get(ordinal);
  }

  /** The first of what is known to be in a category, by their ranks, up to the first that nobody ever marked or moved: [rank, ordinal]. Behind it there is no look. */
  drawn(category, plan) {
    const key = `${plan} ${category}`;
    if (!this.#draws.has(key)) {
      let first = null;
      const touched = [];
      for (const ordinal of this.#members.get(category) ?? []) {
        const rank = this.rankOf(ordinal, plan);
        if (this.#touched.has(ordinal)) touched.push([rank, ordinal]);
        else if (first === null || rank < first[0]) first = [rank, ordinal];
      }
      this.#draws.set(key, { first: first?.[0] ?? null, touched });
    }
    return this.#draws.get(key);
  }

  count(category) {
    return this.#members.get(category)?.length ?? 0;
  }

  rankOf(ordinal, plan) {
    return this.#check.rank(this.#check.seedOf(plan), ordinal);
  }
}

/** A chunk at one moment. */
class View {
  plan;
  #check;
  #kept;
  #was;
  #marks;
  /** by ordinal: the first review of somebody whose marks are looks */
  #first = new Map();
  #counted = new Map();
  #drawn = new Map();

  constructor(check, kept, { was, reviews, plan }) {
    this.#check = check;
    this.#kept = kept;
    this.#was = was;
    this.plan = plan;
    const latest = new Map();
    for (const review of reviews) {
      if (!check.isLook(review)) continue;
      latest.set(`${review.ordinal} ${review.category}`, review);
      if (!this.#first.has(review.ordinal)) this.#first.set(review.ordinal, review.id);
    }
    this.#marks = [...latest.values()]
      .map((review) => ({ ...review, now: was.get(review.ordinal) ?? kept.categoryOf(review.ordinal) }))
      .filter(({ category, verdict, now }) => verdict === 'wrong' || (verdict === 'right' && now === category));
  }

  /** Of a category, by a revision of the rules: how many items are asked about, how many of them were looked at, and how many more were moved out of it. */
  counts(category, plan) {
    const { items, on, outside } = this.#asked(category, plan);
    return { items, marks: on.size + outside.length, outside: outside.length };
  }

  /** Its items that were looked at, in no order; those that were moved out; and the rank of the first that nobody looked at. */
  drawn(category, plan) {
    const key = `${plan} ${category}`;
    if (!this.#drawn.has(key)) this.#drawn.set(key, this.#draw(category, plan));
    return this.#drawn.get(key);
  }

  #draw(category, plan) {
    const { on, outside, known } = this.#asked(category, plan);
    const rankOf = (ordinal) => this.#kept.rankOf(ordinal, plan);
    const { first, touched } = this.#kept.drawn(category, plan);
    const unmarked = [
      ...touched.filter(([, ordinal]) => this.#isIn(ordinal, category)),
      ...this.#cameOut(category).map((ordinal) => [rankOf(ordinal), ordinal]),
    ].flatMap(([rank, ordinal]) => (on.has(ordinal) || known.has(ordinal) ? [] : [rank]));
    if (first !== null) unmarked.push(first);
    return {
      open: unmarked.reduce((least, rank) => (least === null || rank < least ? rank : least), null),
      members: [...on].map(([ordinal, verdict]) => ({ rank: rankOf(ordinal), wrong: verdict === 'wrong' })),
      outside: outside.map((ordinal) => ({ rank: rankOf(ordinal), wrong: true })),
    };
  }

  #asked(category, plan) {
    const key = `${plan} ${category}`;
    if (!this.#counted.has(key)) this.#counted.set(key, this.#count(category, plan));
    return this.#counted.get(key);
  }

  #count(category, plan) {
    const before = this.#check.markedBefore(plan);
    const isKnown = ({ ordinal }) => this.#first.get(ordinal) <= before;
    const known = new Set(this.#marks.filter(isKnown).map(({ ordinal }) => ordinal));
    const own = this.#marks.filter((mark) => mark.category === category && !isKnown(mark));
    const on = new Map(own.filter(({ now }) => now === category).map(({ ordinal, verdict }) => [ordinal, verdict]));
    const outside = own.filter(({ now }) => now !== category).map(({ ordinal }) => ordinal);
    const leftSince = [...this.#was].filter(([ordinal, was]) => was !== category && this.#kept.categoryOf(ordinal) === category);
    const there = this.#kept.count(category) - leftSince.length + this.#cameOut(category).length;
    const knownThere = [...known].filter((ordinal) => this.#isIn(ordinal, category)).length;
    return { items: there - knownThere, on, outside, known };
  }

  /** Whether an item that somebody marked or moved was in the category. */
  #isIn(ordinal, category) {
    return (this.#was.get(ordinal) ?? this.#kept.categoryOf(ordinal)) === category;
  }

  /** What was in the category then, and is known to be in another. */
  #cameOut(category) {
    return [...this.#was].flatMap(([ordinal, was]) =>
      was === category && this.#kept.categoryOf(ordinal) !== category ? [ordinal] : [],
    );
  }
}
