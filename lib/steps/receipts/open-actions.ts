/** Actions that are open, by their ordinals. A Map makes its table anew for every few that are deleted, and each one keeps the next from being collected. */
export class OpenActions<Open extends { readonly ordinal: number }> {
  #places: (Open | null)[] = new Array(64).fill(null);
  #count = 0;

  get(ordinal: number): Open | undefined {
    return this.#places[this.#placeOf(ordinal)] ?? undefined;
  }

  set(open: Open): void {
    const place = this.#placeOf(open.ordinal);
    if (this.#places[place] === null) this.#count += 1;
    this.#places[place] = open;
    if (2 * this.#count > this.#places.length) this.#grow();
  }

  delete(ordinal: number): void {
    const places = this.#places;
    let free = this.#placeOf(ordinal);
    if (places[free] === null) return;
    places[free] = null;
    this.#count -= 1;
    const last = places.length - 1;
    // What was put behind it for want of its own place moves up, or would not be found.
    for (let place = (free + 1) & last; ; place = (place + 1) & last) {
      const open = places[place];
      if (!open) return;
      if (((place - open.ordinal) & last) < ((place - free) & last)) continue;
      places[free] = open;
      places[place] = null;
      free = place;
    }
  }

  values(): Open[] {
    return this.#places.filter((open) => open !== null);
  }

  /** Where it is, or would be. */
  #placeOf(ordinal: number): number {
    const places = this.#places;
    const last = places.length - 1;
    let place = ordinal & last;
    for (let open = places[place]; open && open.ordinal !== ordinal; open = places[place]) place = (place + 1) & last;
    return place;
  }

  #grow(): void {
    const open = this.values();
    this.#places = new Array(2 * this.#places.length).fill(null);
    for (const one of open) this.#places[this.#placeOf(one.ordinal)] = one;
  }
}
