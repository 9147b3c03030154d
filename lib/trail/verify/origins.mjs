/**
 * What classified the items of one chunk, against what vouches for it: the revisions of the plan, the corrections of people, and what was approved. No receipt commits to it, so what
 * agrees with all of these holds.
 */
import { canonical, encoded } from './lines.mjs';

/** What tells an origin from another of its kind, behind chunk, category and by. */
const TOLD = {
  person: ['person'],
  rules: ['plan', 'plan rule'],
  manual: ['plan'],
  undo: ['plan'],
  examples: ['plan learned like'],
  model: ['plan', 'plan call connection provider model instruction'],
  agent: ['plan agent key', 'plan agent key epoch'],
};

/** The ways of asking a model that there were: the digest of an instruction is over one of these numbers. */
const ASKED = [1];

export class Origins {
  #check;
  #chunk;
  /** by ordinal: {category, person, line} */
  #items = new Map();

  constructor(check, chunk) {
    this.#check = check;
    this.#chunk = chunk;
  }

  take(row, line) {
    const refuse = (says) => this.#check.report.altered('origins.jsonl', line, says);
    const { chunk: _, category, by, items, ...told } = row;
    if (!Object.hasOwn(TOLD, by) || !TOLD[by].includes(Object.keys(told).join(' ')))
      return refuse(`This is not written as a trail writes what “${by}” classified.`);
    const count = this.#takeItems(items, { category, person: told.person ?? null, line }, refuse);
    const { classifiedBy } = this.#check.counted;
    classifiedBy[by] = (classifiedBy[by] ?? 0) + count;
    if (by !== 'person') this.#agreesWithPlan({ category, by, ...told }, refuse);
  }

  #takeItems(items, one, refuse) {
    let [last, count] = [0, 0];
    for (const [low, high] of Array.isArray(items) ? items : []) {
      if (!Number.isInteger(low) || !Number.isInteger(high) || low <= last || high < low)
        refuse('Its items are out of their order.');
      else if (this.#items.size + high - low >= this.#chunk.items)
        refuse('It tells of more items than the chunk has, or of one twice.');
      else {
        for (let ordinal = low; ordinal <= high; ordinal += 1) {
          if (this.#items.has(ordinal)) refuse(`Item ${ordinal} is there twice.`);
          this.#items.set(ordinal, one);
        }
        count += high - low + 1;
        last = high;
        continue;
      }
      break;
    }
    if (count === 0) refuse('It tells of no item.');
    return count;
  }

  /** What the revision of the plan says of the classifier. Where its texts were erased, nobody knows it. */
  #agreesWithPlan({ category, by, plan: revision, rule, connection, instruction, learned, like }, refuse) {
    const found = this.#check.planAt(revision);
    if (!found) return refuse(`It goes by revision ${revision} of the plan, which is not in plans.jsonl.`);
    if (!this.#check.holdsFor(this.#chunk.chunk, revision))
      refuse(`By the receipts, revision ${revision} of the plan does not hold for chunk ${this.#chunk.chunk}.`);
    if (found.erased) return;
    const { classifier, categories = [] } = found.plan;
    const of = `revision ${revision} of the plan`;
    if (!categories.some(({ name }) => name === category)) refuse(`There is no category “${category}” in ${of}.`);
    if (by === 'undo' ? !this.#check.isUndo : by !== classifier?.kind)
      return refuse(`It says “${by}”, and by ${of} “${classifier?.kind}” classifies.`);
    if (by === 'rules' && rule !== undefined) {
      const gives = rule === 0 ? classifier.otherwise : classifier.rules?.[rule - 1]?.category;
      if (gives === undefined) refuse(`There is no rule ${rule} in ${of}.`);
      else if (gives !== category) refuse(`Rule ${rule} of ${of} gives “${gives}”, and not “${category}”.`);
    }
    if (by === 'manual' && category !== classifier.otherwise) refuse(`What nobody filed is “${classifier.otherwise}” by ${of}.`);
    if (connection !== undefined && connection !== classifier.connection)
      refuse(`It names the connection “${connection}”, and ${of} asks over “${classifier.connection}”.`);
    if (instruction !== undefined && !this.#digestsOf(found.plan).includes(instruction))
      refuse(`It names another instruction than that of ${of}.`);
    if (by === 'model' && instruction === undefined && category !== classifier.otherwise)
      refuse(`Without an answer of the model an item is “${classifier.otherwise}” by ${of}.`);
    if (by === 'examples') {
      if (learned !== (classifier.learned ?? null)) refuse(`It names something else that was learned than ${of}.`);
      const taught = (ordinal) => classifier.taught.some(({ items }) => items[category]?.includes(ordinal));
      for (const ordinal of like ?? [])
        if (!taught(ordinal)) refuse(`It names item ${ordinal} as an example of “${category}”, which ${of} was not taught.`);
    }
  }

  /** Of what a model was told beside the items. */
  #digestsOf({ instruction = '', categories }) {
    const names = categories.map(({ name }) => name);
    return ASKED.map((asks) => this.#check.sha(encoded(canonical({ asks, instruction, categories: names }))));
  }

  /**
   * When all of the chunk was read: what a person moved is that person's, and nothing else is. `rows`: what was approved; `begun`: so much of it is done that nobody classifies it again. `corrections`: null where some are
   * missing.
   */
  end({ rows, begun, corrections }) {
    if (!this.#check.hasOrigins) return;
    const moved = new Map(corrections?.map((one) => [one.ordinal, one]));
    for (const [ordinal, { category, person, line }] of this.#items) {
      const refuse = (says) => this.#check.report.altered('origins.jsonl', line, says);
      const last = moved.get(ordinal);
      if (last && (last.by !== person || last.to !== category))
        refuse(`By corrections.jsonl ${last.by} moved item ${ordinal} to “${last.to}”.`);
      if (corrections && !last && person !== null && !this.#check.isFiled(ordinal, category))
        refuse(`By corrections.jsonl nobody moved item ${ordinal}.`);
      if (rows && rows.get(ordinal)?.category !== category)
        refuse(`Item ${ordinal} was approved in another category, or not at all.`);
    }
    if (rows && begun && this.#items.size < rows.size)
      this.#check.report.incomplete(
        'origins.jsonl',
        null,
        `What classified ${rows.size - this.#items.size} items of chunk ${this.#chunk.chunk} is missing.`,
      );
  }
}
