import DeskNotFound from './(desk)/not-found.tsx';

/** The same where there is no frame: for whoever is not signed in. */
export default function NotFound() {
  return (
    <main className="mx-auto max-w-xl px-4 py-12">
      <DeskNotFound />
    </main>
  );
}
