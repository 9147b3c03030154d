/**
 * The checks of a trail: what Countersign wrote about one batch, checked without Countersign. docs/trail.md says what each file is, what is checked and what
 * nobody can know from the trail alone.
 *
 * A trail is read once, chunk by chunk, line by line: memory grows with the largest chunk and not with the batch.
 *
 *   trail     {names: string[], read(name): AsyncIterable<Uint8Array>}
 *   hashing   () => {update(bytes), hex()}: SHA-256, as this program's surroundings have it
 */

/** What a receipt may make of an action, by what it is then: `kind:result` -> the states that it may find, and the one that it leaves. */
export const ACTION_TRANSITIONS = {
  intent: { from: ['planned', 'failed', 'not_executed'], to: 'intent' },
  'outcome:succeeded': { from: ['intent'], to: 'succeeded' },
  'outcome:failed': { from: ['intent'], to: 'failed' },
  'outcome:uncertain': { from: ['intent'], to: 'uncertain' },
  'outcome:skipped': { from: ['planned'], to: 'skipped' },
  'resolution:succeeded': { from: ['uncertain'], to: 'succeeded' },
  'resolution:not_executed': { from: ['uncertain'], to: 'not_executed' },
  'resolution:abandoned': { from: ['uncertain'], to: 'abandoned' },
};

const COMMON = 'at batch by chunk kind v';
const OF_ACTION = `${COMMON} attempt ordinal step`;
const OUTCOME = `${OF_ACTION} before epoch intent reason result target`;
const DECISION = `${COMMON} answers counts decision manifest override revision root seen seenCount via`;

/** The members of each kind and version of receipt. */
export const MEMBERS = {
  'intent 1': `${OF_ACTION} action decision epoch idempotencyKey item manifest request values`,
  'outcome 1': OUTCOME,
  'outcome 2': `${OUTCOME} answer`,
  'resolution 1': `${OF_ACTION} evidence intent result`,
  'decision 1': DECISION,
  'decision 2': `${DECISION} evidence factor first marks note overrides plan reviews`,
  'correction 1': `${COMMON} count from how note ordinals revision to via`,
  'start 1': `${COMMON} chunks dataset instruction items plan reading revision seedHash unreadable via`,
  'plan 1': `${COMMON} before chunks instruction note plan revision via`,
  'closing 1': `${COMMON} receipts seed seqs state`,
  'attestation 1': `${COMMON} epoch item key text`,
};

/** Members that are SHA-256(salt || value) or null; the value lies beside the receipt. */
const COMMITMENTS = {
  'outcome 2': ['answer'],
  'decision 2': ['override', 'note'],
  'correction 1': ['note'],
  'start 1': ['instruction'],
  'plan 1': ['instruction', 'note'],
  'attestation 1': ['text'],
};

/** A note of these lies beside them and nothing in the receipt vouches for it. */
const NOTE_WITHOUT_COMMITMENT = ['resolution 1', 'decision 1'];

const SETTLED_STATES = ['done', 'closed', 'cancelled'];
const LISTED = 100;
const LINE_BYTES_MAX = 64 * 1024 * 1024;

/** The files of a trail. One that a role is not given is there all the same, with digests in it. */
export const FILES = [
  ...['START-HERE.html', 'verify.mjs', 'batch.json', 'chunks.jsonl', 'receipts.jsonl', 'leaves.jsonl', 'values.jsonl'],
  ...['plan.json', 'plans.jsonl', 'decisions.jsonl', 'manifests.jsonl', 'requests.jsonl', 'reviews.jsonl', 'corrections.jsonl'],
  ...['reading.json', 'receipts.csv', 'task-body.md', 'SHA256SUMS'],
];

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
  facts = { name: null, batch: null, complete: null, chunks: 0, receipts: 0, lines: {} };

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

/** The lines of a file, one after the other, with a look at the next one. What was read is hashed, for SHA256SUMS. */
class Lines {
  line = 0;
  #bytes;
  #sha;
  #rest = [];
  #ready = [];
  #over = false;

  constructor(name, bytes, sha) {
    this.name = name;
    this.#bytes = bytes[Symbol.asyncIterator]();
    this.#sha = sha;
  }

  /** The next line's bytes without taking it; null at the end. `ahead` 1 is the one after that. */
  async peek(ahead = 0) {
    while (this.#ready.length <= ahead && !this.#over) await this.#fill();
    return this.#ready[ahead] ?? null;
  }

  async take() {
    const bytes = await this.peek();
    if (bytes === null) return null;
    this.#ready.shift();
    this.line += 1;
    return bytes;
  }

  /** The number of the line that `peek` gives. */
  get next() {
    return this.line + 1;
  }

  async end() {
    while ((await this.take()) !== null);
    return this.#sha.hex();
  }

  async #fill() {
    const { done, value } = await this.#bytes.next();
    if (done) {
      this.#over = true;
      if (this.#rest.length > 0) this.#ready.push(joined(this.#rest));
      this.#rest = [];
      return;
    }
    this.#sha.update(value);
    let from = 0;
    for (let at = value.indexOf(10); at !== -1; at = value.indexOf(10, from)) {
      this.#rest.push(value.subarray(from, at));
      this.#ready.push(joined(this.#rest));
      this.#rest = [];
      from = at + 1;
    }
    if (from < value.length) this.#rest.push(value.subarray(from));
    if (this.#rest.reduce((sum, { length }) => sum + length, 0) > LINE_BYTES_MAX)
      throw Object.assign(new Error('the line is too long.'), { file: this.name, line: this.next });
  }
}

/** Lines of JSON that are sorted by chunk: each is parsed when its chunk's turn has come. */
class Rows {
  #lines;
  #report;
  #peeked = [];

  constructor(lines, report) {
    this.#lines = lines;
    this.#report = report;
  }

  /** {row, bytes, line} of the next line that can be read, or of the one after it; null at the end. A line that can't be read was altered. */
  async peek(ahead = 0) {
    while (this.#peeked.length <= ahead) {
      const bytes = await this.#lines.take();
      if (bytes === null) return null;
      const row = parsed(bytes);
      if (typeof row === 'object' && row !== null) this.#peeked.push({ row, bytes, line: this.#lines.line });
      else this.#report.altered(this.#lines.name, this.#lines.line, 'This line is not JSON.');
    }
    return this.#peeked[ahead];
  }

  async take() {
    await this.peek();
    return this.#peeked.shift() ?? null;
  }

  /** Takes the lines for as long as `belongs(row)`. */
  async *while(belongs) {
    for (let next = await this.peek(); next !== null && belongs(next.row); next = await this.peek()) yield await this.take();
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
  #reading = null;
  #decisionRoots = new Map();
  #starts = [];
  #closings = [];
  #seed = null;
  #total = { approved: 0, done: 0, skipped: 0, failed: 0, uncertain: 0, notExecuted: 0, inFlight: 0, waiting: 0 };
  #tainted = false;
  #counted = {
    values: 0,
    requests: 0,
    unsealedNotes: 0,
    marks: 0,
    corrections: 0,
    withoutReceipt: 0,
    decisions: 0,
    unfrozen: 0,
    drawn: 0,
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
    for (const name of FILES) if (!names.includes(name)) this.#report.incomplete(name, null, 'This file is missing.');
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
    return new Rows(this.#lines(name), this.#report);
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
    if (batch.trail !== 1) {
      this.#report.altered('batch.json', null, `This is a trail of format ${batch.trail}, and this program reads format 1.`);
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
      if (digest !== row.digest)
        this.#report.altered('plans.jsonl', line, `The plan of revision ${revision} does not have its digest.`);
      this.#plans.set(revision, { digest, plan });
      before = revision;
    }
    const bytes = await this.#whole('plan.json');
    if (bytes !== null && this.#sha(bytes) !== this.#plans.get(before)?.digest)
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
    text(list)
      .split('\n')
      .filter((line) => line !== '')
      .forEach((line, index) => {
        const [, digest, name] = /^([0-9a-f]{64}) {2}([\w.-]+)$/.exec(line) ?? [];
        if (digest === undefined || listed.has(name))
          this.#report.altered('SHA256SUMS', index + 1, 'This line does not belong here.');
        else listed.set(name, digest);
      });
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

  /** Something of the whole can't be known, because a receipt can't be trusted. */
  taint() {
    this.#tainted = true;
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
    if (body.reading !== this.#reading)
      report.altered('receipts.jsonl', place.line, 'The batch was started with another reading than reading.json.');
  }

  changed(body, place) {
    const { report } = this;
    if (body.plan !== this.#plans.get(body.revision)?.digest)
      report.altered('receipts.jsonl', place.line, `Revision ${body.revision} of the plan is not the one of plans.jsonl.`);
    if (body.before !== this.#plans.get(body.revision - 1)?.digest)
      report.altered('receipts.jsonl', place.line, `The plan before revision ${body.revision} is not the one of plans.jsonl.`);
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
    const { unsealedNotes, withoutReceipt, unfrozen } = this.#counted;
    const { facts } = this.#report;
    facts.counted = this.#counted;
    if (!facts.complete) this.#report.note(`The batch was not over at ${facts.at}: this is what there was until then.`);
    if (unsealedNotes > 0)
      this.#report.note(
        `Nothing vouches for ${unsealedNotes} notes of people: their receipts are of a version that did not commit to them.`,
      );
    if (withoutReceipt > 0) this.#report.note(`${withoutReceipt} corrections are from before corrections left receipts.`);
    if (unfrozen > 0)
      this.#report.note(`${unfrozen} decisions executed nothing, so their manifests were not kept, and can’t be computed again.`);
  }
}

/** One chunk: everything of it is read in one go, and forgotten with it. Chunk 0 is the batch itself. */
class OfChunk {
  /** receipts that were read */
  seq = 0;
  #chunk;
  #files;
  #check;
  #report;
  #decisions = new Map();
  #manifests = new Map();
  #requests = new Set();
  #reviews = [];
  #corrections = new Map();
  /** by ordinal: where its chain of receipts stands */
  #actions = new Map();
  /** the manifest that was approved: {decision, digest, rows, acting} */
  #approved = null;
  /** a receipt of it can't be trusted: what follows from it is not told too */
  #tainted = false;
  #reviewsBefore = 0;

  constructor(chunk, files, check) {
    this.#chunk = chunk;
    this.#files = files;
    this.#check = check;
    this.#report = check.report;
  }

  async walk() {
    const { chunk } = this.#chunk;
    const own = (row) => row.chunk === chunk;
    for await (const { row, line } of this.#files.decisions.while(own)) this.#takeDecision(row, line);
    await this.#readManifests();
    for await (const { row, line } of this.#files.requests.while(own)) this.#takeRequest(row, line);
    for await (const { row, line } of this.#files.reviews.while(own)) this.#takeReview(row, line);
    for await (const { row, line } of this.#files.corrections.while(own)) this.#takeCorrection(row, line);
    this.#compareRequests();
    await this.#readReceipts();
    this.#end();
  }

  // ---- what lies beside the receipts

  #takeDecision(row, line) {
    if (this.#decisions.has(row.decision)) this.#report.altered('decisions.jsonl', line, 'This decision is there twice.');
    this.#decisions.set(row.decision, { ...row, line, told: false });
  }

  async #readManifests() {
    let table = null;
    const belongs = (row) => (Array.isArray(row) ? table !== null : row.chunk === this.#chunk.chunk);
    for await (const { row, bytes, line } of this.#files.manifests.while(belongs)) {
      if (!Array.isArray(row)) {
        if (this.#manifests.has(row.decision)) this.#report.altered('manifests.jsonl', line, 'This manifest is there twice.');
        table = { line, sha: this.#check.hashing(), rows: new Map(), last: 0, told: false };
        this.#manifests.set(row.decision, table);
        continue;
      }
      const [ordinal, category, action, request, item] = row;
      if (!(ordinal > table.last)) this.#report.altered('manifests.jsonl', line, `Item ${ordinal} is out of its order.`);
      table.last = ordinal;
      table.sha.update(bytes);
      table.sha.update(NEWLINE);
      table.rows.set(ordinal, { category, action, request, item });
    }
    for (const own of this.#manifests.values()) own.digest = own.sha.hex();
  }

  #takeRequest(row, line) {
    const { digest } = row;
    if (this.#requests.has(digest)) this.#report.altered('requests.jsonl', line, 'This request is there twice.');
    this.#requests.add(digest);
    if (row.erased === true) this.#report.erased += 1;
    else if (row.text === undefined && row.base64 === undefined) {
      if (this.#check.given) this.#report.incomplete('requests.jsonl', line, 'The bytes of this request are missing.');
    } else {
      const bytes = row.text === undefined ? bytesOfBase64(row.base64) : encoded(row.text);
      if (this.#check.sha(bytes) !== digest)
        this.#report.altered('requests.jsonl', line, 'The bytes of this request do not have its digest.');
    }
    this.#check.counted.requests += 1;
  }

  #compareRequests() {
    const wanted = new Set();
    for (const { rows } of this.#manifests.values())
      for (const { request } of rows.values()) if (request !== null) wanted.add(request);
    for (const digest of wanted)
      if (!this.#requests.has(digest))
        this.#report.incomplete('requests.jsonl', null, `Request ${digest} of chunk ${this.#chunk.chunk} is missing.`);
    for (const digest of this.#requests)
      if (!wanted.has(digest))
        this.#report.altered('requests.jsonl', null, `Request ${digest} of chunk ${this.#chunk.chunk} is in no manifest of it.`);
  }

  #takeReview(row, line) {
    const last = this.#reviews.at(-1);
    if (last && !(BigInt(row.id) > BigInt(last.id)))
      this.#report.altered('reviews.jsonl', line, `Review ${row.id} is out of its order, or there twice.`);
    if (!['right', 'wrong', 'withdrawn'].includes(row.verdict))
      this.#report.altered('reviews.jsonl', line, `“${row.verdict}” is no verdict.`);
    this.#reviews.push({ ...row, line });
  }

  #takeCorrection(row, line) {
    this.#check.counted.corrections += 1;
    if (row.seq === null) {
      this.#check.counted.withoutReceipt += 1;
      return;
    }
    const own = this.#corrections.get(row.seq) ?? [];
    this.#corrections.set(row.seq, own);
    own.push({ ...row, line });
  }

  // ---- the receipts

  async #readReceipts() {
    const { receipts, leaves } = this.#files;
    const { chunk } = this.#chunk;
    for (;;) {
      const at = await leaves.peek();
      const told = at !== null && at.row.chunk === chunk ? at : null;
      const bytes = await receipts.peek();
      const leaf = bytes === null ? null : this.#leaf(bytes);
      if (told === null) {
        if (bytes === null || chunkOf(bytes) !== chunk) return;
        this.#distrust('altered', 'receipts.jsonl', receipts.next, 'This receipt has no hash in leaves.jsonl.');
        await receipts.take();
        continue;
      }
      if (leaf !== told.row.leaf && (await this.#realign(leaf, told))) continue;
      await receipts.take();
      await leaves.take();
      const { seq } = told.row;
      if (seq !== this.seq + 1) this.#gap(seq, told.line);
      this.seq = seq;
      const place = { seq, line: receipts.line };
      const body = leaf === told.row.leaf ? this.#read(bytes, place) : null;
      const values = [];
      for await (const value of this.#files.values.while((row) => row.chunk === chunk && row.seq <= seq)) values.push(value);
      if (body === null) continue;
      try {
        this.#takeValues(body, values, place);
        this.#take(body, leaf, place);
      } catch (error) {
        this.#distrust('altered', 'receipts.jsonl', place.line, `This receipt can't be read: ${error.message}`);
      }
    }
  }

  #leaf(bytes) {
    return this.#check.sha(LEAF_PREFIX, bytes);
  }

  /** The line does not have the hash of its place. True: one of the two files was put right, and is to be read on. */
  async #realign(leaf, told) {
    const { receipts, leaves } = this.#files;
    const place = `${told.row.chunk}-${told.row.seq}`;
    const after = await receipts.peek(1);
    if (leaf === null) {
      this.#distrust('incomplete', 'receipts.jsonl', null, `It ends before receipt ${place}.`);
      await leaves.take();
      this.seq = told.row.seq;
      return true;
    }
    if (after !== null && this.#leaf(after) === told.row.leaf) {
      this.#distrust(
        'altered',
        'receipts.jsonl',
        receipts.next,
        'This line was put in, or is there twice: it has no place among the receipts.',
      );
      await receipts.take();
      return true;
    }
    if ((await leaves.peek(1))?.row.leaf === leaf) {
      this.#distrust('incomplete', 'receipts.jsonl', receipts.next, `Receipt ${place} is missing before this line.`);
      await leaves.take();
      this.seq = told.row.seq;
      return true;
    }
    this.#distrust(
      'altered',
      'receipts.jsonl',
      receipts.next,
      `This line was altered: its bytes do not have the hash of receipt ${place}.`,
    );
    return false;
  }

  #gap(seq, line) {
    const { chunk } = this.#chunk;
    if (seq > this.seq + 1)
      this.#distrust('incomplete', 'leaves.jsonl', line, `Receipts ${chunk}-${this.seq + 1} to ${chunk}-${seq - 1} are missing.`);
    else this.#distrust('altered', 'leaves.jsonl', line, `Receipt ${chunk}-${seq} is out of its order, or there twice.`);
  }

  #distrust(kind, file, line, says) {
    this.#tainted = true;
    this.#check.taint();
    this.#report[kind](file, line, says);
  }

  /** The body, where it is canonical JSON with exactly the members of its kind, and of this batch and chunk. */
  #read(bytes, { line }) {
    const refuse = (says) => {
      this.#distrust('altered', 'receipts.jsonl', line, says);
      return null;
    };
    const body = parsed(bytes);
    if (!isObject(body)) return refuse('This receipt is not JSON.');
    const members = Object.hasOwn(MEMBERS, `${body.kind} ${body.v}`) ? MEMBERS[`${body.kind} ${body.v}`] : null;
    if (members === null) return refuse(`This program knows no receipt of kind “${body.kind}” and version ${body.v}.`);
    if (Object.keys(body).sort().join(' ') !== members.split(' ').sort().join(' '))
      return refuse('This receipt has other members than its kind.');
    if (canonical(body) !== text(bytes)) return refuse('This receipt is not canonical JSON.');
    if (body.batch !== this.#check.batch.batch) return refuse('This receipt is of another batch.');
    if (body.chunk !== this.#chunk.chunk) return refuse('This receipt is of another chunk.');
    if ((body.chunk === 0) !== ['start', 'plan', 'closing'].includes(body.kind))
      return refuse(`A receipt of kind ${body.kind} does not belong here.`);
    return body;
  }

  /** Values against what the receipt committed to. */
  #takeValues(body, values, { seq, line }) {
    const kind = `${body.kind} ${body.v}`;
    const committed = new Map(Object.entries(body.kind === 'intent' ? body.values : {}));
    for (const member of COMMITMENTS[kind] ?? []) if (body[member] !== null) committed.set(member, body[member]);
    const seen = new Set();
    for (const { row, line: at } of values) {
      const { field } = row;
      if (row.seq !== seq) this.#report.altered('values.jsonl', at, 'This value belongs to no receipt.');
      else if (seen.has(field)) this.#report.altered('values.jsonl', at, 'This value is there twice.');
      else if (!committed.has(field)) {
        if (field === 'note' && NOTE_WITHOUT_COMMITMENT.includes(kind)) this.#check.counted.unsealedNotes += 1;
        else this.#report.altered('values.jsonl', at, `Receipt ${body.chunk}-${seq} commits to no value “${field}”.`);
      } else if (row.erased === true) this.#report.erased += 1;
      else if (this.#check.sha(bytesOfHex(row.salt), encoded(row.value)) !== committed.get(field))
        this.#report.altered('values.jsonl', at, `“${field}” is not the value that receipt ${body.chunk}-${seq} committed to.`);
      seen.add(field);
      this.#check.counted.values += 1;
    }
    if (!this.#check.given) return;
    for (const field of committed.keys())
      if (!seen.has(field))
        this.#report.incomplete(
          'values.jsonl',
          null,
          `The value “${field}” of receipt ${body.chunk}-${seq} (line ${line}) is missing.`,
        );
  }

  #take(body, leaf, place) {
    switch (body.kind) {
      case 'intent':
      case 'outcome':
      case 'resolution':
        return this.#takeStep(body, leaf, place);
      case 'decision':
        return this.#takeDecided(body, place);
      case 'correction':
        return this.#takeCorrected(body, place);
      case 'start':
        return this.#check.start(body, place);
      case 'plan':
        return this.#check.changed(body, place);
      case 'closing':
        return this.#check.closed(body, place);
    }
  }

  /** The chain of an action: by the transition table, numbered from 1, each outcome naming its intent. */
  #takeStep(body, leaf, { line }) {
    if (this.#tainted) return;
    const refuse = (says) => this.#distrust('altered', 'receipts.jsonl', line, says);
    const { ordinal, kind } = body;
    const was = this.#actions.get(ordinal) ?? { state: 'planned', step: 0, attempt: 0, intent: null };
    const name = kind === 'intent' ? 'intent' : `${kind}:${body.result}`;
    const transition = Object.hasOwn(ACTION_TRANSITIONS, name) ? ACTION_TRANSITIONS[name] : null;
    if (!transition?.from.includes(was.state))
      return refuse(`Item ${ordinal} was ${was.state}, and “${name}” can't follow that.`);
    if (body.step !== was.step + 1)
      return refuse(`This is step ${body.step} of item ${ordinal}, and step ${was.step + 1} was due.`);
    const now = { ...was, state: transition.to, step: body.step };
    if (kind === 'intent') {
      const says = this.#wrongIntent(body, was);
      if (says !== null) return refuse(says);
      Object.assign(now, { attempt: body.attempt, intent: leaf });
    } else if (body.result === 'skipped' ? body.intent !== null : body.intent !== was.intent)
      return refuse(`This receipt of item ${ordinal} names another intent than the one before it.`);
    else if (body.result !== 'skipped' && body.attempt !== was.attempt)
      return refuse(`This receipt of item ${ordinal} names another attempt.`);
    if (this.#approved?.rows.get(ordinal)?.action == null) return refuse(`Nothing was approved for item ${ordinal}.`);
    this.#actions.set(ordinal, now);
  }

  /** What was seen is what ran: an intent repeats the approved row. Null where it does. */
  #wrongIntent(body, was) {
    const approved = this.#approved;
    const { ordinal } = body;
    if (approved === null || approved.decision !== body.decision)
      return `The intent of item ${ordinal} names a decision that approved nothing here.`;
    if (approved.digest !== body.manifest)
      return `The intent of item ${ordinal} names another manifest than the one that was approved.`;
    const row = approved.rows.get(ordinal);
    if (!row || row.action === null) return `Nothing was approved for item ${ordinal}.`;
    const { connector, connection, do: verb, version } = body.action;
    if (JSON.stringify(row.action) !== JSON.stringify([connector, connection, verb, version]))
      return `Item ${ordinal}: another action was approved.`;
    if (row.request !== body.request) return `Item ${ordinal}: another request was approved.`;
    if (row.item !== body.item) return `Item ${ordinal}: the item had other bytes when it was approved.`;
    if (body.attempt !== was.attempt + 1) return `Item ${ordinal}: attempt ${was.attempt + 1} was due.`;
    const key = this.#check.sha(encoded(`countersign:${body.decision}:${ordinal}:${body.attempt}`)).slice(0, 32);
    return body.idempotencyKey === key ? null : `Item ${ordinal}: the idempotency key is not that of this attempt.`;
  }

  #takeDecided(body, place) {
    const { line } = place;
    const refuse = (says) => this.#report.altered('receipts.jsonl', line, says);
    const told = this.#decisions.get(body.decision);
    this.#check.counted.decisions += 1;
    this.#check.rooted(body.decision, { ...body, line });
    if (!told) this.#report.incomplete('decisions.jsonl', null, `Decision ${body.decision} of chunk ${body.chunk} is missing.`);
    else {
      told.told = true;
      const differs = ['root', 'revision', 'by', 'via'].find((member) => told[member] !== body[member]);
      if (differs) this.#report.altered('decisions.jsonl', told.line, `“${differs}” is not what its receipt says.`);
      if (told.digest !== body.manifest)
        this.#report.altered('decisions.jsonl', told.line, '“digest” is not the manifest that its receipt says.');
      if (canonical(told.answers) !== canonical(body.answers))
        this.#report.altered('decisions.jsonl', told.line, '“answers” are not what its receipt says.');
      const seen = [...new Set(told.seen)].sort((a, b) => a - b);
      if (
        seen.length !== body.seenCount ||
        this.#check.sha(encoded(seen.map((ordinal) => `${ordinal}\n`).join(''))) !== body.seen
      )
        this.#report.altered('decisions.jsonl', told.line, '“seen” are not the items that its receipt says.');
    }
    this.#takeApproval(body, line, refuse);
    if (body.v === 2) this.#takeReviews(body, refuse);
  }

  #takeApproval({ decision, manifest, answers, counts }, line, refuse) {
    const table = this.#manifests.get(decision);
    if (answers.release && this.#approved !== null && this.#approved.digest !== manifest)
      refuse('It releases another manifest than the one that was approved.');
    if (!table) {
      if (answers.execute && !this.#check.wantsTwo)
        this.#report.incomplete(
          'manifests.jsonl',
          null,
          `What decision ${decision} (line ${line}) approved in chunk ${this.#chunk.chunk} is missing.`,
        );
      else if (!answers.release) this.#check.counted.unfrozen += 1;
      return;
    }
    table.told = true;
    if (!answers.execute) refuse('A manifest was kept for it, and it executes nothing.');
    if (table.digest !== manifest)
      this.#distrust(
        'altered',
        'manifests.jsonl',
        table.line,
        `This manifest does not have the digest that decision ${decision} (receipts.jsonl, line ${line}) approved.`,
      );
    const counted = {};
    let acting = 0;
    for (const { category, action } of table.rows.values()) {
      counted[category] = (counted[category] ?? 0) + 1;
      if (action !== null) acting += 1;
    }
    if (canonical(counted) !== canonical(counts)) refuse('It counts other categories than its manifest.');
    this.#approved = { decision, digest: manifest, rows: table.rows, acting };
  }

  /** Marks against the reviews up to then, and what was said of them. */
  #takeReviews(body, refuse) {
    for (const [category, { population, looks, wrong, atMost }] of Object.entries(body.reviews))
      if (!(wrong <= looks && looks <= population && wrong <= atMost && atMost <= population))
        refuse(`What it says about “${category}” can't be: ${looks} looks, ${wrong} wrong, at most ${atMost} of ${population}.`);
    const rows = this.#manifests.get(body.decision)?.rows ?? null;
    const cut = this.#cut(body, rows);
    if (cut === null) refuse('The marks that it says were there are not those of reviews.jsonl.');
    else this.#reviewsBefore = cut;
    this.#check.counted.marks += 1;
  }

  /**
   * How many of the chunk's reviews were there when it was decided: those whose marks have the digest that the receipt says. Reviews and decisions of a chunk
   * come one after the other, so it is a number of the first ones; the clock only says where to look first. Null: none fits.
   */
  #cut({ marks, at }, rows) {
    const reviews = this.#reviews;
    const fits = (cut) =>
      cut >= this.#reviewsBefore && cut <= reviews.length && this.#marks(reviews.slice(0, cut), rows) === marks;
    const first = reviews.filter((review) => review.at <= at).length;
    for (let off = 0; off <= Math.min(reviews.length, CUTS_TRIED); off += 1) {
      if (fits(first + off)) return first + off;
      if (off > 0 && fits(first - off)) return first - off;
    }
    return null;
  }

  /** The latest review of an item counts, unless it was taken back, or the item has left the category since, other than by its own correction. */
  #marks(reviews, rows) {
    const latest = new Map();
    for (const review of reviews) latest.set(review.ordinal, review);
    const lines = [...latest.values()]
      .filter(({ verdict }) => verdict !== 'withdrawn')
      .filter(
        ({ ordinal, category, verdict }) => rows === null || (rows.get(ordinal)?.category === category) === (verdict === 'right'),
      )
      .sort((a, b) => a.ordinal - b.ordinal)
      .map(({ ordinal, category, verdict }) => `${ordinal} ${category} ${verdict}\n`);
    return this.#check.sha(encoded(lines.join('')));
  }

  #takeCorrected(body, { seq, line }) {
    const own = this.#corrections.get(seq) ?? [];
    this.#corrections.delete(seq);
    const said = body.ordinals.reduce((sum, [first, last]) => sum + (last - first + 1), 0);
    if (said !== body.count) this.#report.altered('receipts.jsonl', line, 'It counts other corrections than its ranges.');
    const ordinals = own.map(({ ordinal }) => ordinal).sort((a, b) => a - b);
    let at = 0;
    const same = body.ordinals.every(([first, last]) => {
      for (let ordinal = first; ordinal <= last; ordinal += 1, at += 1) if (ordinals[at] !== ordinal) return false;
      return true;
    });
    if (!same || at !== ordinals.length) {
      const kind = ordinals.length < body.count ? 'incomplete' : 'altered';
      this.#report[kind](
        'corrections.jsonl',
        own[0]?.line ?? null,
        `These are not the ${body.count} corrections of receipt ${body.chunk}-${seq}.`,
      );
    }
    for (const row of own)
      if (row.from !== body.from || row.to !== body.to || row.by !== body.by || row.revision !== body.revision)
        this.#report.altered('corrections.jsonl', row.line, `This correction is not the one of receipt ${body.chunk}-${seq}.`);
  }

  // ---- the end of the chunk

  #end() {
    const { chunk, seq } = this.#chunk;
    if (this.seq < seq)
      this.#distrust('incomplete', 'receipts.jsonl', null, `Receipts ${chunk}-${this.seq + 1} to ${chunk}-${seq} are missing.`);
    else if (this.seq > seq)
      this.#report.altered('chunks.jsonl', null, `It says that chunk ${chunk} has ${seq} receipts, and there are ${this.seq}.`);
    if (this.#tainted) return;
    for (const { line, told, decision } of this.#decisions.values())
      if (!told) this.#report.altered('decisions.jsonl', line, `Decision ${decision} has no receipt in chunk ${chunk}.`);
    for (const { line, told } of this.#manifests.values())
      if (!told) this.#report.altered('manifests.jsonl', line, 'No decision approved this manifest.');
    for (const own of this.#corrections.values())
      this.#report.altered('corrections.jsonl', own[0].line, 'This correction has no receipt.');
    this.#sum();
  }

  #sum() {
    const count = (...states) => [...this.#actions.values()].filter(({ state }) => states.includes(state)).length;
    const approved = this.#approved?.acting ?? 0;
    const rest = approved - this.#actions.size;
    const settled = SETTLED_STATES.includes(this.#chunk.state) || this.#chunk.acceptedRest > 0;
    const sum = {
      approved,
      done: count('succeeded'),
      skipped: count('skipped'),
      failed: count('failed'),
      uncertain: count('uncertain', 'abandoned'),
      notExecuted: count('not_executed') + (settled ? rest : 0),
      inFlight: count('intent'),
    };
    sum.waiting = approved - sum.done - sum.skipped - sum.failed - sum.uncertain - sum.notExecuted - sum.inFlight;
    this.#check.add(sum);
  }
}

const CUTS_TRIED = 1_000;
const LEAF_PREFIX = Uint8Array.of(0);
const NEWLINE = Uint8Array.of(10);
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** RFC 8785: members in the order of their UTF-16 code units; strings and numbers as ECMAScript writes them. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON of these bytes; undefined where they are none. */
function parsed(bytes) {
  try {
    return JSON.parse(text(bytes));
  } catch {
    return undefined;
  }
}

function chunkOf(bytes) {
  const body = parsed(bytes);
  return isObject(body) ? body.chunk : undefined;
}

function text(bytes) {
  return DECODER.decode(bytes);
}

function encoded(string) {
  return ENCODER.encode(string);
}

function bytesOfHex(hex) {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

function bytesOfBase64(base64) {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

function joined(parts) {
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function* nothing() {}

/** An error while a file is read names that file. */
async function* located(bytes, name) {
  try {
    yield* bytes;
  } catch (error) {
    throw Object.assign(error, { file: error.file ?? name });
  }
}
