/** Two ticks, the second over the first: signed, and countersigned. */
export function Mark() {
  return (
    <svg viewBox="0 0 20 20" className="size-5 text-accent" aria-hidden="true">
      <rect x="1" y="1" width="18" height="18" rx="4" fill="currentColor" />
      <path
        d="m4 10.6 2.6 2.7 4.6-5.7M9.6 12.6l.8.7L16 6.6"
        fill="none"
        stroke="var(--on-tone)"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
