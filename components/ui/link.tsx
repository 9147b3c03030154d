// biome-ignore lint/style/noRestrictedImports: here it is told to read nothing ahead
import NextLink from 'next/link';
import type { ComponentProps } from 'react';

/**
 * A link to a page of ours. Nothing is read ahead: each page is made for who asks and when, so what Next would ask for, of every link on the screen, is made
 * again at the click.
 */
export function Link(props: ComponentProps<typeof NextLink>) {
  return <NextLink prefetch={false} {...props} />;
}
