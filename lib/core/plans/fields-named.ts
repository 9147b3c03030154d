/** Which fields of a file a plan names, and the same plan with other names: what fits one file is used on the next. Pure. */
import { isRecord } from '#lib/core/values/stored.ts';
import type { Json } from '#lib/ledger/canonical.ts';
import type { Plan } from './plan.ts';

/** A field that a plan names, and where it does so first: "classifier.rules.0.where.0.1". `inTemplate`: it may be a word of ours ({{verb}}). */
export type NamedField = { field: string; path: string; inTemplate: boolean };

/** Each field once, in the order in which people meet them. */
export function fieldsNamed(plan: Plan): NamedField[] {
  const named = new Map<string, NamedField>();
  withNames(plan, (field, path, inTemplate) => {
    const before = named.get(field);
    if (!before || (before.inTemplate && !inTemplate)) named.set(field, { field, path, inTemplate });
    return field;
  });
  return [...named.values()];
}

/** The plan with `to` everywhere in the place of the field `from`. */
export function withField(plan: Plan, from: string, to: string): Plan {
  return withNames(plan, (field) => (field === from ? to : field));
}

type Rename = (field: string, path: string, inTemplate: boolean) => string;

function withNames(plan: Plan, rename: Rename): Plan {
  const { chunking, independence } = plan;
  const plain = (field: string, path: string): string => rename(field, path, false);
  const texts = (value: Json, path: string): Json =>
    eachIn(value, path, (text, _key, at) => inTemplate(text, (field) => rename(field, at, true)));
  return {
    ...plan,
    classifier: eachIn(plan.classifier, 'classifier', (text, key, path) => {
      if (key === 'field') return plain(text, path.slice(0, -'.field'.length));
      return key === 'when' ? inCel(text, (field) => plain(field, path)) : text;
    }) as Plan['classifier'],
    categories: plan.categories.map((category, index) => {
      const { action } = category;
      if (action === null) return category;
      return {
        ...category,
        action: { ...action, with: texts(action.with, `categories.${index}.action.with`) as typeof action.with },
      };
    }),
    chunking: chunking.by === 'size' ? chunking : { ...chunking, field: plain(chunking.field, 'chunking.field') },
    independence: {
      ...independence,
      resource: independence.resource.map((field) => plain(field, 'independence.resource')),
      dependsOn: independence.dependsOn === null ? null : plain(independence.dependsOn, 'independence.dependsOn'),
    },
    receiptLine: inTemplate(plan.receiptLine, (field) => rename(field, 'receiptLine', true)),
    receiptFields: plan.receiptFields.map((field) => plain(field, 'receiptFields')),
  };
}

/** Every text of a value that is JSON, with the key it stands behind and its place. */
function eachIn(value: Json, path: string, of: (text: string, key: string, path: string) => string, key = ''): Json {
  if (typeof value === 'string') return of(value, key, path);
  if (Array.isArray(value)) return value.map((one, index) => eachIn(one, `${path}.${index}`, of));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value as Record<string, Json>).map(([name, one]) => [name, eachIn(one, `${path}.${name}`, of, name)]),
  );
}

/** `item.subject`, `item["Last Reply"]`, and the same of `raw`. */
const CEL_FIELD = /\b(item|raw)(?:\.([A-Za-z_]\w*)|\[\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\])/g;

function inCel(text: string, rename: (field: string) => string): string {
  return text.replace(CEL_FIELD, (whole, of: string, bare: string | undefined, quoted: string | undefined) => {
    const field = bare ?? unquoted(quoted ?? '');
    const next = rename(field);
    if (next === field) return whole;
    return /^[A-Za-z_]\w*$/.test(next) ? `${of}.${next}` : `${of}[${JSON.stringify(next)}]`;
  });
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, '$1');
}

/** `{{Opened At}}`, and `{{Opened At | date}}` with what stands behind the bar. */
function inTemplate(text: string, rename: (field: string) => string): string {
  return text.replace(/\{\{(\{?&?\s*)([^{}|]+?)(\s*(?:\|[^{}]*)?\}\})/g, (_, open: string, field: string, close: string) => {
    return `{{${open}${rename(field)}${close}`;
  });
}
