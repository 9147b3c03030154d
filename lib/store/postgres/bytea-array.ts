/**
 * A bytea[] as PostgreSQL's binary format has it, for a statement's parameter: half the bytes of hex text, and nothing to escape or to
 * parse. Source: array_recv in PostgreSQL's src/backend/utils/adt/arrayfuncs.c.
 */
export function byteaArray(values: readonly Uint8Array[]): Buffer {
  const bytes = values.reduce((sum, value) => sum + 4 + value.length, 0);
  const array = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  // Dimensions, no nulls, the type of the elements, how many, the first one's subscript.
  for (const [index, word] of [1, 0, BYTEA_OID, values.length, 1].entries()) array.writeInt32BE(word, 4 * index);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = array.writeInt32BE(value.length, at);
    array.set(value, at);
    at += value.length;
  }
  return array;
}

const BYTEA_OID = 17;
const HEADER_BYTES = 20;
