/** The batches that a person names for a key: by their ids, or by addresses of their pages. Pure. */

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** An id, or an address in which one stands behind “batches”; what comes after it is a part of that batch. */
const NAMED = new RegExp(`^(?:.*/batches/)?(${UUID})(?:[/?#].*)?$`, 'i');

/** `unread`: what of it names no batch, and why; null where all of it does. A key is made for all that was written, or not at all. */
export function batchesNamed(text: string): { ids: string[]; unread: string | null } {
  const ids = new Set<string>();
  const wrong: string[] = [];
  for (const part of text.split(/[\s,;]+/).filter((one) => one !== '')) {
    const id = NAMED.exec(part)?.[1]?.toLowerCase();
    if (id === undefined) wrong.push(part);
    else ids.add(id);
  }
  return { ids: [...ids], unread: wrong.length === 0 ? null : wrongWords(wrong) };
}

function wrongWords(wrong: readonly string[]): string {
  const named = wrong.slice(0, WRONG_NAMED).map((one) => `“${one.slice(0, WRONG_CHARS)}${one.length > WRONG_CHARS ? '…' : ''}”`);
  const more = wrong.length - named.length;
  const all = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return `${all} ${wrong.length === 1 ? 'is no id or address of a batch' : 'are no ids or addresses of batches'}. An id has 36 characters, and stands in the address of the batch’s page.`;
}

const WRONG_NAMED = 3;
const WRONG_CHARS = 60;
