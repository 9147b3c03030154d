/** The part of punycode.js (RFC 3492) that is used here; the package brings no types. */
declare module 'punycode.js' {
  const punycode: { decode(label: string): string };
  export default punycode;
}
