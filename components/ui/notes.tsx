import { Banner } from './banner.tsx';

/** What has to be said of what follows, a sentence each; nothing as a rule. */
export function Notes({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <Banner>
      {notes.map((note) => (
        <span key={note} className="block">
          {note}
        </span>
      ))}
    </Banner>
  );
}
