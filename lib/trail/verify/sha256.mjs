/** SHA-256 (FIPS 180-4) in plain JavaScript: a browser has it only for a whole file in memory. */

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
const ROUNDS = Uint32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
// And of the square roots of the first 8.
const START = Uint32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

/** A hash that takes bytes as they come: `update` any number of times, then `hex` once. */
export function sha256() {
  const state = START.slice();
  const block = new Uint8Array(64);
  const words = new Uint32Array(64);
  const view = new DataView(block.buffer);
  let filled = 0;
  let length = 0;

  function update(bytes) {
    length += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + 64 - filled);
      block.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === 64) {
        compress(state, view, words);
        filled = 0;
      }
    }
  }

  function hex() {
    const bits = length * 8;
    const padding = new Uint8Array((filled < 56 ? 56 : 120) - filled + 8);
    padding[0] = 0x80;
    const end = new DataView(padding.buffer);
    end.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    end.setUint32(padding.length - 4, bits >>> 0);
    update(padding);
    return [...state].map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  return { update, hex };
}

function compress(state, view, words) {
  for (let at = 0; at < 16; at += 1) words[at] = view.getUint32(at * 4);
  for (let at = 16; at < 64; at += 1) {
    const [early, late] = [words[at - 15], words[at - 2]];
    const small0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const small1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    words[at] = words[at - 16] + small0 + words[at - 7] + small1;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let at = 0; at < 64; at += 1) {
    const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + big1 + ((e & f) ^ (~e & g)) + ROUNDS[at] + words[at]) | 0;
    const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

function primes(count) {
  const found = [];
  for (let candidate = 2; found.length < count; candidate += 1)
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  return found;
}

function fraction(root) {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}
