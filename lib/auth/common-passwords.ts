/** Whether a password is among those that are tried first: the list of zxcvbn-ts, some 49,000, which the server reads when the first password is chosen. */

let known: Promise<ReadonlySet<string>> | undefined;

/**
 * Whether a password is in the list, letter case and the usual stand-ins (`p4ssw0rd`) aside; or such a one with digits and signs around it, or one part repeated.
 * Its length is bounded by whoever calls.
 */
export async function isCommon(password: string): Promise<boolean> {
  known ??= readList();
  const list = await known;
  const text = password.normalize('NFKC').toLowerCase();
  if (isRun(text)) return true;
  return [text, plain(text), core(text), plain(core(text)), core(plain(text))].some((one) => {
    const part = unit(one);
    if (part !== one && (part.length <= SHORT || list.has(part))) return true;
    // What stands around a few letters may be what makes it hard.
    return list.has(one) && one.length * 2 >= text.length;
  });
}

async function readList(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(Object.values(dictionary['passwords-common'] ?? []).map((word) => String(word).toLowerCase()));
}

const STAND_INS: Record<string, string> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

function plain(text: string): string {
  return text.replaceAll(/[013457@$!]/g, (sign) => STAND_INS[sign] ?? sign);
}

/** What is left without digits and signs at both ends; a text of nothing else stays as it is. */
function core(text: string): string {
  return text.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '') || text;
}

/** The part that a text repeats to its end; the text itself where it repeats none. */
function unit(text: string): string {
  for (let length = 1; length <= text.length / 2; length += 1)
    if (text.length % length === 0 && text.slice(0, length).repeat(text.length / length) === text) return text.slice(0, length);
  return text;
}

/** Characters that follow each other: 123456789012, abcdefghijkl. */
function isRun(text: string): boolean {
  const steps = [...text]
    .slice(1)
    .map((sign, at) => (text.slice(at, at + 2) === '90' ? 1 : sign.charCodeAt(0) - text.charCodeAt(at)));
  return steps.every((step) => step === steps[0] && Math.abs(step) <= 1);
}

/** A part so short, repeated, makes no password. */
const SHORT = 6;
