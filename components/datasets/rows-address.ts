/** Which rows of a dataset a page shows, as its address says it: `?q=invoice&is.Status=open&sort=Amount&order=desc`. Pure. */

export type RowsAsked = {
  search: string;
  is: { field: string; value: string }[];
  sort: string | null;
  descending: boolean;
};

export const ALL_ROWS: RowsAsked = { search: '', is: [], sort: null, descending: false };

const IS = 'is.';

/** What the parameters of an address ask for; what is none of ours is left alone. */
export function rowsAsked(params: Readonly<Record<string, string | string[] | undefined>>): RowsAsked {
  const one = (name: string) => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    return (Array.isArray(value) ? value[0] : value) ?? '';
  };
  const is = Object.keys(params)
    .filter((name) => name.startsWith(IS) && name.length > IS.length)
    .map((name) => ({ field: name.slice(IS.length), value: one(name) }));
  return { search: one('q').trim(), is, sort: one('sort') || null, descending: one('order') === 'desc' };
}

/** The address that asks for it. */
export function rowsAddress(datasetId: string, { search, is, sort, descending }: RowsAsked): string {
  const query = new URLSearchParams();
  if (search) query.set('q', search);
  for (const { field, value } of is) query.set(`${IS}${field}`, value);
  if (sort !== null) query.set('sort', sort);
  if (sort !== null && descending) query.set('order', 'desc');
  const text = query.toString();
  return `/datasets/${datasetId}${text ? `?${text}` : ''}`;
}

/** As the API is asked. */
export function rowsInput({ search, is, sort, descending }: RowsAsked) {
  return {
    ...(search ? { search } : {}),
    ...(is.length > 0 ? { is } : {}),
    ...(sort === null ? {} : { sort, order: descending ? ('desc' as const) : ('asc' as const) }),
  };
}

/** Only those whose field has this value too; a field has one value at a time. */
export function withValue(asked: RowsAsked, field: string, value: string): RowsAsked {
  return { ...asked, is: [...without(asked, field).is, { field, value }] };
}

/** Without the filter of this field. */
export function without(asked: RowsAsked, field: string): RowsAsked {
  return { ...asked, is: asked.is.filter((one) => one.field !== field) };
}

/** What a press on a column's name asks for: up, then down, then the file's order again. */
export function sortedNext(asked: RowsAsked, field: string): RowsAsked {
  if (asked.sort !== field) return { ...asked, sort: field, descending: false };
  return asked.descending ? { ...asked, sort: null, descending: false } : { ...asked, descending: true };
}
