/** Where the database is asked, and how: by Prisma's models, in raw statements that go through Prisma, or in pg's own words. */

export type Asked = { byModel: number; raw: number; byHand: number };

/** Counts the places in a file's text. What a comment says counts too: it is a figure, and not a proof. */
export function askedIn(text: string): Asked {
  const count = (of: RegExp): number => text.match(of)?.length ?? 0;
  return { byModel: count(BY_MODEL), raw: count(RAW), byHand: count(BY_HAND) };
}

const BY_MODEL = /\bprisma\s*\.\w+\s*\.(find|create|update|delete|upsert|count|groupBy|aggregate)\w*\(/g;
const RAW = /\bprisma\s*\.\$(queryRaw|executeRaw)\w*\b/g;
/** With or without the type of its rows. */
const BY_HAND = /\.(?:query)(<[\s\S]*?>)?\(/g;
