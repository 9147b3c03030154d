import { Button } from '#components/ui/button.tsx';

/** What was refused, and the press that asks once more. */
export function Again({ words, onAgain }: { words: string; onAgain: () => void }) {
  return (
    <p role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 text-red">
      {words}
      <Button size="small" onClick={() => onAgain()}>
        Try again
      </Button>
    </p>
  );
}
