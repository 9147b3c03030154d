'use client';

import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import type { Plan } from '#lib/core/plans/plan.ts';

const TOLD_MS = 2_000;

/** The plan as the API takes it: shown at a press, copied, or kept as a file. */
export function PlanJson({ plan, name }: { plan: Plan; name: string }) {
  const [open, setOpen] = useState(false);
  const [told, setTold] = useState('');
  const text = JSON.stringify(plan, null, 2);
  const copy = async () => {
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setTold(copied ? 'Copied.' : 'It can’t be copied here: select the text.');
    if (!copied) setOpen(true);
    setTimeout(() => setTold(''), TOLD_MS);
  };
  const download = () => {
    const address = URL.createObjectURL(new Blob([`${text}\n`], { type: 'application/json' }));
    const link = Object.assign(document.createElement('a'), { href: address, download: `${fileName(name)}.json` });
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <section aria-label="The plan as JSON" className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Button aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Hide the JSON' : 'Show the JSON'}
        </Button>
        <Button kind="ghost" onClick={copy}>
          Copy
        </Button>
        <Button kind="ghost" onClick={download}>
          Download
        </Button>
        <span role="status" className="text-muted">
          {told}
        </span>
      </div>
      {open ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <pre tabIndex={0} className="overflow-x-auto rounded-md bg-sunken p-4 font-mono text-12 leading-[18px]">
          {text}
        </pre>
      ) : null}
    </section>
  );
}

/** What every file system takes of a name. */
function fileName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N} ._-]+/gu, ' ').trim();
  return plain === '' ? 'plan' : plain;
}
