'use client';

import { useMutation } from '@tanstack/react-query';
import { Field, Select } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { NOTICE_CONCERNS, NOTICE_WAYS, type NoticeWay } from '#lib/core/notices/kinds.ts';
import type { NoticeChoice } from '#lib/shapes/notices.ts';

type Props = {
  choices: NoticeChoice[];
  /** whether this installation sends mail */
  mail: boolean;
  onChoose: (choice: NoticeChoice) => Promise<Outcome<NoticeChoice>>;
};

const WAYS: Record<NoticeWay, string> = { mail: 'By mail and here', page: 'Here only', none: 'Not at all' };

/** How a person wants to be told, by kind; each is kept as soon as it is chosen. */
export function NoticeChoices({ choices, mail, onChoose }: Props) {
  return (
    <section aria-labelledby="notice-choices" className="mt-8 max-w-2xl">
      <h2 id="notice-choices" className="mb-1 text-16 font-medium">
        How you are told
      </h2>
      <p className="mb-3 text-muted">
        {mail
          ? 'A mail has counts, names of batches and links, and nothing of an item. What comes together is one mail.'
          : 'This installation sends no mail: notices are listed here only, until an admin sets up a mail server.'}
      </p>
      <div className="flex flex-col gap-3">
        {choices.map((choice) => (
          <Choice key={choice.kind} choice={choice} onChoose={onChoose} />
        ))}
      </div>
    </section>
  );
}

function Choice({ choice: { kind, by }, onChoose }: { choice: NoticeChoice } & Pick<Props, 'onChoose'>) {
  const choose = useMutation(writing(['notices', 'choose', kind], (way: NoticeWay) => onChoose({ kind, by: way })));
  const shown = choose.isPending ? choose.variables : (choose.data?.by ?? by);
  return (
    <Field label={NOTICE_CONCERNS[kind].label} error={choose.error?.message}>
      <Select className="max-w-64" value={shown} onChange={(event) => choose.mutate(event.target.value as NoticeWay)}>
        {NOTICE_WAYS.map((way) => (
          <option key={way} value={way}>
            {WAYS[way]}
          </option>
        ))}
      </Select>
    </Field>
  );
}
