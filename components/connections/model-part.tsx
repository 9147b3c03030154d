'use client';

import type { ComponentProps, ReactNode } from 'react';
import { Field, type Input, Select } from '#components/ui/field.tsx';
import { MODEL_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import { PROVIDER_WORDS, PROVIDERS, type Provider } from '#lib/core/models/model.ts';
import type { ConnectionDraft } from './connection-draft.ts';

type Control = (name: keyof ConnectionDraft, more?: ComponentProps<typeof Input>) => ReactNode;

type Props = {
  draft: ConnectionDraft;
  text: Control;
  number: Control;
  /** what is wrong at one of these places */
  toldOf: (...places: string[]) => string | undefined;
  onProvider: (provider: Provider) => void;
};

const PRICE = {
  inputMode: 'decimal',
  pattern: '\\s*[0-9]+([.][0-9]+)?\\s*',
  title: 'A number, such as 0.15',
  required: true,
} as const;

/** Which model a connection leads to, and what it costs. */
export function ModelPart({ draft, text, number, toldOf, onProvider }: Props) {
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-2 text-16 font-medium">Which model</legend>
      <Field label="Whose protocol it speaks" error={toldOf('model.provider')}>
        <Select value={draft.provider} onChange={({ target }) => onProvider(target.value as Provider)}>
          {PROVIDERS.map((provider) => (
            <option key={provider} value={provider}>
              {PROVIDER_WORDS[provider].words}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Model" hint="As its server calls it." error={toldOf('model.name')}>
        {text('model', { maxLength: MODEL_NAME_CHARS_MAX, required: true })}
      </Field>
      <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-3">
        <Field label="Price of a million tokens read" hint="0 for a model of your own." error={toldOf('model.prices.input')}>
          {text('priceIn', PRICE)}
        </Field>
        <Field label="Price of a million tokens written" error={toldOf('model.prices.output')}>
          {text('priceOut', PRICE)}
        </Field>
        <Field label="Currency" error={toldOf('model.prices.currency')}>
          {text('currency', { maxLength: 3, required: true })}
        </Field>
      </div>
      <Field
        label="Tokens in a minute (empty: any)"
        hint="Read and written, over all workers."
        error={toldOf('model.tokensPerMinute')}
      >
        {number('tokensPerMinute')}
      </Field>
    </fieldset>
  );
}
