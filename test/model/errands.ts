/** The errands of the model's chunk: what lib/store/errands does, one statement after the other, held to PostgreSQL by contract.test.ts. */
import type { ModelChunk, Time } from './database.ts';

export type ModelErrand = {
  key: string;
  ordinal: number;
  givenTo: string | null;
  until: number | null;
  answer: 'done' | 'failed' | null;
  closed: 'heard' | 'silent' | 'withdrawn' | null;
};

const MINUTES = 15;

export class ModelErrands {
  /** The most that were open at once. */
  most = 0;
  readonly all: ModelErrand[] = [];
  private readonly chunk: ModelChunk;
  private readonly time: Time;

  constructor(chunk: ModelChunk, time: Time) {
    this.chunk = chunk;
    this.time = time;
  }

  putDown(key: string, ordinal: number): void {
    if (this.of(key)) return;
    this.all.push({ key, ordinal, givenTo: null, until: null, answer: null, closed: null });
    this.most = Math.max(this.most, this.open().length);
  }

  /** What a worker sees of it, and closes it by. */
  look(key: string): ModelErrand | null {
    const errand = this.of(key);
    if (errand) errand.closed ??= this.closes(errand);
    return errand;
  }

  /** The one that this agent has and has not answered, or the first that is free. */
  take(by: string): { errand: ModelErrand; isNew: boolean } | null {
    const mine = this.open().find(({ givenTo, answer }) => givenTo === by && answer === null);
    if (mine) return { errand: mine, isNew: false };
    const { chunk } = this;
    if (chunk.state !== 'executing' || chunk.stopping !== null) return null;
    const [free] = this.open()
      .filter(({ givenTo }) => givenTo === null)
      .sort((a, b) => a.ordinal - b.ordinal);
    if (!free) return null;
    Object.assign(free, { givenTo: by, until: this.time.now() + MINUTES * 60_000 });
    if (chunk.waitsFor === 'agent' && free.until !== null)
      chunk.notBefore = Math.min(chunk.notBefore ?? Number.POSITIVE_INFINITY, free.until);
    return { errand: free, isNew: true };
  }

  answer(key: string, said: 'done' | 'failed'): 'recorded' | 'already' | 'refused' | 'late' {
    const errand = this.of(key);
    if (!errand) throw new Error('No such errand.');
    const before = errand.answer;
    if (before !== null && before !== said) return 'refused';
    errand.answer = said;
    if (before === null && this.chunk.waitsFor === 'agent') Object.assign(this.chunk, { notBefore: null, waitsFor: null });
    if (errand.closed === 'silent') return 'late';
    return before === null ? 'recorded' : 'already';
  }

  /** When a chunk that is given back for agents is due at the latest; null: at once. */
  dueAfter(ms: number): number | null {
    const open = this.open();
    const due = open.some(({ answer, givenTo }) => answer !== null || (this.chunk.stopping !== null && givenTo === null));
    return due ? null : Math.min(this.time.now() + ms, ...open.flatMap(({ until }) => until ?? []));
  }

  private closes({ answer, givenTo, until }: ModelErrand): ModelErrand['closed'] {
    const { state, stopping } = this.chunk;
    if (answer !== null) return 'heard';
    if (until !== null && until <= this.time.now()) return 'silent';
    return givenTo === null && (stopping !== null || state !== 'executing') ? 'withdrawn' : null;
  }

  private of(key: string): ModelErrand | null {
    return this.all.find((one) => one.key === key) ?? null;
  }

  private open(): ModelErrand[] {
    return this.all.filter(({ closed }) => closed === null);
  }
}
