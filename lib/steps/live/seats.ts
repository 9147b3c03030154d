/** How many follow one reader. */
export type Seats = { seats: number };

/** Takes a seat at a reader, until the function that it gives is called; `left` hears of each that is given back. Whoever leaves twice leaves once. */
export function seatAt(at: Seats, left: () => void): () => void {
  at.seats += 1;
  let seated = true;
  return () => {
    if (!seated) return;
    seated = false;
    at.seats -= 1;
    left();
  };
}
