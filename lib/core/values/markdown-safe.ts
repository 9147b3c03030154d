/** Text of others inside Markdown of ours: it stays text. It can open no heading, list, link, image, code, quote or HTML, and no new line. */

import { legible, WHITE } from './legible.ts';

/** Everything on one line: white space and line ends become single spaces, and what nobody sees is shown (`legible`). */
export function oneLine(text: string): string {
  return legible(text.replace(WHITE, ' ')).trim();
}

/** One line of CommonMark (with GitHub's extensions) that reads as the given text. */
export function markdownText(text: string): string {
  return (
    oneLine(text)
      .replace(/[\\`*[\]<>#~&$]/g, '\\$&')
      // Inside a word an underscore means nothing, and codes such as http_404 stay readable.
      .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
      // GitHub makes links of bare addresses too.
      .replace(/:(?=\/\/)|(?<=www)\./gi, '\\$&')
      .replace(/^(?:[-+=]|\d+(?=[.)]))/, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`))
  );
}
