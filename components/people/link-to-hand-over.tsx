import { ShownOnce } from '#components/ui/shown-once.tsx';

/** A one-time link, shown once, for the admin to copy: no mail is sent from here. */
export function LinkToHandOver({ email, link }: { email: string; link: string }) {
  return (
    <ShownOnce
      label={`Link for ${email}`}
      hint="Hand the link over. It works once and is not shown again."
      value={link}
      copy="Copy the link"
    />
  );
}
