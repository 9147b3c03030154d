/** Whether the bytes end in these. */
export function endsIn(raw: Buffer, ending: Buffer): boolean {
  return raw.length >= ending.length && raw.subarray(raw.length - ending.length).equals(ending);
}
