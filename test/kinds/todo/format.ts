/** To-do lists as text: a line `- [ ] text` for each, `- [x] text` once it is done. */
import { UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import type { Format, Item, Segment, UnreadableRow } from '#lib/ingest/port.ts';
import { readBlocks } from '#lib/ingest/source.ts';
import { toVisible } from '#lib/ingest/visible.ts';

const FIELDS = ['done', 'text'];
const LINE = /^- \[([ x])\] (.+)$/;
const LINE_END = 0x0a;

export const todo: Format = {
  name: 'todo',
  noun: 'entries',
  title: 'a to-do list (todo)',
  file: 'a to-do list',
  endings: ['.todo'],
  contentType: 'text/plain',
  textField: null,
  sniff: (head) => (LINE.test(head.toString('utf8').split('\n', 1)[0]?.trimEnd() ?? '') ? 1 : null),
  parse: (source) => readBlocks(source, new LineReader()),
  writeBack: () => ({
    charset: 'utf-8',
    head: Buffer.alloc(0),
    write: (raw) => (raw.at(-1) === LINE_END ? raw : Buffer.concat([raw, Buffer.from([LINE_END])])),
  }),
};

class LineReader {
  #line = 0;
  #items: Item[] = [];
  #unreadable: UnreadableRow[] = [];

  /** Whole lines only: how many bytes they are. The rest comes again with more behind it. */
  read(block: Buffer, final: boolean): number {
    let at = 0;
    while (at < block.length) {
      const end = block.indexOf(LINE_END, at);
      if (end === -1 && !final) break;
      const next = end === -1 ? block.length : end + 1;
      this.#add(block.subarray(at, next));
      at = next;
    }
    return at;
  }

  take(): Segment {
    const segment = {
      fields: FIELDS,
      items: this.#items,
      unreadable: this.#unreadable,
      dialect: { charset: 'UTF-8' },
      layout: {},
    };
    this.#items = [];
    this.#unreadable = [];
    return segment;
  }

  #add(raw: Buffer): void {
    this.#line += 1;
    const text = raw.toString('utf8').trimEnd();
    if (text === '') return;
    const [, done, what] = LINE.exec(text) ?? [];
    if (what !== undefined) {
      this.#items.push({ line: this.#line, values: [done === 'x' ? 'yes' : 'no', toVisible(what)], raw, plain: false });
      return;
    }
    const reason = `line ${this.#line} is no entry: it does not begin with “- [ ]” or “- [x]”`;
    const excerpt = Buffer.from(raw.subarray(0, UNREADABLE_EXCERPT_BYTES));
    this.#unreadable.push({ line: this.#line, reason, excerpt, raw });
  }
}
