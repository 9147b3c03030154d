'use client';

import { Download } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { buttonLook } from '#components/ui/button-look.ts';
import { Field, Input, Select } from '#components/ui/field.tsx';
import { SearchForm } from '#components/ui/search-form.tsx';
import { SECURITY_KIND_NAMES } from '#lib/core/people/security-kinds.ts';
import type { SecurityAsked } from '#lib/shapes/security.ts';
import { kindWords, securityAddress, securityFile } from './security-address.ts';

type Props = { shown: SecurityAsked; people: { id: string; name: string }[] };

/** Which events are shown: of which kind, of whom, between which days, with which words; and the same as a file. */
export function SecurityFilter({ shown, people }: Props) {
  const router = useRouter();
  /** An empty choice is none. */
  const go = (name: keyof SecurityAsked, value: string) => {
    const { [name]: _, ...others } = shown;
    router.push(securityAddress(value ? { ...others, [name]: value } : others), { scroll: false });
  };
  return (
    <div className="mb-3 flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-2">
        <SearchForm label="Search the log" value={shown.search} onFind={(text) => go('search', text)} />
        <a href={securityFile(shown, 'csv')} download className={buttonLook('secondary', 'normal')}>
          <Download size={14} aria-hidden="true" />
          CSV
        </a>
        <a href={securityFile(shown, 'jsonl')} download className={buttonLook('secondary', 'normal')}>
          <Download size={14} aria-hidden="true" />
          JSON Lines
        </a>
      </div>
      <div className="grid grid-cols-2 gap-2 sm:flex sm:flex-wrap">
        <Field label="What">
          <Select value={shown.kind ?? ''} onChange={({ target }) => go('kind', target.value)}>
            <option value="">Anything</option>
            {SECURITY_KIND_NAMES.map((kind) => (
              <option key={kind} value={kind}>
                {kindWords(kind)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Who did it, or whom it is about">
          <Select value={shown.person ?? ''} onChange={({ target }) => go('person', target.value)}>
            <option value="">Anybody</option>
            {people.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="From (UTC)">
          <Input type="date" value={shown.from ?? ''} onChange={({ target }) => go('from', target.value)} />
        </Field>
        <Field label="To (UTC)">
          <Input type="date" value={shown.to ?? ''} onChange={({ target }) => go('to', target.value)} />
        </Field>
      </div>
    </div>
  );
}
