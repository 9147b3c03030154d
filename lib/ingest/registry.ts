/** Which formats there are: looked up by name, recognised in a file's first bytes, asked for a first plan. */
import { CountersignError } from '#lib/core/errors.ts';
import { type DraftedPlan, type DraftInput, draftForTable } from '#lib/core/plans/draft-plan.ts';
import { FORMATS } from './kinds.ts';
import { type FileToRead, PACKED_ENDINGS, unpacked } from './packed.ts';
import type { Format } from './port.ts';

/** File name endings that can be uploaded, for the file picker. */
export const ENDINGS: readonly string[] = [...FORMATS.flatMap((format) => format.endings), ...PACKED_ENDINGS];

/** The files that can be uploaded, in a sentence: "a CSV file, or a mailbox (mbox), as it is or packed". */
export const FILES_IN_WORDS = `${listed(
  FORMATS.map(({ file }) => file),
  ', or ',
)}, as it is or packed (gzip, zip)`;

/** A file as it is to be read: what is packed in it, under its own name. Throws as `unpacked` does. */
export function fileToRead(file: FileToRead): Promise<FileToRead> {
  return unpacked(file, ENDINGS);
}

/** The format of a dataset; null for one whose format is not known, yet or to this build. */
export function formatOf(name: string | null): Format | null {
  return FORMATS.find((format) => format.name === name) ?? null;
}

/** The format of a file that holds things of this type one after the other; null where there is none. */
export function formatCollecting(contentType: string): Required<Pick<Format, 'collects' | 'endings'>> | null {
  for (const { collects, endings } of FORMATS) if (collects?.contentType === contentType) return { collects, endings };
  return null;
}

/** A first plan for a dataset: of the format whose own fields these are, else as for any table. */
export function draftFromProfile(input: DraftInput): DraftedPlan {
  for (const format of FORMATS) {
    const drafted = format.draft?.(input);
    if (drafted) return drafted;
  }
  return draftForTable(input);
}

/**
 * The format of a file, from its first bytes and its name. What is in it decides; the name decides between what is possible.
 * Throws `unsupported` with what the file seems to be and what to do.
 */
export function detectFormat(head: Buffer, fileName: string): Format {
  const ending = endingOf(fileName);
  const certain = FORMATS.find((format) => format.sniff(head, fileName) === 1);
  if (certain) return certain;
  const known = knownContent(head);
  if (known) {
    const advice = known.advice ?? `Upload ${FILES_IN_WORDS}.`;
    throw new CountersignError('unsupported', `“${fileName}” is ${known.what}, whatever its name says. ${advice}`);
  }
  let best: { format: Format; score: number } | null = null;
  for (const format of FORMATS) {
    const score = format.sniff(head, fileName);
    if (score === null) continue;
    const named = format.endings.includes(ending) ? 0.3 : 0;
    // A file with another ending must be recognised surely: mail is, a table of one column is not.
    if (named === 0 && ending !== '' && score < (ENDINGS.includes(ending) ? 0.9 : 0.95)) continue;
    if (!best || score + named > best.score) best = { format, score: score + named };
  }
  if (best) return best.format;
  throw new CountersignError('unsupported', refusal(fileName, ending));
}

function endingOf(fileName: string): string {
  const dot = fileName.lastIndexOf('.');
  return dot <= 0 ? '' : fileName.slice(dot).toLowerCase();
}

function refusal(fileName: string, ending: string): string {
  const titles = FORMATS.map((format) => format.title);
  const readable = `Countersign reads ${listed(titles, ' and ')}.`;
  const format = FORMATS.find((candidate) => candidate.endings.includes(ending));
  if (format) return `“${fileName}” ends in ${ending} but its content is not ${format.title}. ${readable}`;
  return `“${fileName}” can't be read: ${ending === '' ? 'its content' : `a file that ends in ${ending}`} is not recognised. ${readable}`;
}

function listed(words: readonly string[], last: string): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')}${last}${words.at(-1)}`;
}

/** `advice`: what to do with such a file; left out where the only way is another file. */
const SIGNATURES: { bytes: Buffer; what: string; advice?: string }[] = [
  {
    bytes: Buffer.from('PK\x03\x04', 'latin1'),
    what: 'a zip archive, or a document of an office program that is no Excel workbook',
    advice: 'Unpack it, or save the sheet as XLSX or CSV, and upload that.',
  },
  { bytes: Buffer.from('PK\x05\x06', 'latin1'), what: 'an empty zip archive', advice: 'Upload the file that was to be in it.' },
  { bytes: Buffer.from([0x1f, 0x8b]), what: 'compressed with gzip, twice', advice: 'Unpack it and upload what is in it.' },
  { bytes: Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1'), what: 'a 7z archive', advice: 'Unpack it and upload what is in it.' },
  { bytes: Buffer.from('\x89PNG', 'latin1'), what: 'a picture (PNG)' },
  { bytes: Buffer.from([0xff, 0xd8, 0xff]), what: 'a picture (JPEG)' },
  { bytes: Buffer.from('GIF8', 'latin1'), what: 'a picture (GIF)' },
  { bytes: Buffer.from('%PDF-', 'latin1'), what: 'a PDF document' },
  {
    bytes: Buffer.from([0xd0, 0xcf, 0x11, 0xe0]),
    what: 'an old Office document',
    advice: 'Save the sheet as XLSX or CSV and upload that.',
  },
  {
    bytes: Buffer.from('!BDN', 'latin1'),
    what: 'an Outlook data file (PST)',
    advice: 'Export the mail as mbox and upload that.',
  },
  { bytes: Buffer.from('PAR1', 'latin1'), what: 'a Parquet file', advice: 'Write it as CSV and upload that.' },
  {
    bytes: Buffer.from('SQLite format 3', 'latin1'),
    what: 'an SQLite database',
    advice: 'Export the table as CSV and upload that.',
  },
  { bytes: Buffer.from('\x7fELF', 'latin1'), what: 'a program' },
];

/** What the first bytes say outright. */
function knownContent(head: Buffer): { what: string; advice?: string } | null {
  return SIGNATURES.find(({ bytes }) => head.subarray(0, bytes.length).equals(bytes)) ?? null;
}
