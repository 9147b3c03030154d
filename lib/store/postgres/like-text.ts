/** A text within a pattern of the database, where % and _ stand for other characters. NUL, which the database does not hold, is left out. */
export function likeText(text: string): string {
  return text.replaceAll('\0', '').replace(/[\\%_]/g, '\\$&');
}
