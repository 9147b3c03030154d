import { beginOf } from '#lib/core/values/legible.ts';

/** What should happen, in the words of whoever planned the batch: a line, which opens where there is more. */
export function Instruction({ text }: { text: string }) {
  const [first = ''] = text.trim().split('\n');
  const short = first.length <= LINE_CHARS ? first : `${beginOf(first, LINE_CHARS)}…`;
  const begin = <span className="text-12 text-muted">What should happen: </span>;
  if (short === text.trim())
    return (
      <p className="max-w-4xl text-14 wrap-anywhere">
        {begin}
        {short}
      </p>
    );
  return (
    <details className="max-w-4xl text-14 wrap-anywhere">
      <summary>
        {begin}
        {short}
      </summary>
      <p className="mt-1 whitespace-pre-wrap">{text.trim()}</p>
    </details>
  );
}

const LINE_CHARS = 200;
