/** Every limit of the product, named with its unit. */
// By its address, though it is next door: tests are given another one there.
import { TEMPO } from '#lib/core/tempo.ts';

// Ingest
export const UPLOAD_BYTES_MAX = 4 * 1024 ** 3;
export const CELL_BYTES_MAX = 4 * 1024 ** 2;
export const RECORD_BYTES_MAX = 64 * 1024 ** 2;
export const FIELDS_MAX = 500;
/** How deep objects and lists of a JSON document may lie in each other. */
export const JSON_DEPTH_MAX = 100;
/** A packed file: what it unpacks to (beside UPLOAD_BYTES_MAX), times as much as it is, once it is more than PACKED_BYTES_FREE; and its members. */
export const PACKED_RATIO_MAX = 250;
export const PACKED_BYTES_FREE = 64 * 1024 ** 2;
export const PACKED_MEMBERS_MAX = 10_000;
/** Of a workbook: what is kept in memory of its texts, its styles and its list of sheets. */
export const WORKBOOK_TEXT_BYTES_MAX = 64 * 1024 ** 2;
export const SEGMENT_ROWS = 5_000;
export const SEGMENT_BYTES = 8 * 1024 ** 2;
export const SEGMENT_MS = 1_000;
export const UPLOADS_AT_ONCE = 4;
/** One is left for the others; a key of a script counts as a person. */
export const UPLOADS_PER_PERSON_MAX = UPLOADS_AT_ONCE - 1;
export const UNREADABLE_EXCERPT_BYTES = 512;
/** More rows that could not be read than this, or a larger share of all, and whoever starts a batch has to say that it may go without them. */
export const UNREADABLE_QUIET_ROWS = 20;
export const UNREADABLE_QUIET_SHARE = 0.01;
/** Of the beginning of a file, that a change of its reading is tried on. */
export const PREVIEW_READING_BYTES = 1024 ** 2;
export const PREVIEW_READING_ROWS = 2_000;
export const PREVIEW_READING_ROWS_SHOWN = 20;

// Plan
export const RULES_MAX = 500;
/** Groups of a rule, conditions of a group. */
export const CONDITIONS_MAX = 50;
/** Values that one condition compares with. */
export const CONDITION_VALUES_MAX = 1_000;
export const INSTRUCTION_CHARS_MAX = 4_000;
export const CATEGORIES_MAX = 50;
export const CATEGORY_NAME_CHARS_MAX = 60;
export const CHUNK_NAME_CHARS_MAX = 200;
export const BATCH_NAME_CHARS_MAX = 200;
export const SAVED_PLAN_NAME_CHARS_MAX = 120;
/** So many of the newest batches are looked at for one of a file of the same fields. */
export const LIKE_BATCHES_LOOKED_AT = 200;
export const TEMPLATE_CHARS_MAX = 20_000;
export const CHUNK_DEFAULT_ITEMS = 50;
export const DECISIONS_COMFORTABLE_MAX = 60;
export const DIRECT_CHUNKS_MAX = 4;
export const CHUNKS_MAX = 100_000;
export const PREVIEW_CHUNK_ROWS_MAX = 10_000;
export const PREVIEW_EXACT_ITEMS_MAX = 20_000;
export const PREVIEW_EXAMPLES = 5;
/** Items from the whole of a table by which its first plan is drafted. */
export const DRAFT_ITEMS = 500;
/** How long every rule is asked of every item, also where an earlier one took it; what comes later only counts what each takes. */
export const PREVIEW_EXAMINE_MS = 10_000;
/** How long requests are built for a preview, of the items that it counted; what comes later is scaled up from them. */
export const PREVIEW_BUILD_MS = 10_000;
/** Different reasons that are told of one category. */
export const PREVIEW_REASONS_MAX = 20;
/** Items that one page of the rows behind a count looks at: it may hold fewer rows than were asked for. */
export const ROWS_BEHIND_SCAN_ITEMS = 20_000;

// Learning from examples (docs/examples.md)
/** Decided items that one plan learns from. */
export const EXAMPLES_MAX = 5_000;
/** Items by which is told how rare a word is, and among which the next to decide are looked for. */
export const EXAMPLE_POOL_ITEMS = 20_000;
/** Of one field's value, what is learned from. */
export const EXAMPLE_FIELD_CHARS = 4_000;
/** Words are hashed to so many numbers: a power of two. */
export const EXAMPLE_FEATURES = 2 ** 20;
/** Different words of one item, those that tell the most. */
export const EXAMPLE_WORDS_MAX = 1_000;
/** Items that a person decides before it is learned again. */
export const TEACH_ROUND_ITEMS = 20;
export const TEACH_ROUND_ITEMS_MAX = 100;
/** Learning from the examples once, and from all but some of them to see how right that is. */
export const TEACH_MS = 60_000;

// Work that somebody else wrote (docs/budgets.md)
/** One rule on one item, or the check of one rule: what takes longer is refused. A rule takes some microseconds. */
export const RULE_MS = 2_000;
/** A preview, or the plan of a new batch, over the whole dataset. */
export const PLAN_MS = 60_000;
/** A page of items in a worker. */
export const CLASSIFY_PAGE_MS = 60_000;
export const WEB_THREADS = 2;
export const WORKER_THREADS = 2;
/** Of the objects that a thread holds, beside those of the process. */
export const THREAD_MEMORY_MB = 1_024;
/** And of those that live for a page: with room for a few pages they are not copied on. */
export const THREAD_YOUNG_MB = 96;
export const THREAD_LOOK_MS = 50;
/** Previews and the like that wait in a web process for a thread. */
export const WEB_JOBS_WAITING_MAX = 32;
export const WEB_JOB_WAIT_MS = 20_000;
/** What one rule may make on one item: characters of all its texts together, members of one list. */
export const MADE_CHARS_MAX = 100_000_000;
export const MADE_MEMBERS_MAX = 1_000_000;
/** When to come again, for whoever was turned away because others wait already. */
export const RETRY_CROWDED_SECONDS = 5;
/** A line of a receipt; a longer one is cut. */
export const RECEIPT_LINE_CHARS_MAX = 20_000;

// Leases and workers
export const LEASE_MS = 3_000 * TEMPO;
export const LEASE_RENEW_MS = 1_000 * TEMPO;
/** Room for the time between the check of a lease and the bytes leaving. */
export const LEASE_MARGIN_MS = 250 * TEMPO;
/** A receipt's transaction whose answer takes longer is given up: its backend is ended, and what became of it is looked up. */
export const RECEIPT_ANSWER_MS = 10_000;
/** A worker's other statements. The network may swallow an answer without a word. */
export const WORKER_ANSWER_MS = 30_000;
/** A server process whose client was lost in a transaction holds its locks for so long at most; a worker's, one lease. */
export const IDLE_IN_TRANSACTION_MS = 60_000;
export const POLL_MS = 500 * TEMPO;
/** Each under a lease of its own, in one process. */
export const CHUNKS_PER_WORKER = 16;
/** Of those, chunks that keep a core busy and do not wait: classifying, and actions inside Countersign. */
export const BUSY_CHUNKS_PER_WORKER = 2;
/** A full worker still claims so many that only have to be brought to a stop. */
export const STOPPING_CHUNKS_PER_WORKER = 4;
/** A worker's request connections, over all its chunks. */
export const OPEN_REQUESTS_MAX = 256;
/** What waits longer than this, with nothing in flight, is given back. */
export const WAIT_HELD_MS = 1_000;
/** While anything waits, so often the chunk is looked at for a wish to stop. */
export const LOOK_MS = 500;
export const HEARTBEAT_MS = 1_000 * TEMPO;
export const WORKER_GONE_MS = 10_000 * TEMPO;
/** So long without a fault of the database, and its incident is over. */
export const DATABASE_WELL_MS = 10_000 * TEMPO;
/** So long after the last replacement of a silent web server its incident is shown. */
export const WEB_INCIDENT_OPEN_MS = 60 * 60 * 1000;

// Classification and execution
export const CLASSIFY_PAGE_ITEMS = 500;
/** An agent thinks between two calls; each call renews it. */
export const AGENT_LEASE_MS = 300_000 * TEMPO;
/** Items that an agent is given with one answer, and how much of one field's text. */
export const AGENT_PAGE_ITEMS = 50;
export const AGENT_PAGE_ITEMS_MAX = 200;
export const AGENT_FIELD_CHARS = 4_000;
/** Of all fields of a page together: clients cut off an answer that is longer than their model may read. */
export const AGENT_PAGE_CHARS = 48_000;
export const AGENT_NAME_CHARS_MAX = 100;
/** Of one report, and of what it says of an item. */
export const AGENT_REPORT_ITEMS_MAX = 500;
export const AGENT_WHY_CHARS_MAX = 500;
/** Of one line that an agent appends to a chunk's task. */
export const AGENT_TEXT_CHARS_MAX = 4_000;
/** So many lines take the appends of a chunk: some for each of its items, and some for itself. */
export const AGENT_APPENDS_PER_ITEM = 4;
export const AGENT_APPENDS_SPARE = 100;
/** What an agent is told of a task's body: its last lines. */
export const AGENT_TASK_LINES = 10;
/** Of a table that an agent gives as text; a larger one is uploaded over REST. */
export const AGENT_CONTENT_CHARS_MAX = 500_000;
/** Clients cut a call after some minutes: who waits for a person asks again. */
export const AGENT_WAIT_SECONDS_MAX = 25;
/** Of chunks that somebody works on, and of those that wait for a person, in one answer. */
export const AGENT_CHUNKS_LISTED = 50;
/** What an agent says when it gives a chunk back, or leaves items for a person. */
export const AGENT_REASON_CHARS_MAX = 500;
/** How long an agent has for an errand, in minutes: by default, and at most. */
export const ERRAND_MINUTES = 15;
export const ERRAND_MINUTES_MAX = 24 * 60;
/** A chunk whose errands nobody took is looked at so often, should nobody wake it. */
export const ERRAND_LOOK_MS = 600_000 * TEMPO;
/** Errands that can't be read for want of the database are looked at again after this. */
export const ERRAND_UNREAD_MS = 2_000;
/** What an agent calls what it made or changed. */
export const ERRAND_TARGET_CHARS_MAX = 200;
/** Models (docs/models.md). Items in one call, unless the plan says otherwise, and by about how many tokens a call is bounded. */
export const MODEL_ITEMS_DEFAULT = 20;
export const MODEL_ITEMS_MAX = 50;
export const MODEL_CALL_TOKENS = 8_000;
/** Of one item so much is shown to a model; what is cut is said to be. */
export const MODEL_ITEM_CHARS = 6_000;
/** What a model may write for each item, and beside them. */
export const MODEL_ANSWER_TOKENS = 100;
export const MODEL_ANSWER_TOKENS_AROUND = 200;
export const MODEL_WHY_CHARS_MAX = 300;
/** Calls of one chunk that are out at once. */
export const MODEL_CALLS_AT_ONCE = 4;
/** So often an item is asked for before it is left to a person. */
export const MODEL_TRIES = 3;
/** Items that are asked for again, in one call. */
export const MODEL_ITEMS_AGAIN = 5;
/** A call has this long from its beginning to its end. */
export const MODEL_CALL_MS = 120_000;
/** What is out at a pause or a drain may come, for so long. */
export const MODEL_GRACE_MS = 10_000;
/** So many calls of a chunk that fail in a row halt it. */
export const MODEL_FAILURES_MAX = 8;
/** Waits that a server asks for, and those that grow by themselves, at most. */
export const MODEL_WAIT_MS_MAX = 5 * 60 * 1000;
export const MODEL_ANSWER_BYTES_MAX = 4 * 1024 ** 2;
export const MODEL_NAME_CHARS_MAX = 200;
export const MODEL_PRICE_MAX = 100_000;
export const TOKENS_PER_MINUTE_MAX = 1_000_000_000;
export const MODEL_SPEND_MAX = 1_000_000;
/** What a new plan proposes that a model may cost. */
export const MODEL_SPEND_BEGINS = 5;
export const MODEL_PROBE_ITEMS = 50;
export const MODEL_TRY_ITEMS_MAX = 20;
export const MODEL_PROPOSED_MAX = 10;
export const TRANSACTIONAL_SLOTS = 500;
export const REQUEST_TIMEOUT_MS = 30_000;
export const REQUEST_TIMEOUT_MS_MAX = 120_000;
/** Then npm start kills a worker that was asked to end: longer than a request that hangs, unless its action allows it more than the usual time. */
export const DRAIN_MS = REQUEST_TIMEOUT_MS + 5_000;
export const CONNECT_TIMEOUT_MS = 10_000;
/** Before a target forgets a key: longer than one repeat takes. */
export const KEYS_MARGIN_MS = 15 * 60 * 1000;
/** Looking one action up at its target. */
export const INSPECTION_TIMEOUT_MS = 10_000;
/** Lines of one process to one mailbox, and how long one is kept that nobody uses. Servers allow ten or so for an account. */
export const SESSIONS_MAX = 3;
export const SESSION_IDLE_MS = 20_000;
/** Of a mailbox that a connection's test lists, and the path of one. */
export const FOLDERS_MAX = 1_000;
export const FOLDER_CHARS_MAX = 400;
/** Mails whose numbers are asked for at once while a folder is read, and the largest that is read whole: one at a time is held. */
export const FOLDER_PAGE_MAILS = 200;
export const MAIL_BYTES_MAX = 32 * 1024 ** 2;
/** Of a repository: how long all that is asked of its server may take, what one command of git may say, and the path of a file. */
export const GIT_TIMEOUT_MS = 120_000;
export const GIT_BYTES_MAX = 256 * 1024 ** 2;
export const GIT_PATH_BYTES_MAX = 4_096;
/** Files of a repository that become items, and the largest whose text does; so many bytes of them are read at once. */
export const GIT_FILES_MAX = 1_000_000;
export const GIT_FILE_BYTES_MAX = 512 * 1024;
export const GIT_PAGE_BYTES = 8 * 1024 ** 2;
export const COMMIT_MESSAGE_CHARS_MAX = 5_000;
/** Of a bundle of commits that an agent hands in: over REST, over MCP; its commits, all texts in it together, and what a program that reads it may take of memory at once. So many are read at once in a process. */
export const HAND_IN_BYTES_MAX = 32 * 1024 ** 2;
export const HAND_IN_CALL_BYTES_MAX = 1024 ** 2;
export const HAND_IN_COMMITS_MAX = 5_000;
export const HAND_IN_TEXT_BYTES_MAX = 64 * 1024 ** 2;
export const HAND_IN_MEMORY_MIB = 64;
export const HAND_INS_AT_ONCE = 2;
/** Of the files that a chunk changes, one under the other: how many a page has, with how many lines; how many of one file's lines; and of how many files, with how many bytes, and in how much time of comparing, lines are added up. */
export const CHANGES_PAGE_FILES = 100;
export const CHANGES_PAGE_LINES = 3_000;
export const CHANGE_LINES_SHOWN = 400;
export const CHANGES_SUMMED = 1_000;
export const CHANGES_SUMMED_BYTES = 32 * 1024 ** 2;
export const CHANGES_SUMMED_MS = 3_000;
/** Who asked for a folder that takes longer to be read is answered meanwhile. */
export const SOURCE_ANSWER_MS = 60_000;
/** Uncertain actions that one answer of a person ends, and those that one press asks the target about. */
export const ANSWERS_AT_ONCE_MAX = 10_000;
export const ASKED_AT_ONCE_MAX = 200;
export const ASK_SLOTS = 8;
/** All that one press asks, together. */
export const ASK_TIMEOUT_MS = 20_000;
export const UNCERTAIN_BODY_CHARS_MAX = 2_000;
export const REQUEST_BYTES_MAX = 1024 ** 2;
export const RESPONSE_BYTES_MAX = 256 * 1024;
/** Of one request that a person looks at; all of it is given to whoever asks for all. */
export const REQUEST_SHOWN_BYTES = 64 * 1024;
/** How many of a category's items are compared to say in what their requests differ. */
export const REQUESTS_COMPARED = 2_000;
/** Looks at targets that one process has open for people. */
export const TARGET_LOOKS_MAX = 16;
/** Members of a body that are told to be otherwise at the target. */
export const DIFFERENCES_MAX = 50;
/** Of a target's answer, kept beside the outcome that it led to. */
export const ANSWER_BYTES_MAX = 4 * 1024;
export const URL_CHARS_MAX = 8_000;
/** Of a JSON answer, that one request is held against. */
export const ANSWER_PLACES_MAX = 20;
export const TARGET_ID_CHARS_MAX = 500;
export const FOLLOW_UP_TITLE_CHARS_MAX = 300;
export const FOLLOW_UP_BODY_CHARS_MAX = 20_000;

// Decisions
/** Of all chunks of one decision: it is one transaction and one request, which has to be answered before a browser gives it up after 5 minutes. */
export const DECISION_ITEMS_MAX = 5_000_000;
/** Items whose manifests are built for one page of the list of chunks, where the digests are not known; a larger chunk comes alone. */
export const LISTED_DIGEST_ITEMS_MAX = 50_000;

// Evidence
/** The first items of each category of a chunk in the order of the draw, where the looks have gone past those that its checkpoint shows. */
export const DRAWN_DEEPER = 256;
/** Items of the chunks that one statement draws from; a larger chunk comes alone. */
export const DRAWN_AT_ONCE_ITEMS = 100_000;
/** Drawn items that a process keeps, 12 bytes each. */
export const DRAWN_KEPT_ITEMS = 2_000_000;
/** Of the next items that count, as a checkpoint is told of them. */
export const NEXT_LOOKS_MAX = 200;
/** Of each category: where fewer are drawn, more of them are. */
export const NEXT_LOOKS_LEAST = 10;
/** The largest share of wrong items under which chunks may be approved of which nobody saw an item, on the looks over the batch. */
export const UNDER_BOUND_SHARE_MAX = 0.05;
/** The share that is asked about where the plan demands none. */
export const BOUND_SHARE = 0.02;
/** Random items of a batch that are handed over in one go. */
export const BATCH_LOOKS_MAX = 500;
/** Chunks of a decision of which samples are shown in its question: more are no look any more. */
export const SAMPLED_CHUNKS_MAX = 60;

// Undo
export const UNDO_PAGE_ITEMS = 200;
export const UNDO_ORDINALS_MAX = 10_000;
export const UNDO_ORDINALS_NAMED = 20;

// What was left unsent, reviewed again
export const REST_PAGE_ITEMS = 20_000;
/** Of more items of cancelled chunks a look does not say how many are free: whoever reviews them again is told. */
export const REST_COUNTED_ITEMS_MAX = 20_000;

// Live pages and lists
export const NOTIFY_PER_SECOND_MAX = 4;
export const SUM_CHECK_MS = 5_000;
/** Receipts that one statement folds. */
export const FOLD_SLICE_RECEIPTS = 20_000;
/** Rows of receipts and manifests that one look at a batch reads for its sum; the rest it shows as it was last checked. */
export const LOOK_ROWS_MAX = 2_000;
/** What is kept of a batch's receipts is compared with all of them again so often, and at the batch's end. */
export const REFOLD_MS = 60 * 60 * 1000;
export const REFOLD_CHECK_MS = 15_000;
/** A worker goes on with that for so long at most, but for the chunk that it has begun. */
export const REFOLD_TURN_MS = 5_000;
export const HOUSEKEEPING_MS = 60 * 1000;
export const EVENTS_KEEP_MS = 60 * 60 * 1000;
export const PAGE_ITEMS_DEFAULT = 50;
export const PAGE_ITEMS_MAX = 500;
/** Of the original bytes of a page of items, wherever whole items are read; a larger item comes alone. */
export const PAGE_BYTES = 16 * 1024 ** 2;
export const SAMPLES_PER_CATEGORY = 40;
/** Of a larger chunk a correction's answer has no digest: building the manifest would take longer than an answer may. */
export const CORRECTED_MANIFEST_ITEMS_MAX = 50_000;
/** That the receipt of a correction names its items by; a further receipt names the others. */
export const CORRECTION_RANGES_MAX = 2_000;
/** What other rules would change is looked at in so many items, and for so long; the answer says how far it came. */
export const DIFFERENCE_ITEMS_MAX = 20_000;
export const DIFFERENCE_MS = 5_000;
export const DIFFERENCE_EXAMPLES = 3;
/** Items that are compared with what a person corrected: of its chunk, and of chunks to come. */
export const LIKE_SCAN_ITEMS = 10_000;
/** Items that were corrected together, of which what they have in common is looked for, and for so long; the answer says how far it came. */
export const LIKE_OF_MAX = 10_000;
export const LIKE_OF_MS = 1_000;
/** Ranges of chunks of one receipt of a revision of the rules. */
export const PLAN_RANGES_MAX = 2_000;
export const UNSURE_SAMPLES_PER_CATEGORY = 10;
export const SAMPLE_TEXT_CHARS_MAX = 8_000;
export const SAMPLE_FIELD_CHARS_MAX = 2_000;
export const CHUNKS_SHOWN_MAX = 400;
export const TAPE_LINES = 50;
/** And of what happened to the batch besides its receipts. */
export const TAPE_TOLD = 20;
export const RATE_WINDOW_MS = 10_000;
export const LIVE_POLL_MS = 2_000;
export const LIVE_HEARTBEAT_MS = 10_000;
/**
 * The stream that pages follow says after each look at the database that it is still there, so often at least while that answers at once. A page that
 * hears nothing for LIVE_SILENT_MS has lost it.
 */
export const LIVE_BEAT_MS = 1_500;
export const LIVE_SILENT_MS = 4_500;
/** What changed anywhere is looked up so often at most by one process, however many follow it. */
export const HOUSE_MS = 1_000 * TEMPO;
/** More batches than these that changed at once are told as "any". */
export const HOUSE_BATCHES_NAMED_MAX = 100;
/** Who has a checkpoint open says so this often; whoever has not for VISIT_GONE_MS is not there any more. */
export const VISIT_BEAT_MS = 10_000;
export const VISIT_GONE_MS = 30_000;
/** How often those who follow streams are looked up again, in one question for all of them. */
export const LIVE_REAUTHORISE_MS = 1_000;
/** Of one web process; a key of a script counts as a person. */
export const LIVE_STREAMS_PER_PERSON_MAX = 100;
export const EXPORT_PAGE_ROWS = 1_000;
/** Receipts of one page of COPY, and the bytes that make it several. */
export const EXPORT_PAGE_RECEIPTS = 8_000;
export const EXPORT_PAGE_BYTES = 32 * 1024 ** 2;
/** Of the thread that makes downloads; several of them at once have a few pages each. */
export const DOWNLOAD_THREAD_MEMORY_MB = 1_024;
export const SEARCH_SCAN_ITEMS = 20_000;
/** A page of what is searched for or filtered in a dataset; the next one goes on from there. */
export const SEARCH_MS = 1_000;
/** One statement of a search; rows that are so large that it takes longer are looked through fewer at a time. */
export const SEARCH_STATEMENT_MS = 5_000;
/** A page of receipts that are filtered, or searched in one batch; it may be short, and the next one goes on from there. */
export const RECEIPTS_LOOK_MS = 150;
/** A page of follow-up tasks that are searched for a text, and so many are looked at by a statement of it: it may be short, and the next one goes on from there. */
export const TASKS_LOOK_MS = 700;
export const TASKS_LOOK_MAX = 20_000;
/** Receipts that one statement of it looks at, at most. */
export const RECEIPTS_LOOK_MAX = 50_000;
/** Batches that a search over the receipts of all of them takes up at once. */
export const RECEIPT_SEARCH_BATCHES = 20;
/** What is typed to find something. */
export const FIND_CHARS_MAX = 200;
export const FIND_WORDS_MAX = 20;
/** Of each kind, on one page of what was found. */
export const FIND_SHOWN = 20;
export const FIND_SHOWN_MAX = 50;
/** Looking through names, and through values, for one page; the next one goes on from there. */
export const FIND_NAMES_MS = 200;
export const FIND_VALUES_MS = 700;
/** One statement of it. */
export const FIND_STATEMENT_MS = 500;
/** Values that one web process looks through at once, over all who look. */
export const FIND_LOOKS_MAX = 6;
/** Of a value that was found, around what was looked for. */
export const FIND_VALUE_CHARS = 160;
/** The newest batches in which a receipt is looked for by its chunk and number. */
export const FIND_RECEIPT_BATCHES = 200;
/** Decisions and corrections of its chunk that are told in the story of one item, at most; the newest. */
export const STORY_CHUNK_RECEIPTS = 1_000;
/** More rows than these are not sorted: what is searched for or filtered can be. */
export const SORT_ROWS_MAX = 100_000;
export const SORT_MS = 10_000;
/** Orders that a web process keeps, so that their further pages are not sorted again: 4 bytes a row. */
export const ORDERS_KEPT = 16;
/** Filters by value that hold together. */
export const ROW_FILTERS_MAX = 10;
/** Of a text that items of a chunk are filtered by: it travels in the address. */
export const FILTER_TEXT_CHARS_MAX = 2_000;
/** More items of a chunk than these are not sorted; what is searched for or filtered can be. */
export const CHUNK_SORT_ITEMS_MAX = 20_000;
/** Items that one query names at once, for moving them. */
export const MOVED_ITEMS_MAX = 100_000;
/** Different reasons of a chunk that are told, the most frequent of them. */
export const REASONS_SHOWN_MAX = 100;
/** Of a row's original, as a page shows it. */
export const ORIGINAL_SHOWN_BYTES = 64 * 1024;
/** Of an item that is drawn as what it is: of a mail that is taken apart, and how long that may take; of JSON that is shown as a tree. */
export const MAIL_OPENED_BYTES = 32 * 1024 ** 2;
export const MAIL_OPENED_MS = 3_000;
export const TREE_SHOWN_BYTES = 1024 ** 2;
/** Lines of a file that are asked for at once, what is shown of each, and how far into the file they are looked for. */
export const LINES_ASKED_MAX = 50;
export const LINE_SHOWN_BYTES = 600;
export const LINES_SCAN_BYTES = 64 * 1024 ** 2;
/** Of one group of the shelf; what is more is told as more. */
export const SHELF_COUNTED_MAX = 100_000;
export const SEEN_MS = 300;

// Notices
/** So often is looked whether there is something to tell, and whether something has to be sent. */
export const NOTICE_MS = 10_000;
/** What begins within this time of each other goes out in one mail, and what is over by then in none. */
export const NOTICE_GATHER_MS = 30_000;
/** How long a plan or an installation may let a question wait before one person more is told: a year. */
export const DEADLINE_HOURS_MAX = 8_760;
/** What waits again is told again, at the earliest so long after it was told last. */
export const NOTICE_AGAIN_MINUTES = 60;
/** What ended longer ago is not told any more when nobody could tell it in time. */
export const NOTICE_LATE_DAYS = 1;
export const NOTICES_KEEP_DAYS = 90;
export const NOTICES_PRUNED_AT_ONCE = 500;
/** Lines of one mail; what is beyond is counted. */
export const NOTICES_PER_MAIL_MAX = 50;
/** One mail, or one call of the webhook, from the connection to the answer. */
export const NOTICE_SEND_MS = 30_000;
/** Whoever sends has this long for it; then another may. */
export const NOTICE_LEASE_MS = 3 * NOTICE_SEND_MS;
/** Of one channel, in one turn. */
export const NOTICES_SENT_PER_TURN = 100;

// The board and /metrics
/** The board is read at most so often by one process, however many look at it. */
export const BOARD_MS = 1_000;
export const BOARD_BATCHES_MAX = 200;
/** Chunks that agents have, as the board lists them. */
export const BOARD_AGENTS_MAX = 100;
export const BOARD_TARGETS_MAX = 50;
/** Of incidents that are over. */
export const INCIDENTS_CLOSED_SHOWN = 50;
/** One point of the lines. */
export const TALLY_SECONDS = 10;
export const TALLY_LINE_SECONDS = 60 * 60;
export const TALLIES_KEEP_HOURS = 24;
/** How targets answered is told over the last minutes. */
export const TARGET_MINUTES = 10;
/** Of one worker and minute; what is beyond them is counted as one. */
export const TARGETS_TALLIED_MAX = 100;
export const TARGET_CHARS_MAX = 300;
export const DATABASE_SIZES_KEEP_DAYS = 90;
/** What is measured of the growth. */
export const DATABASE_GROWTH_DAYS = 7;
export const METRICS_MS = 5_000;
export const METRICS_TOKEN_CHARS_MIN = 16;
/** A probe of the database that takes longer found it not ready. */
export const READY_MS = 2_000;
/** A worker that is stopped from the board waits so long for what it has in flight. */
export const WORKER_STOP_MS = 2_000;
export const PAUSE_WHY_CHARS_MAX = 500;

// People
export const PASSWORD_CHARS_MIN = 12;
export const PASSWORD_CHARS_MAX = 128;
export const PERSON_NAME_CHARS_MAX = 100;
/** Of a mail address (RFC 5321, 4.5.3.1.3). */
export const PERSON_EMAIL_CHARS_MAX = 254;
export const SESSION_SECONDS = 7 * 24 * 60 * 60;
export const INVITATION_DAYS = 7;
export const SESSIONS_SHOWN_MAX = 100;
export const RESET_LINK_HOURS = 24;
/** Failed sign-ins within SIGN_IN_WINDOW_MINUTES; an office shares an address, so it has more. */
export const SIGN_IN_TRIES_PER_ACCOUNT = 20;
export const SIGN_IN_TRIES_PER_ADDRESS = 60;
export const SIGN_IN_WINDOW_MINUTES = 15;
/** Wrong codes of one person within SIGN_IN_WINDOW_MINUTES, wherever they are asked for. Whoever guesses at a sign-in has the password. */
export const FACTOR_TRIES_PER_ACCOUNT = 10;
/** How long a session counts as just proven: within it nobody is asked again. */
export const PROOF_MINUTES = 10;
/** A code of an authenticator app is good for 30 s, and 30 s before and after: so long nobody uses one twice. */
export const CODE_USED_MINUTES = 2;
/** How long somebody may take at the provider of the single sign-on, and how long its server may. */
export const PROVIDER_ANSWER_MINUTES = 10;
export const PROVIDER_SECONDS = 10;
export const BACKUP_CODES = 10;
export const PASSKEYS_MAX = 10;
export const PASSKEY_NAME_CHARS_MAX = 60;
/** How long a sign-in waits for its code, and a browser has to answer for a passkey. */
export const FACTOR_ANSWER_MINUTES = 5;
/** The body of a sign-in: an address and a password. */
export const SIGN_IN_BODY_BYTES_MAX = 16 * 1024;
export const KEY_NAME_CHARS_MAX = 100;
export const KEY_DAYS_MAX = 366;
export const KEYS_PER_PERSON_MAX = 50;
/** Batches that one key is bound to, if it is bound to any. */
export const KEY_BATCHES_MAX = 100;
/** Unknown API keys from one address within SIGN_IN_WINDOW_MINUTES; after that it is told to wait. */
export const KEY_GUESSES_PER_ADDRESS = 60;
/** When a session or a key was used last is written down this often at most. */
export const LAST_USE_EVERY_MS = 60_000;
/** Lines that refusals write in one process within REFUSALS_WINDOW_MS: for one kind of one asker, and for all together; the rest are counted. */
export const REFUSAL_LINES_PER_MINUTE = 20;
export const REFUSAL_LINES_PER_MINUTE_ALL = 300;
export const REFUSALS_WINDOW_MS = 60_000;
/** Askers who are counted apart. */
export const REFUSALS_ASKERS_MAX = 1_000;
/** A page of the security log that is searched for; it may be short, and the next one goes on from there. */
export const SECURITY_LOOK_MS = 300;
/** What one process remembers to have told within the hour of who opened what. */
export const READS_REMEMBERED_MAX = 10_000;
/** Each takes a core for about 90 ms and 32 MB. */
export const HASHES_AT_ONCE = 2;
export const HASHES_WAITING_MAX = 30;

// Requests
/** Of a body that is waited for, so much has to come in BODY_PART_MS; or all of it. */
export const BODY_PART_BYTES = 64 * 1024;
export const BODY_PART_MS = 60 * 1000;
/** A request that is answered before its body is through: so long the rest is read past, so that the connection can be used again. */
export const BODY_REST_MS = 10 * 1000;
/** Next's own limit of a server action's body. */
export const ACTION_BODY_BYTES_MAX = 1024 ** 2;

// REST
export const API_BODY_BYTES_MAX = 2 * 1024 ** 2;
export const API_BODY_DEPTH_MAX = 100;
export const IDEMPOTENCY_KEY_CHARS_MAX = 255;
export const API_WRITES_KEEP_HOURS = 24;
export const SSE_RECONNECT_MS = 1_000;
export const TASK_BODY_SHOWN_BYTES = 24 * 1024;

// Connections
export const CONNECTION_NAME_CHARS_MAX = 60;
export const CONNECTION_WINDOW_SECONDS_MAX = 24 * 60 * 60;
/** A shorter one can't be told from the words of an answer, where it is to be taken out. */
export const SECRET_CHARS_MIN = 6;
export const SECRET_CHARS_MAX = 8_000;
/** A token is fetched anew so long before its end. */
export const TOKEN_MARGIN_MS = 30 * 1000;
/** Of a token whose target does not say how long it holds. */
export const TOKEN_HOLDS_MS = 5 * 60 * 1000;
/** Nobody is told when a place at a connection is free: so often it is looked for. */
export const CONNECTION_PLACE_LOOK_MS = 100;

// Databases of others
/** Of each connection, in each process: what is left of the server's connections belongs to its other users. */
export const TARGET_POOL_MAX = 8;
export const TARGET_IDLE_MS = 10_000;
/** How long a statement may take there, and how long it may wait for a lock. */
export const TARGET_STATEMENT_MS = 15_000;
export const TARGET_LOCK_MS = 5_000;
/** After so long a transaction that nobody goes on with is ended there: a worker that froze in it holds up nobody. */
export const TARGET_IDLE_IN_TRANSACTION_MS = 10_000;
/** Longer than the server may take: then its line is dead. */
export const TARGET_ANSWER_MS = TARGET_STATEMENT_MS + 5_000;
/** PostgreSQL's own bound on names, in bytes. */
export const SQL_NAME_BYTES_MAX = 63;
/** Tables that the test of a connection lists. */
export const SQL_TABLES_MAX = 500;
// Erasure
/** A shorter value stands in too much that has nothing to do with a person. */
export const ERASED_VALUE_CHARS_MIN = 3;
export const ERASED_VALUE_CHARS_MAX = 300;
export const ERASURE_REASON_CHARS_MAX = 500;
/** Rows that one look finds; a value that stands in more is no person's. */
export const ERASURE_FINDS_MAX = 100_000;
/** Rows that one transaction of an erasure takes away. */
export const ERASURE_PAGE_ROWS = 500;
/** A worker looks so often whether there is something to look for or to erase. */
export const ERASURE_LOOK_MS = 2_000;
/** Looks that wait to be confirmed. */
export const ERASURES_OPEN_MAX = 20;
/** A look that nobody confirms is withdrawn: what was looked for is not kept. */
export const ERASURE_FOUND_KEEP_HOURS = 24;
/** What of a found row is shown beside it. */
export const ERASURE_EXCERPT_CHARS = 160;
/** What of what is due is listed. */
export const RETENTION_LISTED = 50;
/** Batches and datasets that retention begins to erase at one turn. */
export const RETENTION_TURN = 20;
