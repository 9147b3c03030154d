/** The lines of an item's story as sentences. Pure. */

import { readingLine } from '#components/datasets/reading-words.ts';
import { reasonWords } from '#components/plans/reason-words.ts';
import { receiptLook } from '#components/receipts/look.ts';
import { quoted, storyWords } from '#components/receipts/words.ts';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { StateLook } from '#components/ui/state-badge.tsx';
import { amountWords, millionthsOf } from '#lib/core/models/cost.ts';
import type { Origin } from '#lib/shapes/models.ts';
import type { StoryLine } from '#lib/shapes/stories.ts';

/** What happened, in a sentence or two; its time and its receipt stand beside it. */
export function lineWords(line: StoryLine, ordinal: number): string {
  if (line.receipt?.altered) return ALTERED;
  const who = line.by ?? 'Somebody';
  switch (line.kind) {
    case 'read':
      return readWords(line, ordinal);
    case 'undoes':
      return `This undoes what “${line.link.batchName}” did to the item.`;
    case 'started':
      return `${who} started the batch.`;
    case 'classified':
      return classifiedWords(line);
    case 'marked':
      return line.verdict === 'withdrawn'
        ? `${who} took back the mark on it as “${line.category}”.`
        : `${who} looked at it as “${line.category}” and said: ${line.verdict}.`;
    case 'corrected':
      return `${who} ${line.unsure ? `filed it as “${line.to}”, which had been left unsure in “${line.from}”` : `moved it from “${line.from}” to “${line.to}”`}${others(line.count)}.${line.note ? ` ${quoted(line.note)}` : ''}`;
    case 'decided':
      return `${storyWords(line.row, { [String(line.row.body.by)]: who })}${seenWords(line)}`;
    case 'acted':
      return storyWords(line.row, { [String(line.row.body.by)]: who });
    case 'undone':
      return `“${line.link.batchName}” undid this.`;
    case 'again':
      return line.there === 'before'
        ? `“${line.link.batchName}” left it unsent, and this batch reviews it again.`
        : `“${line.link.batchName}” reviews it again.`;
  }
}

const ALTERED =
  'This receipt was altered after it was stored: its bytes don’t give its hash, or are no receipt of this item. What it says can’t be trusted.';

/** How it looks in the margin. */
export function lineLook(line: StoryLine): StateLook {
  if (line.receipt?.altered) return { tone: 'red', glyph: '!', word: 'Altered' };
  if (line.kind === 'acted' || line.kind === 'decided') return receiptLook(line.row);
  return LOOKS[line.kind];
}

const LOOKS: Record<Exclude<StoryLine['kind'], 'acted' | 'decided'>, StateLook> = {
  read: { tone: 'neutral', glyph: '○', word: 'Read' },
  undoes: { tone: 'rust', glyph: '↩', word: 'Undo' },
  started: { tone: 'neutral', glyph: '▶', word: 'Started' },
  classified: { tone: 'blue', glyph: '◔', word: 'Classified' },
  marked: { tone: 'accent', glyph: '✓', word: 'Looked at' },
  corrected: { tone: 'amber', glyph: '◆', word: 'Corrected' },
  undone: { tone: 'rust', glyph: '↩', word: 'Undone' },
  again: { tone: 'neutral', glyph: '○', word: 'Reviewed again' },
};

type Read = Extract<StoryLine, { kind: 'read' }>;
function readWords({ file, line, reading, deleted, by, dataset }: Read, ordinal: number): string {
  const where = line === null ? '' : `, at line ${formatCount(line)}${file === dataset.name ? '' : ` of “${file}”`}`;
  const how = reading ? `, ${readingLine(reading)}` : '';
  const gone = deleted ? ` ${deleted.by} deleted the dataset later; what stands here is kept by the batch.` : '';
  return `${by ?? 'Somebody'} uploaded “${dataset.name}”. This is its item ${formatCount(ordinal)}${where}${how}.${gone}`;
}

type Classified = Extract<StoryLine, { kind: 'classified' }>;
function classifiedWords({ by: who, category, classifier, rule, revision, why, confidence, claim }: Classified): string {
  if (classifier === 'undo') return `It was approved as “${category}” there.`;
  if (classifier === 'person') return `${who ?? 'Somebody'} had moved it to “${category}” there${why ? `: ${why}` : '.'}`;
  if (classifier === 'taught') return `${who ?? 'Somebody'} filed it as “${category}” while teaching.`;
  const under = claim === null ? '' : ` under claim ${claim}`;
  const byAgent = classifier === 'agent' && who !== null;
  const by = rule ? rule.toLowerCase() : byAgent ? `${who}${under}` : `the ${classifier}`;
  const of = revision === null ? '' : `${byAgent ? ', by' : ' of'} revision ${revision} of the plan`;
  const because = why ? `: ${reasonWords(why)}` : '';
  const sure = confidence === null ? ' Why is not kept: a correction overwrote it.' : ` Confidence ${confidence.toFixed(2)}.`;
  return `It was classified as “${category}” by ${by}${of}${because}.${sure}`;
}

function others(count: number | null): string {
  return count === null || count <= 1 ? '' : `, with ${formatNoun(count - 1, 'other items')}`;
}

function seenWords({ category, seen }: Extract<StoryLine, { kind: 'decided' }>): string {
  const as = category === null ? '' : ` This item was approved as “${category}”.`;
  if (seen === null) return as;
  return `${as} It was ${seen ? '' : 'not '}on the screen.`;
}

/** What a classification came from that is none of its reasons: a call to a model, or what was learned. Null: nothing that is kept. */
export function originLine({ origin, learned }: Classified): string | null {
  if (origin) return originWords(origin);
  return learned === null ? null : `What was learned: ${learned.slice(0, 12)}….`;
}

/** Which call of which model an answer came with, and what that came to. */
function originWords({ model, connection, items, tokens, cost, currency, ms, instruction }: Origin): string {
  const read =
    tokens === null
      ? 'its server counted no tokens'
      : `${formatCount(tokens.input)} tokens read, ${formatCount(tokens.output)} written`;
  const paid = cost === null ? 'what it cost is not known' : amountWords(millionthsOf(cost), currency);
  const time = ms === null ? '' : `, ${(ms / 1_000).toFixed(1)} s`;
  return `${model} over ${connection}, asked about ${formatNoun(items, 'items')} at once: ${read}, ${paid}${time}. Instruction ${instruction.slice(0, 12)}…`;
}
