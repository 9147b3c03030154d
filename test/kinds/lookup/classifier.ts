/** A table of values: what one field of an item holds says its category. */
import { z } from 'zod';
import type { ClassifierKind } from '#lib/classifiers/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { categoryName } from '#lib/core/plans/plan.ts';

const schema = z.strictObject({
  kind: z.literal('lookup'),
  field: z.string().min(1, 'A lookup needs a field.'),
  values: z.record(z.string(), categoryName).default({}),
  otherwise: categoryName,
});

type LookupPart = z.infer<typeof schema>;

export const lookup: ClassifierKind<LookupPart> = {
  kind: 'lookup',
  schema,
  editor: null,
  categories: ({ values, otherwise }) => [
    ...Object.entries(values).map(([value, category]) => ({ path: ['values', value], category })),
    { path: ['otherwise'], category: otherwise },
  ],
  make({ field, values, otherwise }, { fieldNames }) {
    if (!fieldNames.includes(field)) {
      const message = `There is no field “${field}”. Choose one of: ${fieldNames.join(', ')}.`;
      throw new CountersignError('invalid', message, { problems: [{ path: 'classifier.field', message }] });
    }
    const places = new Map(Object.entries(values).map(([value, category], part) => [value, { category, part }]));
    return {
      fields: [field],
      parts: places.size,
      classify: async (items) =>
        items.map(({ ordinal, fields }) => {
          const value = fields[field] ?? '';
          const found = places.get(value);
          return found
            ? { ordinal, ...found, why: `${field} is “${value}”`, confidence: 1 }
            : { ordinal, category: otherwise, why: 'no value matched', confidence: 0.5 };
        }),
    };
  },
  objections: () => [],
};
