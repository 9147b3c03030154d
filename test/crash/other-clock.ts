/** Loaded before a program (`--import other-clock.ts?hours=-5`), it sets that process's wall clock by so many hours; the monotonic one goes on as it is. */
const hours = Number(new URL(import.meta.url).searchParams.get('hours'));
if (!Number.isFinite(hours) || hours === 0) throw new Error('Say by how many hours: other-clock.ts?hours=5');

const real = globalThis.Date;
const now = (): number => real.now() + hours * 3_600_000;

globalThis.Date = new Proxy(real, {
  construct: (of, args, by) => Reflect.construct(of, args.length === 0 ? [now()] : args, by),
  apply: () => new real(now()).toString(),
  get: (of, name) => (name === 'now' ? now : Reflect.get(of, name)),
});
