/** Who gave a classification: a person, or a classifier, and whether that was sure of anything. */

/** Whether a person, or a person's key, gave a classification; else a classifier did. */
export function isPersons(by: string): boolean {
  return PEOPLE.some((kind) => by.startsWith(kind));
}

/** What the ids of people, and of their keys, begin with. */
export const PEOPLE = ['user:', 'key:'];
/** The same of a classification `a`, in a statement. */
export const PERSON_GAVE = `(${PEOPLE.map((kind) => `starts_with(a."by", '${kind}')`).join(' OR ')})`;

/** Whether a classifier left the item of a classification `a` unsure: it is in the category for that, and nobody has told what it is. */
export const LEFT_UNSURE = `(a.confidence = 0 AND NOT ${PERSON_GAVE})`;
