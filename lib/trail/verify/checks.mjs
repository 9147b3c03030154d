/**
 * The checks of a trail: what Countersign wrote about one batch, checked without Countersign. docs/trail.md says what each file is, what is checked and what
 * nobody can know from the trail alone.
 *
 * A trail is read once, chunk by chunk, line by line: memory grows with the largest chunk, and by 4 bytes for each item of the batch (pool.mjs).
 *
 *   trail     {names: string[], read(name): AsyncIterable<Uint8Array>}
 *   hashing   () => {update(bytes), hex()}: SHA-256, as this program's surroundings have it
 */

import { OfChunk } from './chunk.mjs';
import { bytesOfHex, canonical, encoded, isObject, joined, Lines, located, nothing, parsed, Rows, text } from './lines.mjs';
import { Pools } from './pool.mjs';
import { LINES } from './receipts.mjs';

const LISTED = 100;

/** The files of a trail. One that a role is not given is there all the same, with digests in it. */
export const FILES = [
  ...['START-HERE.html', 'verify.mjs', 'batch.json', 'chunks.jsonl', 'receipts.jsonl', 'leaves.jsonl', 'values.jsonl'],
  ...['plan.json', 'plans.jsonl', 'decisions.jsonl', 'manifests.jsonl', 'classified.jsonl', 'origins.jsonl', 'requests.jsonl'],
  ...['reviews.jsonl', 'corrections.jsonl'],
  ...['reading.json', 'receipts.csv', 'task-body.md', 'SHA256SUMS'],
];

/** Of trails that it reads. */
const FORMATS = [1, 2];
/** A trail from before there was one is whole without it. */
const LATER = ['classified.jsonl', 'origins.jsonl'];

/**
 * Checks a trail. Gives {verdict, facts, findings, more, erased, notGiven, notes}: `findings` are {kind, file, line, says}, the first hundred; `more` is how
 * many further ones there were.
 */
export async function verifyTrail(trail, hashing) {
  const report = new Report();
  const check = new Check(trail, hashing, report);
  try {
    await check.all();
  } catch (error) {
    const kind = error.kind === 'incomplete' ? 'incomplete' : 'altered';
    if (!(error instanceof Stop)) report[kind](error.file ?? null, error.line ?? null, `This can’t be read: ${error.message}`);
  }
  return report.end(check);
}

/** Nothing more can be checked. */
class Stop extends Error {}

class Report {
  findings = [];
  more = 0;
  erased = 0;
  notes = [];
  facts = { name: null, batch: null, complete: null, chunks: 0, receipts: 0 };

  altered(file, line, says) {
    this.#add({ kind: 'altered', file, line, says });
  }

  incomplete(file, line, says) {
    this.#add({ kind: 'incomplete', file, line, says });
  }

  note(says) {
    this.notes.push(says);
  }

  #add(finding) {
    // An alteration is never lost among what is missing.
    const worse = finding.kind === 'altered' && !this.findings.some(({ kind }) => kind === 'altered');
    if (this.findings.length < LISTED || worse) this.findings.push(finding);
    else this.more += 1;
  }

  end(check) {
    const { findings, more, erased, notes, facts } = this;
    const kinds = findings.map(({ kind }) => kind);
    const verdict = kinds.includes('altered')
      ? 'altered'
      : kinds.includes('incomplete')
        ? 'incomplete'
        : erased > 0
          ? 'erased'
          : 'holds';
    return { verdict, facts, findings, more, erased, notGiven: check.notGiven, notes };
  }
}

class Check {
  /** what this trail's reader may not see */
  notGiven = [];
  #trail;
  #hashing;
  #report;
  #opened = new Map();
  #sums = new Map();
  #batch = null;
  /** by revision: the digest of the plan, and the plan */
  #plans = new Map();
  /** by revision of the plan: the ranges of chunks that its receipts say it holds for */
  #holds = new Map();
  #reading = null;
  #decisionRoots = new Map();
  #starts = [];
  #closings = [];
  #seed = null;
  #total = { approved: 0, done: 0, skipped: 0, failed: 0, uncertain: 0, notExecuted: 0, inFlight: 0, waiting: 0 };
  #tainted = false;
  /** the draws over several chunks */
  pools = new Pools(this);
  #counted = {
    values: 0,
    requests: 0,
    unsealedNotes: 0,
    attestations: 0,
    corrections: 0,
    withoutReceipt: 0,
    decisions: 0,
    unfrozen: 0,
    drawn: 0,
    looksOfKeys: 0,
    factors: {},
    classifiedBy: {},
    notDrawn: 0,
  };

  constructor(trail, hashing, report) {
    this.#trail = trail;
    this.#hashing = hashing;
    this.#report = report;
  }

  async all() {
    this.#names();
    await this.#readBatch();
    await this.#readPlans();
    await this.#readReading();
    await this.#walk();
    this.#roots();
    if (!this.#tainted) this.pools.end();
    this.#closing();
    this.#sum();
    await this.#files();
    this.#told();
  }

  // ---- the files

  #names() {
    const { names } = this.#trail;
    if (!names.includes('batch.json') || !names.includes('receipts.jsonl')) {
      this.#report.incomplete(null, null, 'This is no trail of Countersign, or batch.json or receipts.jsonl is missing.');
      throw new Stop();
    }
    for (const name of FILES)
      if (!names.includes(name) && !LATER.includes(name)) this.#report.incomplete(name, null, 'This file is missing.');
    for (const name of names)
      if (!FILES.includes(name)) this.#report.altered(name, null, 'This file does not belong to a trail.');
    for (const name of new Set(names.filter((name, at) => names.indexOf(name) !== at)))
      this.#report.altered(name, null, 'This file is there twice.');
  }

  #lines(name) {
    const bytes = this.#trail.names.includes(name) ? this.#trail.read(name) : nothing();
    const lines = new Lines(name, located(bytes, name), this.#hashing());
    this.#opened.set(name, lines);
    return lines;
  }

  #rows(name) {
    return new Rows(this.#lines(name), this.#report, LINES[name]);
  }

  /** A small file as a whole: its bytes; null where it is missing. */
  async #whole(name) {
    if (!this.#trail.names.includes(name)) return null;
    const parts = [];
    const sha = this.#hashing();
    for await (const part of located(this.#trail.read(name), name)) {
      sha.update(part);
      parts.push(part);
    }
    this.#sums.set(name, sha.hex());
    return joined(parts);
  }

  async #readBatch() {
    const batch = parsed(await this.#whole('batch.json'));
    if (!isObject(batch)) {
      this.#report.altered('batch.json', null, 'This file is not JSON.');
      throw new Stop();
    }
    if (!FORMATS.includes(batch.trail)) {
      const read = FORMATS.join(' and ');
      this.#report.altered('batch.json', null, `This is a trail of format ${batch.trail}, and this program reads ${read}.`);
      throw new Stop();
    }
    this.#batch = batch;
    const { facts } = this.#report;
    Object.assign(facts, {
      name: batch.name,
      batch: batch.batch,
      complete: batch.complete === true,
      at: batch.at,
      role: batch.for?.role,
    });
    if (batch.for?.items !== true) this.notGiven.push('frozen requests', 'answers of targets', 'values and notes');
  }

  get #given() {
    return this.#batch.for?.items === true;
  }

  async #readPlans() {
    let before = 0;
    for await (const { row, line } of this.#rows('plans.jsonl').while(() => true)) {
      const { revision, plan } = row;
      const digest = this.#sha(encoded(canonical(plan)));
      if (revision !== before + 1) this.#report.incomplete('plans.jsonl', line, `Revision ${before + 1} of the plan is missing.`);
      // Texts in it were erased: what is left of it has another digest, and the receipts hold on to the first one.
      const erased = row.erased === true && digest !== row.digest;
      if (erased) this.#report.erased += 1;
      else if (digest !== row.digest)
        this.#report.altered('plans.jsonl', line, `The plan of revision ${revision} does not have its digest.`);
      const first = this.#plans.get(1);
      if (first && !erased && !first.erased && canonical(unrevised(plan)) !== canonical(unrevised(first.plan)))
        this.#report.altered('plans.jsonl', line, `Revision ${revision} of the plan changes more than rules and instruction.`);
      this.#plans.set(revision, { digest: erased ? row.digest : digest, left: digest, plan, erased, reviews: row.reviews });
      before = revision;
    }
    if (this.#plans.get(1)?.digest !== this.#batch.plan)
      this.#report.altered('batch.json', null, 'It names another plan than plans.jsonl.');
    const bytes = await this.#whole('plan.json');
    if (bytes !== null && this.#sha(bytes) !== this.#plans.get(before)?.left)
      this.#report.altered('plan.json', null, 'This is not the latest plan of plans.jsonl.');
  }

  async #readReading() {
    const bytes = await this.#whole('reading.json');
    // A batch from before readings were kept has none; the file then says null.
    this.#reading = bytes === null || text(bytes).trim() === 'null' ? null : this.#sha(bytes);
    if ((this.#batch.reading ?? null) !== this.#reading)
      this.#report.altered('reading.json', null, 'These are not the bytes of the reading that batch.json names.');
  }

  /** Files that nothing in the receipts vouches for, and the bytes of all the others. */
  async #files() {
    for (const [name, lines] of this.#opened) this.#sums.set(name, await lines.end());
    const list = await this.#whole('SHA256SUMS');
    if (list === null) return;
    const listed = new Map();
    const lines = text(list).split('\n').slice(0, -1);
    for (const [index, line] of lines.entries()) {
      const [, digest, name] = /^([0-9a-f]{64}) {2}([\w.-]+)$/.exec(line) ?? [];
      const inOrder = FILES.indexOf(name) > FILES.indexOf([...listed.keys()].at(-1));
      if (digest === undefined || !inOrder) this.#report.altered('SHA256SUMS', index + 1, 'This line does not belong here.');
      else listed.set(name, digest);
    }
    for (const name of LATER)
      if (listed.has(name) && !this.#trail.names.includes(name)) this.#report.incomplete(name, null, 'This file is missing.');
    for (const name of FILES) {
      if (name === 'SHA256SUMS' || !this.#trail.names.includes(name)) continue;
      if (!this.#sums.has(name)) await this.#whole(name);
      if (!listed.has(name)) this.#report.altered('SHA256SUMS', null, `It does not list ${name}.`);
      else if (listed.get(name) !== this.#sums.get(name))
        this.#report.altered(name, null, 'Its bytes are not those that SHA256SUMS lists.');
    }
  }

  // ---- chunk by chunk

  async #walk() {
    const files = {
      receipts: this.#lines('receipts.jsonl'),
      leaves: this.#rows('leaves.jsonl'),
      values: this.#rows('values.jsonl'),
      decisions: this.#rows('decisions.jsonl'),
      manifests: this.#rows('manifests.jsonl'),
      classified: this.#rows('classified.jsonl'),
      origins: this.#rows('origins.jsonl'),
      requests: this.#rows('requests.jsonl'),
      reviews: this.#rows('reviews.jsonl'),
      corrections: this.#rows('corrections.jsonl'),
    };
    /** the digest of lines "chunk seq": what the last closing receipt says */
    const seqs = this.#hashing();
    let expected = 0;
    let total = 0;
    for await (const { row: chunk, line } of this.#rows('chunks.jsonl').while(() => true)) {
      if (!Number.isInteger(chunk.chunk) || !Number.isInteger(chunk.seq)) {
        this.#report.altered('chunks.jsonl', line, 'This line names no chunk.');
        continue;
      }
      if (chunk.chunk < expected) {
        this.#report.altered('chunks.jsonl', line, `Chunk ${chunk.chunk} is out of its order.`);
        continue;
      }
      if (chunk.chunk > expected) this.#report.incomplete('chunks.jsonl', line, `Chunk ${expected} is missing.`);
      expected = chunk.chunk + 1;
      const one = new OfChunk(chunk, files, this);
      await one.walk();
      this.#report.facts.receipts += one.seq;
      if (chunk.chunk > 0) this.#report.facts.chunks += 1;
      // The last closing counts what was there before it.
      const counted = chunk.chunk === 0 ? (this.#closings.at(-1)?.seq ?? chunk.seq + 1) - 1 : chunk.seq;
      seqs.update(encoded(`${chunk.chunk} ${counted}\n`));
      total += counted;
    }
    this.seqs = { digest: seqs.hex(), total };
    if (expected === 0) this.#report.incomplete('chunks.jsonl', null, 'It lists no chunk.');
    const left = await files.receipts.peek();
    if (left !== null)
      this.#report.altered('receipts.jsonl', files.receipts.next, 'This receipt is of no chunk that chunks.jsonl lists.');
    for (const [name, rows] of Object.entries(files)) {
      if (name === 'receipts') continue;
      const next = await rows.peek();
      if (next !== null) this.#report.altered(`${name}.jsonl`, next.line, 'This line belongs to no chunk of the trail.');
    }
  }

  // ---- what chunks tell

  get report() {
    return this.#report;
  }
  get batch() {
    return this.#batch;
  }
  get given() {
    return this.#given;
  }
  get counted() {
    return this.#counted;
  }
  get seed() {
    return this.#seed;
  }
  get hashing() {
    return this.#hashing;
  }

  sha(...parts) {
    return this.#sha(...parts);
  }

  #sha(...parts) {
    const sha = this.#hashing();
    for (const part of parts) sha.update(part);
    return sha.hex();
  }

  hmac(key, bytes) {
    const padded = (byte) => Uint8Array.from({ length: 64 }, (_, at) => (key[at] ?? 0) ^ byte);
    return this.#sha(padded(0x5c), bytesOfHex(this.#sha(padded(0x36), bytes)));
  }

  /** What is drawn with by a revision of the plan: an order of its own for each. */
  seedOf(revision) {
    return revision === 1 ? this.#seed : bytesOfHex(this.hmac(this.#seed, encoded(`plan ${revision}`)));
  }

  /** The last review that there was when a revision of the plan came; undefined where the trail is from before that was in it. */
  markedBefore(revision) {
    if (revision === 1) return -1n;
    const { reviews } = this.#plans.get(revision) ?? {};
    return reviews === undefined ? undefined : BigInt(reviews);
  }

  /** {plan, erased} of a revision; undefined where there is none. */
  planAt(revision) {
    return this.#plans.get(revision);
  }

  /** Whether the trail tells what classified its items: one from before it did holds without. */
  get hasOrigins() {
    return this.#trail.names.includes('origins.jsonl');
  }

  /** Whether a person may have filed the item without a correction: while teaching, or in the batch whose rest this one reviews. */
  isFiled(ordinal, category) {
    const { plan, erased } = this.#plans.get(1) ?? {};
    const taught = plan?.classifier?.taught ?? [];
    return (
      erased ||
      this.#batch.restOf !== null ||
      taught.some(({ dataset, items }) => dataset === this.#batch.dataset?.id && items[category]?.includes(ordinal))
    );
  }

  get isRevised() {
    return this.#plans.size > 1;
  }

  /** Whether marks of keys are looks, by the plan. */
  get keysSign() {
    return this.#plans.get(1)?.plan?.gates?.keysMaySign === true;
  }

  /** Whether the mark of a review is a look: that of a person, or of whoever may sign. */
  isLook({ by }) {
    return this.keysSign || !by.startsWith('key:');
  }

  /** HMAC-SHA256 of the ordinal, as 4 bytes, under the seed. */
  rank(seed, ordinal) {
    const number = new Uint8Array(4);
    new DataView(number.buffer).setInt32(0, ordinal);
    return this.hmac(seed, number);
  }

  /** Something of the whole can't be known, because a receipt can't be trusted. */
  taint() {
    this.#tainted = true;
  }

  /** Whether whoever approves and releases proves who they are, by the plan. */
  get wantsFactor() {
    return this.#plans.get(1)?.plan?.gates?.stepUp === true;
  }

  /** Whether two people sign, by the plan. */
  get wantsTwo() {
    return this.#plans.get(1)?.plan?.gates?.approvals === 2;
  }

  start(body, place) {
    this.#starts.push({ body, place });
    const { report } = this;
    if (place.seq !== 1) report.altered('receipts.jsonl', place.line, 'A batch is started once, by its first receipt.');
    if (body.plan !== this.#plans.get(body.revision)?.digest)
      report.altered(
        'receipts.jsonl',
        place.line,
        `The batch was started with another plan than revision ${body.revision} of plans.jsonl.`,
      );
    if (body.dataset !== this.#batch.dataset?.id)
      report.altered('batch.json', null, 'It names another dataset than the receipt of the start.');
    if (body.reading !== this.#reading)
      report.altered('receipts.jsonl', place.line, 'The batch was started with another reading than reading.json.');
  }

  changed(body, place) {
    const { report } = this;
    const latest = Math.max(1, ...this.#holds.keys());
    if (body.revision !== latest + 1 && (body.revision !== latest || latest === 1))
      report.altered('receipts.jsonl', place.line, `Revision ${latest + 1} of the plan was due, and not ${body.revision}.`);
    this.#holds.set(body.revision, [...(this.#holds.get(body.revision) ?? []), ...body.chunks]);
    if (body.plan !== this.#plans.get(body.revision)?.digest)
      report.altered('receipts.jsonl', place.line, `Revision ${body.revision} of the plan is not the one of plans.jsonl.`);
    if (body.before !== this.#plans.get(body.revision - 1)?.digest)
      report.altered('receipts.jsonl', place.line, `The plan before revision ${body.revision} is not the one of plans.jsonl.`);
  }

  /** Whether a chunk could go by this revision of the plan. */
  holdsFor(chunk, revision) {
    return revision === 1 || (this.#holds.get(revision) ?? []).some(([first, last]) => first <= chunk && chunk <= last);
  }

  /** Whether it undoes another batch: it draws no samples, which the receipt of its start says. Where there is none, only batch.json does. */
  get isUndo() {
    const [start] = this.#starts;
    return start ? start.body.seedHash === null : this.#batch?.undoes != null;
  }

  closed(body, place) {
    this.#closings.push({ body, seq: place.seq, line: place.line });
    if (body.seed === null) return;
    const hash = this.#starts[0]?.body.seedHash ?? null;
    if (this.#closings.length > 1 || !/^[0-9a-f]{64}$/.test(body.seed) || this.#sha(bytesOfHex(body.seed)) !== hash)
      this.report.altered('receipts.jsonl', place.line, 'The seed is not the one that the first receipt committed to.');
    else this.#seed = bytesOfHex(body.seed);
  }

  /** A decision covers this chunk: the root is over all of them, in the order of their numbers. */
  rooted(decision, { root, line, chunk, revision, manifest }) {
    const own = this.#decisionRoots.get(decision) ?? { root, line, sha: this.#hashing() };
    this.#decisionRoots.set(decision, own);
    own.sha.update(encoded(`${JSON.stringify([chunk, revision, manifest])}\n`));
    if (own.root !== root) this.report.altered('receipts.jsonl', line, 'The receipts of one decision name two roots.');
  }

  add(sum) {
    for (const part of Object.keys(this.#total)) this.#total[part] += sum[part];
  }

  // ---- the whole

  #roots() {
    if (this.#tainted) return;
    for (const [decision, { root, line, sha }] of this.#decisionRoots)
      if (sha.hex() !== root)
        this.#report.altered(
          'receipts.jsonl',
          line,
          `Decision ${decision} covered other chunks, or other manifests of them, than its receipts say.`,
        );
  }

  #closing() {
    const { complete } = this.#report.facts;
    const started = this.#starts.length > 0;
    const last = this.#closings.at(-1);
    for (const revision of this.#plans.keys())
      if (revision > 1 && !this.#holds.has(revision) && !this.#tainted)
        this.#report.incomplete('receipts.jsonl', null, `The receipt of revision ${revision} of the plan is missing.`);
    if (!started)
      this.#report.note(
        'It began before batches had a first and a closing receipt: it has none, and its samples can’t be drawn again.',
      );
    for (const { body, place } of this.#starts)
      if (body.chunks !== this.#report.facts.chunks)
        this.#report.incomplete(
          'chunks.jsonl',
          null,
          `The batch was started with ${body.chunks} chunks (receipts.jsonl, line ${place.line}), and these are ${this.#report.facts.chunks}.`,
        );
    if (!complete) return;
    if (!last) {
      if (started) this.#report.incomplete('receipts.jsonl', null, 'The batch is over, and its closing receipt is missing.');
      return;
    }
    if (this.#tainted) return;
    const { body, line } = last;
    if (body.seqs !== this.seqs.digest || body.receipts !== this.seqs.total)
      this.#report.incomplete(
        'receipts.jsonl',
        line,
        `The closing receipt counts ${body.receipts} receipts before it, and these are others.`,
      );
    if (body.state !== this.#batch.state)
      this.#report.altered(
        'batch.json',
        null,
        `It says that the batch is ${this.#batch.state}, and its closing receipt that it is ${body.state}.`,
      );
    if (this.#starts[0]?.body.seedHash && this.#seed === null)
      this.#report.incomplete('receipts.jsonl', line, 'The closing receipt that reveals the seed is missing.');
  }

  /** Every approved action is done, skipped, failed, uncertain, not executed, in flight or waiting, and batch.json says as many of each. */
  #sum() {
    this.#report.facts.sum = this.#total;
    if (this.#tainted) return;
    const told = this.#batch.sum;
    for (const [part, count] of Object.entries(this.#total))
      if (told?.[part] !== count)
        this.#report.altered(
          'batch.json',
          null,
          `It says “${part}: ${told?.[part]}”, and the receipts and manifests say ${count}.`,
        );
    if (this.#report.facts.complete && this.#total.inFlight + this.#total.waiting > 0)
      this.#report.altered(
        'batch.json',
        null,
        `It says that the batch is over, and ${this.#total.inFlight + this.#total.waiting} actions are not.`,
      );
  }

  #told() {
    const { unsealedNotes, withoutReceipt, unfrozen, looksOfKeys, notDrawn } = this.#counted;
    const { facts } = this.#report;
    facts.counted = this.#counted;
    if (!facts.complete) this.#report.note(`The batch was not over at ${facts.at}: this is what there was until then.`);
    if (unsealedNotes > 0)
      this.#report.note(
        `Nothing vouches for ${unsealedNotes} notes of people: their receipts are of a version that did not commit to them.`,
      );
    if (withoutReceipt > 0) this.#report.note(`${withoutReceipt} corrections are from before corrections left receipts.`);
    if (looksOfKeys > 0)
      this.#report.note(
        `In what ${looksOfKeys} decisions say of looks, marks of API keys count as looks of people: they are of a version that told no difference.`,
      );
    if (notDrawn > 0)
      this.#report.note(
        `Not redone: the draws that ${notDrawn} ${notDrawn === 1 ? 'receipt of a decision tells' : 'receipts of decisions tell'} of. What they were drawn from was not kept, or was classified again since by a version that did not keep how it was classified before.`,
      );
    if (unfrozen > 0)
      this.#report.note(
        unfrozen === 1
          ? '1 decision executed nothing, so its manifest was not kept, and can’t be computed again.'
          : `${unfrozen} decisions executed nothing, so their manifests were not kept, and can’t be computed again.`,
      );
  }
}

/** What no revision of a plan changes. Its classifier stays of its kind. */
function unrevised({ classifier, instruction: _, ...rest }) {
  return { ...rest, classifier: classifier?.kind ?? null };
}
