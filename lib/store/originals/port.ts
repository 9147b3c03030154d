/** Where original files are kept: once each, under the SHA-256 of their bytes. */

/** What is kept of a digest. */
export type Original = {
  bytes: number;
  /** Its bytes in order, up to `end` (exclusive) where one is given. Opened when it is first asked for a piece, and closed however that ends. */
  read(end?: number): AsyncGenerator<Buffer>;
};

/** A file that is arriving: nobody finds it before it is kept, and nothing is left of it unless it is. */
export type ArrivingOriginal = {
  /** Takes the next piece, which must not be changed until `finish`, and waits for what the disk has not taken. Throws `unavailable` where there is no room for an earlier one. */
  write(piece: Buffer): Promise<void>;
  /** Whatever was written is on the disk. */
  finish(): Promise<void>;
  /** After `finish`: its bytes, before it is kept. */
  read(): AsyncGenerator<Buffer>;
  /** It is there under its digest from now on, in place of one that was there already: the bytes are the same. */
  keep(digest: Buffer): Promise<void>;
  /** Takes away what was not kept. */
  drop(): Promise<void>;
};

/** Digests are 32 bytes. */
export type Originals = {
  /** @param datasetId whose upload it is: when that is over, what a killed process left of it can be taken away */
  put(datasetId: string): Promise<ArrivingOriginal>;
  /** Null where it is not there. */
  open(digest: Buffer): Promise<Original | null>;
  delete(digest: Buffer): Promise<void>;
  /** What is arriving, or was when its process was killed. */
  leftovers(): Promise<Leftover[]>;
};

export type Leftover = { datasetId: string; remove(): Promise<void> };
