import type { ReactNode } from 'react';

/** What a list says when there is nothing in it, and what to do next. */
export function EmptyState({
  title,
  text,
  action,
  level = 2,
}: {
  title: string;
  text?: ReactNode;
  action?: ReactNode;
  level?: 1 | 2 | 3;
}) {
  const Heading = `h${level}` as const;
  return (
    <div className="flex flex-col items-start gap-3 rounded-md border border-dashed border-hairline px-6 py-8">
      <Heading className="text-16 font-medium">{title}</Heading>
      {text ? <p className="max-w-prose text-14 text-muted">{text}</p> : null}
      {action ? <div className="mt-1 flex flex-wrap gap-2">{action}</div> : null}
    </div>
  );
}
