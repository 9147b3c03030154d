/** A kept file as it is read: what comes must be what was uploaded. */
import { createHash } from 'node:crypto';
import { CountersignError } from '#lib/core/errors.ts';
import type { DatasetSource } from '#lib/store/datasets/sources.sql.ts';
import type { Original } from '#lib/store/originals/port.ts';

export class CheckedFile {
  bytes = 0;
  readonly #source: DatasetSource;
  readonly #original: Original;

  constructor(source: DatasetSource, original: Original) {
    this.#source = source;
    this.#original = original;
  }

  /** Throws `conflict` at its end when it is not the file of its digest. */
  async *chunks(): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    this.bytes = 0;
    for await (const piece of this.#original.read()) {
      this.bytes += piece.length;
      hash.update(piece);
      yield piece;
    }
    if (hash.digest().equals(this.#source.digest)) return;
    throw new CountersignError(
      'conflict',
      `The original of “${this.#source.name}” is not the file that was uploaded: its bytes were changed. Upload the file again.`,
    );
  }
}
