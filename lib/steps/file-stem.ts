/** The names of files: what a download is called, and what a file is called without its ending. Pure, so that pages can use it too. */

/**
 * A file name from a name that people gave: letters and digits of any script, dots, dashes and underscores, so that no system and no header trips over
 * it. At most STEM_BYTES_MAX bytes of UTF-8, so that two of them and an ending fit into the 255 that file systems take.
 */
export function fileStem(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+/, '');
  let stem = '';
  let bytes = 0;
  for (const char of plain) {
    bytes += ENCODER.encode(char).length;
    if (bytes > STEM_BYTES_MAX) break;
    stem += char;
  }
  return stem.replace(/[-.]+$/, '') || 'download';
}

const STEM_BYTES_MAX = 100;
const ENCODER = new TextEncoder();

/** A file's name without its ending: up to eight letters and digits after the last dot, with the ending of what is packed. A name that is nothing else stays as it is. */
export function withoutEnding(fileName: string): string {
  return fileName.replace(/(?<=.)(?:(?:\.[A-Za-z][A-Za-z0-9]{0,7})?\.(?:gz|zip)|\.[A-Za-z0-9]{1,8})$/is, '');
}

/** The ending that `withoutEnding` takes away, lower case with its dot; empty where there is none. */
export function endingOf(fileName: string): string {
  return fileName.slice(withoutEnding(fileName).length).toLowerCase();
}
