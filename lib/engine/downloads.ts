/**
 * Downloads are made in a thread of their own: a million receipts are parsed and written there, and the loop that answers everybody else only hands on what is
 * ready. This is the side of those who ask; bin/ starts the thread (download-thread.ts), so that no bundler meets it. docs/trail.md says what that gives.
 */

/** A file as it is offered: its bytes come when they are asked for. */
export type Download = { fileName: string; contentType: string; body: AsyncIterable<Uint8Array> };

/** Makes a download from its input; the input is cloned on the way. */
// biome-ignore lint/suspicious/noExplicitAny: what a download takes is its own; whoever asks for it by name gives that
export type Maker = (input: any) => Promise<Download>;

export type DownloadThread = {
  /** Throws what the maker throws. */
  open(name: string, input: unknown): Promise<Download>;
  end(): Promise<void>;
};

// Next loads modules more than once, and what it bundles must find what bin/ started.
const state = globalThis as typeof globalThis & {
  countersignDownloads?: DownloadThread;
  /** what is to be done when a part is with its reader */
  countersignParts?: WeakMap<object, () => void>;
};

/** Hands the process its thread. */
export function takeDownloadThread(thread: DownloadThread): void {
  state.countersignDownloads = thread;
}

/** The thread ends: what comes next is made without it. */
export function leaveDownloadThread(thread: DownloadThread): void {
  if (state.countersignDownloads === thread) delete state.countersignDownloads;
}

/** Has the download made in the thread; in a process that has none (a script, a test), here. */
export function downloaded<Input>(name: string, input: Input, here: (input: Input) => Promise<Download>): Promise<Download> {
  return state.countersignDownloads?.open(name, input) ?? here(input);
}

/** The part's memory goes back to the thread when its reader has it: `back` is called once, or never. */
export function lendPart(part: Uint8Array, back: () => void): void {
  state.countersignParts ??= new WeakMap();
  state.countersignParts.set(part, back);
}

/** Says that all of this has gone out, where it is a part of a download: nothing may read from it after that. */
export function returnPart(part: object): void {
  const back = state.countersignParts?.get(part);
  if (!back) return;
  state.countersignParts?.delete(part);
  back();
}
