/** Text of others inside Markdown of ours: it stays text. It can open no heading, list, link, image, code, quote or HTML, and no new line. */

/** Everything on one line: control characters and line separators become single spaces, and what turns reading direction goes. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\s]+/gu, ' ')
    .trim();
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
