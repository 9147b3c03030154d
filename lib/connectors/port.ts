/**
 * A connector is a kind of target. Adding one is adding one folder and one line in `kinds.ts`; nothing else names the kind
 * (docs/how-to/connector.md).
 *
 * The same `prepare` builds the request for the preview, the manifest and the run, so what was seen is what runs (I5). `apply`
 * gets the frozen bytes, never the item.
 */

import type { ConnectionAuth } from '#lib/core/connections/auth.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import type { Answer, Pending, Withdrawn } from '#lib/core/receipts/answer.ts';
import type { RetryClass } from '#lib/core/retry.ts';
import type { IntentBody } from '#lib/ledger/receipt.ts';
import type { Effect, Wording } from '#lib/shapes/actions.ts';
import type { ChangeKind } from '#lib/shapes/changes.ts';
import type { Declared, Offers } from '#lib/shapes/connections.ts';
import type { DescribedRequest } from '#lib/shapes/requests.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';
import type { ActionForm, ConnectionForm } from './form.ts';

export type ActionItem = {
  ordinal: number;
  fields: Record<string, string>;
  /** what an agent handed in for it, as `HandsIn` gave it: undefined for nothing, null where it was erased */
  handed?: Uint8Array | null | undefined;
};

/** The canonical JSON of the request to send (RFC 8785), without any secret; at most REQUEST_BYTES_MAX bytes. */
export type FrozenRequest = Uint8Array;

export type ApplyInput = {
  batchId: string;
  datasetId: string;
  ordinal: number;
  category: string;
  action: IntentBody['action'];
  honoursKeys: boolean;
  request: FrozenRequest;
  /** 32 hex digits, the same for every attempt that must count once */
  idempotencyKey: string;
  /**
   * An earlier send of this very request may have acted (it is repeated under the same key). Then only a success ends the
   * uncertainty: a refusal of the repeat says nothing about the first.
   */
  mayHaveActed?: boolean;
  /**
   * Aborts when nothing more is to leave for the target: who has sent nothing yet then throws `HeldOff`, at once. Left out where nobody asks for that.
   */
  holdOff?: AbortSignal;
};

/** The executor repeats where that is safe; `apply` sends once. */
export type ApplyResult = Answer;

/** Of whoever answers later. */
export type LaterResult = ApplyResult | Pending | Withdrawn;

/**
 * What a look at the target says about one action. `not_there` proves nothing while somebody may still be sending it (I4); `did_not`: it is not there, and the
 * target refuses that key from now on, whoever still sends it; `unknown` is every answer that says none of these.
 */
export type Inspection =
  | { finding: 'happened'; target: string | null }
  | { finding: 'not_there' }
  | { finding: 'did_not' }
  | { finding: 'unknown'; reason: string };

type InspectInput = { request: FrozenRequest; idempotencyKey: string; holdOff?: AbortSignal };

/** `idempotencyKey`: null before one is made, which is when it is sent. */
export type RequestOf = { do: string; request: FrozenRequest; idempotencyKey: string | null };

/** What a frozen request is, for people: all that is sent, exactly as it is sent. */
export type Described =
  | (Omit<Shown<'message'>, 'body'> & { body: string | null })
  | (Omit<Shown<'text'>, 'text'> & { text: string })
  | (Omit<Shown<'statement'>, 'statement'> & { statement: string })
  | Shown<'place'>
  | Shown<'nothing'>;

/** What a page shows of it: long texts by their beginning. */
type Shown<Form> = Extract<DescribedRequest, { form: Form }>;

/**
 * What is there now. `heard`: the beginning of the target's answer, as `heardText` writes it; `whole`: the whole of it where it was read to its end, to be
 * compared with what is to be sent: the body of the request, or `will`, where the connector knows better what would be there.
 */
export type Look = { heard: string; whole: string | null; will?: string | null } | { words: string } | { cannot: string };

/** `held`: a text of the item that the target's file may have had when it was read. */
export type ChangesOf = { ordinal: number; request: FrozenRequest; held: string | null };

/** A file that an action changes. `from`: its path before, where it is moved. `texts` are read when they are asked for; null where there is no file, or `unknown` why nobody can tell here. */
export type ChangedFile = {
  ordinal: number;
  path: string;
  from: string | null;
  kind: ChangeKind;
  texts(): Promise<{ before: string | null; after: string | null } | { unknown: string }>;
};

type LookInput = RequestOf & { datasetId: string; ordinal: number };

/** An action that happened, from its receipts and its frozen request: what an undo is made of. */
export type Done = {
  datasetId: string;
  ordinal: number;
  /** as the batch's plan has it */
  action: Action;
  /** what was sent */
  request: FrozenRequest;
  /** of the attempt that succeeded */
  idempotencyKey: string;
  /** the target's own id after the action */
  target: string | null;
  /** the SHA-256 of what was there before it, where its outcome says so */
  before: string | null;
  /** what its outcome says is not known of it: `incomplete_answer`; null where all is */
  reason: string | null;
  /** what this action itself undid; null where it was no undo */
  undid: { action: Action; request: FrozenRequest } | null;
};

/** The inverse as an action for the plan's words and as its frozen request; or in words why there is none: "a label changed nothing". */
export type Undo = { action: Action; request: FrozenRequest } | { cannot: string };

/** Why nobody knows what became of a request: as a sentence, and as what stands after a count ("3 not answered in time"). */
export type UncertainWords = { why: string; cause: string };

/**
 * What actions of a batch left here to be sent together, to one place: a row of fields, and the action that sends it. Fields are null where nothing of it can be sent. `left`: what
 * is left out, and why.
 */
export type Delivery = {
  connection: string;
  where: string;
  left: { why: string; count: number; first: string }[];
} & ({ fields: null } | { fields: Record<string, string>; items: number; action: Pick<Action, 'do' | 'with'> });

/**
 * Agents make something of their items elsewhere, and hand it in before their chunk is looked at: the action with `verb` is then built of it. Nothing that is handed in
 * leaves before its approval.
 */
export type HandsIn = {
  verb: string;
  /** What an agent goes by: where it is to work, without any secret. Throws `invalid` naming the item. */
  told(action: Action, item: ActionItem): HandInPlace;
  /**
   * Reads what was handed in, under suspicion: all of it or, with a refusal that says what and why, nothing. Throws CountersignError `invalid`, or `unavailable` where the
   * target can't be asked.
   */
  read(of: HandedIn, signal: AbortSignal): Promise<HandInRead>;
};

export type HandInPlace = { connection: string; address: string; branch: string; commit: string };

export type HandedIn = {
  action: Action;
  place: HandInPlace;
  /** the path of a file with the bytes */
  file: string;
  batchId: string;
  chunk: number;
  /** The items of this chunk among these, as `prepare` is given them. */
  items(ordinals: readonly number[]): Promise<Map<number, Record<string, string>>>;
};

/** `change`: as `prepare` reads it; null where the item is as it was. `path`: a new one that the item gets. */
export type HandInRead = {
  tip: string;
  commits: number;
  items: {
    ordinal: number;
    commit: string;
    path: string | null;
    kind: 'written' | 'moved' | 'removed' | 'unchanged';
    change: Uint8Array | null;
  }[];
};

/** What a connector says of connections to its targets. */
export type ConnectionKind = {
  /** Reasons after which nobody sends to that target before somebody mended it; the actions that failed so are then attempted again. */
  stopsAtOnce: readonly string[];
  /** The id of the connection that the request goes over; null where it goes over none, or can't be read. */
  of(request: FrozenRequest): string | null;
  /** Gives it as it is kept, its address written in one way. Throws `invalid` with every wrong place. */
  check(given: ConnectionToCheck): ConnectionToCheck;
  /** Whom its requests go to, as `targetOf` names it. */
  targetOf(of: { name: string; address: string }): string;
  /** How a page edits one. */
  form: ConnectionForm;
  /** A harmless request over it. Never throws for what a target says. */
  test(live: LiveConnection, asked: TestAsked, signal: AbortSignal): Promise<Tested>;
  /** Makes what its test says is missing there, and tests it. Left out where nothing has to be made. */
  prepare?(live: LiveConnection, signal: AbortSignal): Promise<Tested>;
  /**
   * Reads what is in one of its places, as it is now, one after the other, and changes nothing. Throws CountersignError where that can't be done. Left out where there is
   * nothing to read.
   */
  source?(live: LiveConnection, place: string, signal: AbortSignal): Source;
};

/** `contentType`: what each of them is. `about`: what the target says of it beside its bytes. */
export type Source = { contentType: string; items: AsyncIterable<{ about: Record<string, string>; bytes: Buffer }> };

export type ConnectionToCheck = {
  address: string;
  auth: ConnectionAuth;
  declared: Declared;
  /** by the names of SECRET_NAMES; null where none are given */
  secrets: Record<string, string> | null;
};
/** `path`: under the address. `key`: of a request that is signed. */
export type TestAsked = { method: 'GET' | 'HEAD'; path: string; key: string };
/** `offers`: what it found there that a plan can name, and what a person is to do there. */
export type Tested = { ok: boolean; reason: string; offers?: Offers };

type Common = {
  name: string;
  /** raised when the meaning of a frozen request changes; a worker that does not know a version leaves the chunk alone */
  version: number;
  /** The version that this action's requests are frozen under, where older ones still say all of them; left out: `version`. */
  versionOf?(action: Action): number;
  /** the oldest version whose frozen requests this build still carries out as they were meant */
  since: number;
  /** what a plan's action may `do` */
  verbs: readonly string[];
  /** what it may have in `with`, in a sentence for whoever writes plans by the API's description */
  takes?: string;
  form: ActionForm;
  /**
   * Checks `do` and `with`; throws `invalid` with the path inside the action. `fields` are the names that a template may use; null
   * when the dataset is not known yet. Returns nothing: `prepare` reads it again.
   */
  check(action: Action, fields?: readonly string[] | null): void;
  effect(action: Action): Effect;
  wording(action: Action): Wording;
  /** Why one of its actions failed, by the reason that its receipts give, as a sentence; null for a reason of others. One code means one thing everywhere. */
  failureWords(reason: string): string | null;
  /** The names in templates, and so the fields, that `prepare` looks at, so that callers fetch no more; left out where it may look at any. */
  reads?(action: Action): string[];
  /** Pure. Throws `invalid` naming the item when the request can't be built. */
  prepare(action: Action, item: ActionItem): FrozenRequest;
  /** Pure: what a frozen request sends, from the very function that sends it. Throws when the bytes can't be read. */
  describe(of: RequestOf): Described;
  /**
   * Looks at what is there now, which changes nothing. Left out where there is nothing to look at; of a remote connector only what it can inspect is looked
   * at. Never throws for what a target says.
   */
  look?(client: Querying, of: LookInput, signal: AbortSignal): Promise<Look>;
  /** The files that these requests change, in their order, with what their texts were and become. Changes nothing. Left out where no files are changed. */
  changes?(of: readonly ChangesOf[], signal: AbortSignal): AsyncIterable<ChangedFile>;
  /**
   * Pure: what a request that `prepare` built would change, as a text that is the same for two requests which change the same thing, and that a person
   * understands (an address). Null where a request changes nothing, or something of its own. Left out where that is so of all.
   */
  resourceOf?(action: Action, request: FrozenRequest): string | null;
  /** The other connectors whose things this action changes as well, so that what it claims is claimed of them too. Left out where there is none. */
  alsoChanges?(action: Action): string[];
  /**
   * For each action that happened, what would undo it, in the order given. Looks at what is ours and changes nothing; who carries the request out
   * later finds again whether all is as it was left.
   */
  undo(client: Querying, done: readonly Done[]): Promise<Undo[]>;
};

/**
 * The effect lives in our own database, in the transaction of its outcome, under a unique idempotency key. An intent without an
 * outcome therefore had no effect and may be applied again with the same key (I4).
 */
export type TransactionalConnector = Common & {
  kind: 'transactional';
  /** Applies many in the caller's transaction; answers in the order of the inputs. Never partial: it throws or does all. */
  applyMany(tx: Tx, inputs: ApplyInput[]): Promise<ApplyResult[]>;
};

/** The effect is a message to somebody else: sent only after its intent's COMMIT is acknowledged (I1). */
export type RemoteConnector = Common & {
  kind: 'remote';
  /** the oldest version whose outcomes keep the beginning of what the target answered (outcome version 2) */
  answersSince: number;
  /** failures that certainly did nothing and may be attempted once more by themselves */
  retries: readonly RetryClass[];
  /** Whom the request goes to, for whoever shares it: the same text for all that would fail together. Null when it can't be read. */
  targetOf(request: FrozenRequest): string | null;
  /** Where an action without a connection goes, as far as the plan alone says; left out where it has one. */
  goesTo?(action: Action): string;
  /** Left out where its actions take no connection. */
  connections?: ConnectionKind;
  /** What a reason says about that target: "api.example.com refuses our requests (HTTP 401)". Null where it is about the one request. */
  targetFault(target: string, reason: string): string | null;
  /** Of one of its uncertain actions, by the reason in its receipt. Null for a reason of others. */
  uncertainWords(reason: string): UncertainWords | null;
  /** `signal` aborts when the lease is lost. Never throws: a fault is a result. */
  apply(input: ApplyInput, signal: AbortSignal): Promise<ApplyResult>;
  answersLater?: undefined;
  /**
   * Fetches what a send needs first, however long that takes, and gives the send itself: whoever sends looks in between whether it still may. Left out where nothing
   * is needed. Never throws.
   */
  begin?(input: ApplyInput, signal: AbortSignal): Promise<() => Promise<ApplyResult>>;
  /** Left out where each action is all there is; else what its actions of a batch left here goes out together, by an action of a batch of its own. */
  delivers?: {
    /** How many actions of a batch wait for that, and how many went out. */
    count(batchId: string): Promise<{ waiting: number; sent: number }>;
    /** Gathers those that wait, for somebody to approve; changes nothing at a target. Throws CountersignError. */
    gather(batchId: string, asked: { to: string | null }, signal: AbortSignal): Promise<Delivery[]>;
  };
  /** Left out where agents hand nothing in. */
  handsIn?: HandsIn;
  /** Whether this very request says how to look it up. */
  canInspect(request: FrozenRequest): boolean;
  /** Asks the target whether it happened: a harmless read, by what was frozen and approved. Never throws. */
  inspect(input: InspectInput, signal: AbortSignal): Promise<Inspection>;
};

/**
 * A remote one whose answers may come minutes or days later: `apply` says `pending` until then, and is asked again with the same input, by any worker, as often as
 * need be. One key is one request for ever.
 */
export type LaterConnector = Omit<RemoteConnector, 'apply' | 'begin' | 'answersLater'> & {
  apply(input: ApplyInput, signal: AbortSignal): Promise<LaterResult>;
  begin?: undefined;
  answersLater: true;
};

export type Connector = TransactionalConnector | RemoteConnector | LaterConnector;
