/** Which list of a checkpoint is on the screen, as its address says it: `?category=noise&q=invoice&is.Status=open&sort=field.Amount&item=7`. Pure. */
import { reasonWords } from '#components/plans/reason-words.ts';
import type { ChunkFilter, ChunkItemsAsked } from '#lib/shapes/chunk-items.ts';

export type ListAsked = {
  /** null: the first that acts */
  category: string | null;
  /** all items of the category; else its samples */
  all: boolean;
  search: string;
  is: readonly { field: string; value: string }[];
  why: string | null;
  from: number | null;
  below: number | null;
  by: NonNullable<ChunkFilter['by']> | null;
  mark: NonNullable<ChunkFilter['mark']> | null;
  sample: NonNullable<ChunkFilter['sample']> | null;
  /** `confidence`, `why`, or `field.` and a name */
  sort: string | null;
  descending: boolean;
  /** the one that is open; null: none was chosen */
  item: number | null;
};

/** Nothing that narrows a list. */
export const NOT_FILTERED = {
  ...{ search: '', is: [], why: null, from: null, below: null, by: null, mark: null, sample: null },
} satisfies Partial<ListAsked>;

export const NOT_SORTED = { sort: null, descending: false } satisfies Partial<ListAsked>;

const IS = 'is.';
const BY = ['classifier', 'person'] as const;
const MARK = ['right', 'wrong', 'none'] as const;
const SAMPLE = ['random', 'unsure'] as const;
const NUMBER_MAX = 2 ** 31 - 1;

/** What an address asks for; what is none of ours is left alone. */
export function listAsked(params: URLSearchParams): ListAsked {
  const sort = params.get('sort') || null;
  return {
    category: params.get('category'),
    all: params.get('show') === 'all',
    search: params.get('q') ?? '',
    is: [...params].flatMap(([name, value]) =>
      name.startsWith(IS) && name.length > IS.length ? [{ field: name.slice(IS.length), value }] : [],
    ),
    why: params.get('why'),
    from: share(params.get('from')),
    below: share(params.get('below')),
    by: oneOf(BY, params.get('by')),
    mark: oneOf(MARK, params.get('mark')),
    sample: oneOf(SAMPLE, params.get('sample')),
    sort,
    descending: sort !== null && params.get('order') === 'desc',
    item: ordinal(params.get('item')),
  };
}

/** The query of an address that asks for it; empty where nothing is said. */
export function listQuery({ category, all, search, is, why, from, below, sort, descending, item, ...one }: ListAsked): string {
  const query = new URLSearchParams();
  const set = (name: string, value: string | number | null) => {
    if (value !== null && value !== '') query.set(name, String(value));
  };
  set('category', category);
  if (all) query.set('show', 'all');
  set('q', search);
  for (const { field, value } of is) query.set(`${IS}${field}`, value);
  if (why !== null) query.set('why', why);
  set('from', from);
  set('below', below);
  for (const name of ['by', 'mark', 'sample'] as const) set(name, one[name]);
  set('sort', sort);
  if (sort !== null && descending) query.set('order', 'desc');
  set('item', item);
  return query.toString();
}

/** Whether a list is narrower than its category. */
export function isFiltered({ search, is, ...asked }: ListAsked): boolean {
  const { why, from, below, by, mark, sample } = asked;
  return search !== '' || is.length > 0 || [why, from, below, by, mark, sample].some((one) => one !== null);
}

/** Whether items are read for it, or the samples that came with the page are shown. */
export function isRead(asked: ListAsked): boolean {
  return asked.all || asked.sort !== null || isFiltered(asked);
}

/** What the API is asked for. */
export function filterOf({ search, is, why, from, below, by, mark, sample }: ListAsked, category: string): ChunkFilter {
  return {
    category,
    ...(search ? { search } : {}),
    ...(is.length > 0 ? { is: [...is] } : {}),
    ...(why === null ? {} : { why }),
    ...(from === null ? {} : { confidenceFrom: from }),
    ...(below === null ? {} : { confidenceBelow: below }),
    ...(by ? { by } : {}),
    ...(mark ? { mark } : {}),
    ...(sample ? { sample } : {}),
  };
}

/** With its order. */
export function itemsOf(asked: ListAsked, category: string): ChunkItemsAsked {
  const { sort, descending } = asked;
  return { ...filterOf(asked, category), ...(sort === null ? {} : { sort, order: descending ? 'desc' : 'asc' }) };
}

/** What a press on a column's name asks for: up, then down, then the file's order again. */
export function sortedNext({ sort, descending }: ListAsked, by: string): Pick<ListAsked, 'sort' | 'descending'> {
  if (sort !== by) return { sort: by, descending: false };
  return descending ? NOT_SORTED : { sort: by, descending: true };
}

/** Each thing that narrows the list, in words, and what the list is without it. */
export function filterWords(
  asked: ListAsked,
  label: (field: string) => string,
): { id: string; words: string; without: Partial<ListAsked> }[] {
  const { is, why, from, below, by, mark, sample } = asked;
  return [
    ...(why === null ? [] : [{ id: 'why', words: reasonWords(why) || 'no reason given', without: { why: null } }]),
    ...is.map(({ field, value }) => ({
      id: `${IS}${field}`,
      words: `${label(field)} ${value === '' ? 'is empty' : `is ${value}`}`,
      without: { is: is.filter((one) => one.field !== field) },
    })),
    ...(from === null && below === null
      ? []
      : [{ id: 'confidence', words: confidenceWords(from, below), without: { from: null, below: null } }]),
    ...(by === null ? [] : [{ id: 'by', words: BY_WORDS[by], without: { by: null } }]),
    ...(mark === null ? [] : [{ id: 'mark', words: MARK_WORDS[mark], without: { mark: null } }]),
    ...(sample === null ? [] : [{ id: 'sample', words: SAMPLE_WORDS[sample], without: { sample: null } }]),
  ];
}

export const BY_WORDS = { classifier: 'not moved', person: 'filed by a person' } as const;
export const MARK_WORDS = { right: 'marked as right', wrong: 'marked as wrong', none: 'not looked at' } as const;
export const SAMPLE_WORDS = { random: 'random samples', unsure: 'unsure samples' } as const;

function confidenceWords(from: number | null, below: number | null): string {
  if (from === null) return `confidence below ${below}`;
  return below === null ? `confidence at least ${from}` : `confidence ${from} to below ${below}`;
}

function oneOf<One extends string>(all: readonly One[], text: string | null): One | null {
  return all.find((one) => one === text) ?? null;
}

function share(text: string | null): number | null {
  const value = text ? Number(text) : Number.NaN;
  return value >= 0 && value <= 1 ? value : null;
}

function ordinal(text: string | null): number | null {
  const value = text && /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= NUMBER_MAX ? value : null;
}
