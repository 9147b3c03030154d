/**
 * The memory that parts of downloads are written into goes to the reader with them, and comes back when he has them: made anew for each part, it would have V8 mark
 * the web server's whole heap for every 64 MB that pass through. What does not come back (a connection that broke off, an answer that was compressed) is collected.
 */

/** What a room holds. */
export const ROOM_BYTES = 1024 ** 2 + 16 * 1024;
/** More than this many are let go. */
const ROOMS_KEPT = 8;

// Of this thread.
const rooms: Buffer[] = [];

/** Room for so many bytes, or more; what stood there before still does. */
export function takeRoom(bytes: number): Buffer {
  const kept = bytes <= ROOM_BYTES ? rooms.pop() : undefined;
  return kept ?? Buffer.allocUnsafeSlow(Math.max(bytes, ROOM_BYTES));
}

/** Nobody reads what is in it any more. */
export function keepRoom(memory: ArrayBuffer): void {
  if (memory.byteLength === ROOM_BYTES && rooms.length < ROOMS_KEPT) rooms.push(Buffer.from(memory));
}
