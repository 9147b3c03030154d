import { notFound } from 'next/navigation';

/** Every address that is no page: told inside the desk's frame, from which a person goes on. */
export default function MissingPage() {
  notFound();
}
