import { Kbd } from '#components/ui/kbd.tsx';

/** The key of a button, where there is a keyboard to be expected. No part of its name. */
export function KeyHint({ children }: { children: string }) {
  return (
    <span aria-hidden="true" className="max-sm:hidden pointer-coarse:hidden">
      <Kbd>{children}</Kbd>
    </span>
  );
}
