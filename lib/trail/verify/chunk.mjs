/** The checks of one chunk. */
import { boundsOf, leastAtMost, most } from './bound.mjs';
import { bytesOfBase64, bytesOfHex, canonical, chunkOf, encoded, isObject, parsed, text } from './lines.mjs';
import { Origins } from './origins.mjs';
import { ACTION_TRANSITIONS, COMMITMENTS, MEMBERS, NOTE_WITHOUT_COMMITMENT, SETTLED_STATES } from './receipts.mjs';

const CUTS_TRIED = 1_000;
/** How far is looked for the place of a line that is not where it belongs. */
const LINES_AHEAD = 16;
const LEAF_PREFIX = Uint8Array.of(0);
const NEWLINE = Uint8Array.of(10);

/** One chunk: everything of it is read in one go, and forgotten with it. Chunk 0 is the batch itself. */
export class OfChunk {
  /** receipts that were read */
  seq = 0;
  #chunk;
  #files;
  #check;
  #report;
  #decisions = new Map();
  #manifests = new Map();
  /** how it was classified before it was classified again, and how it is where it was not approved and draws go over it: {revision, plan, kept, line, rows} */
  #classified = [];
  #origins;
  #requests = new Set();
  #reviews = [];
  #corrections = new Map();
  #allCorrections = [];
  /** whether these are the ones of their receipts */
  #correctedWhole = true;
  /** the place of the last correction that was read */
  #corrected = [0, 0];
  /** by ordinal: where its chain of receipts stands */
  #actions = new Map();
  /** the manifest that was approved: {decision, digest, rows, acting} */
  #approved = null;
  /** a receipt of it can't be trusted: what follows from it is not told too */
  #tainted = false;
  #reviewsBefore = 0;
  /** by ordinal: where the last correction moved it */
  #moved = new Map();
  #sentBack = false;
  /** the revision of the plan that the last decision went by */
  #plan = 1;
  /** the first of two signatures, for as long as it is open */
  #signed = null;
  /** the keys of what agents attested */
  #attested = new Set();

  constructor(chunk, files, check) {
    this.#chunk = chunk;
    this.#files = files;
    this.#check = check;
    this.#report = check.report;
    this.#origins = new Origins(check, chunk);
  }

  async walk() {
    const { chunk } = this.#chunk;
    const own = (row) => row.chunk === chunk;
    for await (const { row, line } of this.#files.decisions.while(own)) this.#takeDecision(row, line);
    await this.#readManifests();
    await this.#readClassified();
    for await (const { row, line } of this.#files.origins.while(own)) this.#origins.take(row, line);
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
    this.#check.pools.take(row, line);
    this.#check.pools.cover(row);
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

  async #readClassified() {
    let [last, own] = [0, null];
    const belongs = (row) => (Array.isArray(row) ? own !== null : row.chunk === this.#chunk.chunk);
    for await (const { row, line } of this.#files.classified.while(belongs)) {
      if (!Array.isArray(row)) {
        const { revision, plan, kept = false } = row;
        if (own !== null && !own.kept) this.#report.altered('classified.jsonl', line, 'This chunk is there twice.');
        if (!Number.isSafeInteger(revision) || (own !== null && revision <= own.revision))
          this.#report.altered('classified.jsonl', line, 'This classification is out of its order, or there twice.');
        own = { revision, plan, kept, line, rows: new Map() };
        this.#classified.push(own);
        last = 0;
        continue;
      }
      const [ordinal, category] = row;
      if (!(ordinal > last) || row.length !== 2 || typeof category !== 'string')
        this.#report.altered(
          'classified.jsonl',
          line,
          `Item ${ordinal} is out of its order, or not written as a trail writes it.`,
        );
      last = ordinal;
      own.rows.set(ordinal, { category });
    }
  }

  /** What was kept is whole, of the very items of the chunk, and has what people moved by then where they moved it. */
  #compareClassified() {
    const { chunk, items } = this.#chunk;
    const whole = this.#approved?.rows ?? this.#classified.at(-1)?.rows;
    for (const { revision, kept, line, rows } of this.#classified) {
      if (!kept && rows.size !== items) continue;
      if (rows.size !== items)
        this.#report.incomplete(
          'classified.jsonl',
          line,
          `Of chunk ${chunk} at revision ${revision} there are ${rows.size} items, not ${items}.`,
        );
      else if (whole?.size === items && [...rows.keys()].some((ordinal) => !whole.has(ordinal)))
        this.#report.altered('classified.jsonl', line, `Chunk ${chunk} has other items at revision ${revision}.`);
      const moved = new Map();
      for (const one of this.#allCorrections) if (one.revision <= revision) moved.set(one.ordinal, one.to);
      for (const [ordinal, to] of moved)
        if (rows.has(ordinal) && rows.get(ordinal).category !== to)
          this.#report.altered(
            'classified.jsonl',
            line,
            `A person moved item ${ordinal} to “${to}”, and at revision ${revision} it is said to be in “${rows.get(ordinal).category}”.`,
          );
    }
  }

  /** How the chunk was classified at a revision of its own, by ordinal, from what was kept: with what people moved since taken back. Null where that was not kept. */
  #keptAt(revision) {
    const own = this.#classified.find((one) => one.kept && one.revision >= revision);
    if (!own) return null;
    const since = this.#allCorrections.filter((one) => one.revision > revision && one.revision <= own.revision);
    if (new Set(since.map((one) => one.revision)).size !== own.revision - revision) return null;
    const rows = new Map(own.rows);
    for (const { ordinal, from } of since.reverse()) rows.set(ordinal, { category: from });
    return rows;
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
    // Each once, in the order of the first item that sends it.
    const [due, told] = [
      [...wanted].filter((one) => this.#requests.has(one)),
      [...this.#requests].filter((one) => wanted.has(one)),
    ];
    const moved = told.findIndex((digest, at) => digest !== due[at]);
    if (moved >= 0)
      this.#report.altered('requests.jsonl', null, `Request ${told[moved]} of chunk ${this.#chunk.chunk} is out of its order.`);
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
    const [seq, ordinal] = this.#corrected;
    const later = (row.seq ?? 0) > seq || ((row.seq ?? 0) === seq && row.ordinal >= ordinal);
    if (!later) this.#report.altered('corrections.jsonl', line, 'This correction is out of its order.');
    this.#corrected = [row.seq ?? 0, row.ordinal];
    this.#allCorrections.push(row);
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
      if (leaf !== told.row.leaf && (await this.#realign(bytes, leaf, told))) continue;
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

  /**
   * The line does not have the hash of its place: receipts are missing before it, lines were put in, or it was altered. True: the two files are beside each
   * other again, and are to be read on.
   */
  async #realign(bytes, leaf, told) {
    const { receipts, leaves } = this.#files;
    const place = `${told.row.chunk}-${told.row.seq}`;
    if (bytes === null || chunkOf(bytes) > told.row.chunk) {
      this.#distrust('incomplete', 'receipts.jsonl', bytes === null ? null : receipts.next, `Receipt ${place} is missing.`);
      await this.#skip(told);
      return true;
    }
    for (let ahead = 1; ahead <= LINES_AHEAD; ahead += 1) {
      const later = await leaves.peek(ahead);
      if (later !== null && later.row.leaf === leaf) {
        this.#distrust(
          'incomplete',
          'receipts.jsonl',
          receipts.next,
          `Before this line ${ahead === 1 ? `receipt ${place} is` : `${ahead} receipts from ${place} on are`} missing.`,
        );
        for (let skipped = 0; skipped < ahead; skipped += 1) await this.#skip(await leaves.peek());
        return true;
      }
      const after = await receipts.peek(ahead);
      if (after !== null && this.#leaf(after) === told.row.leaf) {
        this.#distrust(
          'altered',
          'receipts.jsonl',
          receipts.next,
          'This line was put in, or is there twice: it has no place among the receipts.',
        );
        for (let skipped = 0; skipped < ahead; skipped += 1) await receipts.take();
        return true;
      }
    }
    this.#distrust(
      'altered',
      'receipts.jsonl',
      receipts.next,
      `This line was altered: its bytes do not have the hash of receipt ${place}.`,
    );
    return false;
  }

  /** A receipt that is missing: nothing that hangs on it is told, too. */
  async #skip({ row }) {
    const { leaves, values } = this.#files;
    await leaves.take();
    if (row.chunk !== this.#chunk.chunk) return;
    this.seq = row.seq;
    for await (const _ of values.while((value) => value.chunk === row.chunk && value.seq <= row.seq));
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
      case 'attestation':
        return this.#takeAttested(body, place);
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
    if (body.v === 2) {
      this.#takePlan(body, refuse);
      this.#takeReviews(body, line, refuse);
      this.#takeOverrides(body, told, refuse);
      this.#takeFactor(body, refuse);
    }
    this.#takeSignature(body, refuse);
  }

  /** It goes by a revision of the plan that holds for the chunk, and by none before the one of an earlier decision. */
  #takePlan({ chunk, plan }, refuse) {
    if (!this.#check.holdsFor(chunk, plan))
      refuse(`By the receipts, revision ${plan} of the plan does not hold for chunk ${chunk}.`);
    else if (plan < this.#plan) refuse(`An earlier decision on this chunk goes by revision ${this.#plan} of the plan.`);
    else this.#plan = plan;
    // What other rules classified again is as what was sent back.
    this.#sentBack ||= plan > 1;
  }

  /** What the plan demands was met, or somebody said why it was approved all the same: by the numbers that the receipt itself gives. */
  #takeOverrides({ decision, answers, counts, evidence, override, overrides, reviews }, told, refuse) {
    if (overrides.length > 0 && override === null) refuse('It went past what is asked for, and commits to no reason.');
    if (overrides.includes('evidence') !== (answers.execute && evidence.met === false))
      refuse('What it says of the evidence and of its override exclude each other.');
    const isMet = ([, { population, wrong, atMost }]) => atMost - wrong <= most(population - wrong, evidence.demanded);
    const acting = Object.entries(reviews).filter(([category]) => Object.hasOwn(counts, category));
    if (evidence.met !== null && (evidence.demanded === null || evidence.met !== acting.every(isMet)))
      refuse(`It says that what the plan demands was ${evidence.met ? 'met' : 'not met'}, and its numbers say otherwise.`);
    const rows = this.#manifests.get(decision)?.rows;
    // The ground of an undo is its receipts; and looks over the whole batch that prove the share are one for what nobody saw.
    const isGrounded = this.#check.isUndo || (evidence.over === 'batch' && evidence.met === true);
    if (!rows || !told || overrides.includes('unseen') || isGrounded) return;
    const seen = new Set(told.seen.map((ordinal) => rows.get(ordinal)?.category));
    const unseen = [...rows.values()].find(({ action, category }) => action !== null && !seen.has(category));
    if (unseen) refuse(`Nobody looked at any item of “${unseen.category}”, and it says nothing of that.`);
  }

  /** Where the plan asks for a second factor, whoever approves or releases gave a proof. That a password was enough is for the installation to say. */
  #takeFactor({ answers, factor }, refuse) {
    if (!answers.execute && !answers.release) return;
    const { factors } = this.#check.counted;
    const told = factor ?? 'none';
    factors[told] = (factors[told] ?? 0) + 1;
    if (this.#check.wantsFactor && factor === null) refuse('The plan asks whoever decides for a proof, and it names none.');
  }

  /** The second of two signatures names the first, which is another person’s. */
  #takeSignature(body, refuse) {
    const { decision, by, seenCount, marks = this.#digestOf([]), answers } = body;
    const isSecond = answers.execute && this.#signed !== null;
    if (body.v === 2 && canonical(body.first) !== canonical(isSecond ? this.#signed : null))
      refuse('It names another first signature than the one before it.');
    if (isSecond && this.#signed.by === by) refuse('One person signed twice.');
    if (this.#check.wantsTwo && !isSecond && this.#manifests.has(decision)) refuse('Two people sign, and this is the first.');
    if (answers.execute) this.#signed = isSecond || !this.#check.wantsTwo ? null : { decision, by, seenCount, marks };
    if (answers.sendBack) this.#signed = null;
  }

  #takeApproval({ decision, manifest, answers, counts, revision, plan = 1 }, line, refuse) {
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
      // What the second of two signed is what the first one did.
      else if (!answers.release && ![...this.#manifests.values()].some(({ digest }) => digest === manifest))
        this.#check.counted.unfrozen += 1;
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
    if (table.rows.size !== this.#chunk.items)
      this.#report.altered(
        'chunks.jsonl',
        null,
        `Chunk ${this.#chunk.chunk} has ${table.rows.size} items by its manifest, and here ${this.#chunk.items}.`,
      );
    this.#approved = { decision, digest: manifest, rows: table.rows, acting, revision, plan };
  }

  /** Marks against the reviews up to then, and what was said of them. */
  #takeReviews(body, line, refuse) {
    for (const [category, { population, looks, wrong, atMost }] of Object.entries(body.reviews))
      if (!(wrong <= looks && looks <= population && wrong <= atMost && atMost <= population))
        refuse(`What it says about “${category}” can't be: ${looks} looks, ${wrong} wrong, at most ${atMost} of ${population}.`);
      else if (!this.#mayProve({ population, looks, wrong, atMost }))
        refuse(
          `It says “at most ${atMost}” of “${category}”, and ${looks} looks of ${population} with ${wrong} wrong do not prove that.`,
        );
    const rows = this.#manifests.get(body.decision)?.rows ?? this.#keptAt(body.revision) ?? this.#approved?.rows ?? null;
    // What was sent back was classified anew. What it was then is on record where a decision rests on it, in trails since it was kept.
    if (!this.#isSilent(body) && (rows !== null || !this.#sentBack)) {
      const cut = this.#cut(body, rows);
      if (cut === null) refuse('The marks that it says were there are not those of reviews.jsonl.');
      else if (this.#isPooled(body)) this.#takePooled(body, line);
      else this.#takeLooks(body, cut, rows, refuse);
      this.#reviewsBefore = cut ?? this.#reviewsBefore;
    } else if (this.#check.seed !== null && Object.keys(body.reviews).length > 0) this.#check.counted.notDrawn += 1;
    this.#sentBack ||= body.answers.sendBack;
  }

  /** Whether the looks may have proved the bound, wherever among them the wrong ones were. */
  #mayProve({ population, looks, wrong, atMost }) {
    const [least, greatest] = boundsOf(population, looks, wrong);
    return least <= atMost && atMost <= greatest;
  }

  /** A release, and a "next" over what was approved before, say nothing of marks. */
  #isSilent({ answers, marks, reviews }) {
    const { execute, sendBack, close } = answers;
    return !execute && !sendBack && !close && Object.keys(reviews).length === 0 && marks === this.#digestOf([]);
  }

  /**
   * How many of the chunk's reviews were there when it was decided: those whose marks have the digest that the receipt says. Reviews and decisions of a chunk
   * come one after the other, so it is a number of the first ones. Where the decision does not say which was the last, the clock says where to look first. Null: none fits.
   */
  #cut({ decision, marks, at }, rows) {
    const reviews = this.#reviews;
    const last = this.#check.pools.lastReview(decision, this.#chunk.chunk);
    const fits = (cut) => cut >= this.#reviewsBefore && cut <= reviews.length && this.#digestOf(this.#marks(cut, rows)) === marks;
    if (last !== undefined) {
      const cut = reviews.filter(({ id }) => BigInt(id) <= last).length;
      return fits(cut) ? cut : null;
    }
    const first = reviews.filter((review) => review.at <= at).length;
    for (let off = 0; off <= Math.min(reviews.length, CUTS_TRIED); off += 1) {
      if (fits(first + off)) return first + off;
      if (off > 0 && fits(first - off)) return first - off;
    }
    return null;
  }

  /**
   * The marks that count, of the first `cut` reviews: the latest on an item in a category, unless it was taken back. *Right* is said only for as long as the item
   * is there; *wrong* stays. What an item is then: by the manifest, else by the last correction.
   */
  #marks(cut, rows, isOne = () => true) {
    const latest = new Map();
    for (const review of this.#reviews.slice(0, cut))
      if (isOne(review)) latest.set(`${review.ordinal} ${review.category}`, review);
    return [...latest.values()]
      .map((review) => ({
        ...review,
        now: rows ? rows.get(review.ordinal)?.category : (this.#moved.get(review.ordinal) ?? review.category),
      }))
      .filter(({ category, verdict, now }) => verdict === 'wrong' || (verdict === 'right' && now === category))
      .sort((a, b) => a.ordinal - b.ordinal || (a.category < b.category ? -1 : 1));
  }

  #digestOf(marks) {
    return this.#check.sha(
      encoded(marks.map(({ ordinal, category, verdict }) => `${ordinal} ${category} ${verdict}\n`).join('')),
    );
  }

  #isPooled({ decision, evidence }) {
    return evidence.over === 'batch' && this.#check.pools.has(decision);
  }

  /** Its draw is done again when all chunks were read. */
  #takePooled({ decision, manifest, revision, reviews, answers, overrides }, line) {
    if (this.#check.seed === null) return;
    const rows = [...this.#manifests.values()].find(({ digest }) => digest === manifest)?.rows ?? this.#keptAt(revision);
    const seen = !answers.execute || overrides.includes('unseen') || (rows && this.#sawOfAll(decision, rows, reviews));
    this.#check.pools.say({ decision, line, reviews, seen });
  }

  /** Whether somebody saw an item of each acting category. Of what was never approved no action was kept: the categories that act are those of which the receipt tells looks. */
  #sawOfAll(decision, rows, reviews) {
    const seen = new Set(this.#decisions.get(decision)?.seen.map((ordinal) => rows.get(ordinal)?.category));
    const acts = ({ action, category }) => (action === undefined ? Object.hasOwn(reviews, category) : action !== null);
    return [...rows.values()].every((row) => !acts(row) || seen.has(row.category));
  }

  /** The draw, done again: the looks at a category are the marks on the items of the lowest ranks, up to the first that nobody marked. */
  #takeLooks({ evidence, plan, reviews }, cut, rows, refuse) {
    const { seed } = this.#check;
    const before = this.#check.markedBefore(plan);
    if (seed === null || rows === null || before === undefined) return;
    const drawn = this.#check.seedOf(plan);
    // A look is a person's mark. What an earlier version wrote counts those of keys too.
    const isPersons = (review) => this.#check.isLook(review);
    const byPeople = this.#looksBy(drawn, cut, rows, before, isPersons);
    const byAll = this.#reviews.slice(0, cut).every(isPersons) ? byPeople : this.#looksBy(drawn, cut, rows, before, () => true);
    const of = (looksOf) => Object.keys(reviews).map((category) => [category, looksOf(category)]);
    const fits = (all) => all.every(([category, is]) => Object.keys(is).every((part) => is[part] === reviews[category][part]));
    if (evidence.over === 'chunk') {
      const all = of(byPeople);
      if (!fits(all) && byAll !== byPeople && fits(of(byAll))) this.#check.counted.looksOfKeys += 1;
      else for (const [category, is] of all) this.#compareLooks(category, is, reviews[category], refuse);
      this.#check.counted.drawn += all.length;
    } else if (this.#check.isRevised) this.#check.counted.notDrawn += 1;
    else {
      // Over all chunks that were decided by then. Where these had nothing of a category, it is this chunk's draw alone.
      const all = of(byPeople);
      if (all.some(([category, is]) => is.population !== reviews[category].population)) this.#check.counted.notDrawn += 1;
      for (const [category, is] of all) {
        if (is.population !== reviews[category].population) continue;
        if (byAll !== byPeople && fits([[category, byAll(category)]]) && !fits([[category, is]]))
          this.#check.counted.looksOfKeys += 1;
        else this.#compareLooks(category, is, reviews[category], refuse);
        this.#check.counted.drawn += 1;
      }
    }
  }

  #compareLooks(category, is, said, refuse) {
    for (const part of Object.keys(is))
      if (is[part] !== said[part])
        refuse(`It says “${part}: ${said[part]}” of “${category}”, and by the seed and the marks it is ${is[part]}.`);
  }

  /**
   * What the looks at a category of this chunk are and prove. Items that had a mark when the rules were revised (up to the review `before`) are known, as long as the
   * mark fits the category that they are in: they are no part of what is asked about.
   */
  #looksBy(seed, cut, rows, before, isOne) {
    const marks = this.#marks(cut, rows, isOne);
    const first = new Map();
    for (const { ordinal, id, by } of this.#reviews.slice(0, cut))
      if (isOne({ by }) && !first.has(ordinal)) first.set(ordinal, BigInt(id));
    const isKnown = ({ ordinal }) => first.get(ordinal) <= before;
    const known = new Set(marks.filter(isKnown).map(({ ordinal }) => ordinal));
    const rankOf = (ordinal) => this.#check.rank(seed, ordinal);
    return (category) => {
      const own = marks.filter((mark) => mark.category === category && !isKnown(mark));
      const on = new Map(own.filter(({ now }) => now === category).map((mark) => [mark.ordinal, mark]));
      const outside = own.filter(({ now }) => now !== category).map(({ ordinal }) => ({ rank: rankOf(ordinal), wrong: true }));
      const members = [...rows].flatMap(([ordinal, row]) => (row.category === category && !known.has(ordinal) ? [ordinal] : []));
      // Nothing was looked at: no item's rank says anything.
      if (own.length === 0) return { population: members.length, looks: 0, wrong: 0, atMost: members.length };
      const drawn = members.map((ordinal) => ({ ordinal, rank: rankOf(ordinal) })).sort((a, b) => (a.rank < b.rank ? -1 : 1));
      const open = drawn.find(({ ordinal }) => !on.has(ordinal))?.rank ?? null;
      const isLook = ({ rank }) => open === null || rank < open;
      const looked = [
        ...drawn.filter(isLook).map(({ ordinal, rank }) => ({ rank, wrong: on.get(ordinal).verdict === 'wrong' })),
        ...outside.filter(isLook),
      ];
      looked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
      const wrongAt = looked.flatMap(({ wrong }, at) => (wrong ? [at + 1] : []));
      const population = members.length + outside.length;
      return { population, looks: looked.length, wrong: wrongAt.length, atMost: leastAtMost(population, looked.length, wrongAt) };
    };
  }

  #takeCorrected(body, { seq, line }) {
    const own = this.#corrections.get(seq) ?? [];
    this.#corrections.delete(seq);
    for (const { ordinal } of own) this.#moved.set(ordinal, body.to);
    const said = body.ordinals.reduce((sum, [first, last]) => sum + (last - first + 1), 0);
    if (said !== body.count) this.#report.altered('receipts.jsonl', line, 'It counts other corrections than its ranges.');
    const ordinals = own.map(({ ordinal }) => ordinal).sort((a, b) => a - b);
    let at = 0;
    const same = body.ordinals.every(([first, last]) => {
      for (let ordinal = first; ordinal <= last; ordinal += 1, at += 1) if (ordinals[at] !== ordinal) return false;
      return true;
    });
    if (!same || at !== ordinals.length) {
      this.#correctedWhole = false;
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

  /** What an agent says that it did: once, of what was approved by then. It is no step of an action, and is in no sum. */
  #takeAttested({ by, item, key }, { line }) {
    if (this.#tainted) return;
    const refuse = (says) => this.#report.altered('receipts.jsonl', line, says);
    if (this.#attested.has(key)) refuse('It attests what was attested before, with the same key.');
    this.#attested.add(key);
    if (!by.startsWith('agent:')) refuse('It attests, and who wrote it is no agent.');
    if (this.#approved === null) refuse('It attests that something was done, and nothing was approved by then.');
    else if (item !== null && !this.#approved.rows.has(item))
      refuse(`It attests something of item ${item}, which was not approved.`);
    this.#check.counted.attestations += 1;
  }

  // ---- the end of the chunk

  #end() {
    const { chunk, seq, state } = this.#chunk;
    this.#compareClassified();
    if (chunk > 0)
      this.#check.pools.keep(chunk, {
        state,
        reviews: this.#reviews,
        corrections: this.#allCorrections,
        approved: this.#approved,
        // Half of it tells nothing: it was classified again while the trail was written.
        classified: this.#classified.filter(({ rows }) => rows.size === this.#chunk.items),
      });
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
    this.#origins.end({
      ...{ rows: this.#approved?.rows ?? null, corrections: this.#correctedWhole ? this.#allCorrections : null },
      begun: this.#actions.size > 0 || SETTLED_STATES.includes(state),
    });
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
