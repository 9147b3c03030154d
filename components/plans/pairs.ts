/** An object whose members are edited as rows: each change keeps the order of the others. Pure. */

type Pairs = Readonly<Record<string, unknown>>;

/** With one member under another name, in its place. */
export function renamed(pairs: Pairs, from: string, to: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(pairs).map(([name, value]) => [name === from ? to : name, value]));
}

export function without(pairs: Pairs, gone: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(pairs).filter(([name]) => name !== gone));
}

/** The name itself, or with the first number that makes it another one than those taken. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name} ${number}`)) number += 1;
  return `${name} ${number}`;
}

/** "200, 201" as numbers; nothing typed is null. */
export function numbersOf(text: string): { value: number[] | null } | { fault: string } {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.every((part) => part === '')) return { value: null };
  if (parts.some((part) => !/^\d{1,9}$/.test(part))) return { fault: 'Write whole numbers with commas between them: 200, 201.' };
  return { value: parts.map(Number) };
}
