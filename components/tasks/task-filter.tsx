'use client';

import { Download, X } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { buttonLook } from '#components/ui/button-look.ts';
import { Field, Select } from '#components/ui/field.tsx';
import { Link } from '#components/ui/link.tsx';
import { SearchForm } from '#components/ui/search-form.tsx';
import { TabLinks } from '#components/ui/tab-links.tsx';
import type { Reviewer } from '#lib/shapes/people.ts';
import { type TasksShown, tasksAddress, tasksFile } from './tasks-address.ts';

type Props = { shown: TasksShown; people: Reviewer[] /** the batch whose tasks are shown */; batchName: string | null };

/** Which tasks are shown: those to be done or those that are over, whose, of which batch, with which words; and the same as a file. */
export function TaskFilter({ shown, people, batchName }: Props) {
  const router = useRouter();
  const go = (next: TasksShown) => router.push(tasksAddress(next), { scroll: false });
  const { batch: _, ...ofAll } = shown;
  const { who: __, ...anybodys } = shown;
  const { search: ___, ...unsearched } = shown;
  return (
    <div className="mb-3 flex flex-col gap-3">
      <TabLinks
        label="Tasks"
        tabs={[
          { href: tasksAddress({ ...shown, state: 'open' }), label: 'To do', here: shown.state === 'open' },
          { href: tasksAddress({ ...shown, state: 'over' }), label: 'Done or withdrawn', here: shown.state === 'over' },
        ]}
      />
      <div className="flex flex-wrap items-center gap-2">
        <SearchForm
          label="Search the tasks"
          value={shown.search}
          onFind={(search) => go(search ? { ...unsearched, search } : unsearched)}
        />
        <Field label="Who does them" hideLabel>
          <Select
            value={shown.who ?? ''}
            onChange={({ target: { value } }) => go(value ? { ...anybodys, who: value } : anybodys)}
          >
            <option value="">Anybody’s</option>
            <option value="me">Mine</option>
            <option value="nobody">Nobody’s yet</option>
            {people.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
        {batchName ? (
          <span className="inline-flex max-w-full items-center gap-1 rounded-md border border-control bg-selected py-0.5 pr-1 pl-2">
            <span className="truncate">Of {batchName}</span>
            <Link
              href={tasksAddress(ofAll)}
              aria-label={`Not only of ${batchName}`}
              className="rounded-md p-1 hover:bg-sunken pointer-coarse:p-3"
            >
              <X size={12} aria-hidden="true" />
            </Link>
          </span>
        ) : null}
        <a href={tasksFile(shown, 'csv')} download className={buttonLook('secondary', 'normal')}>
          <Download size={14} aria-hidden="true" />
          CSV
        </a>
        <a href={tasksFile(shown, 'jsonl')} download className={buttonLook('secondary', 'normal')}>
          <Download size={14} aria-hidden="true" />
          JSON Lines
        </a>
      </div>
    </div>
  );
}
