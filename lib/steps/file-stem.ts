/** A file name from a name that people gave: letters, digits, dots and dashes only, so that no system and no header trips over it. */
export function fileStem(name: string): string {
  const stem = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80);
  return stem === '' ? 'batch' : stem;
}
