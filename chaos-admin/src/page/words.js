// Numbers and times as people read them.

const trim = (text) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
const minus = '\u2212';

export const ms = (v) => (v >= 1000 ? `${trim((v / 1000).toFixed(2))}\u00a0s` : `${trim(v.toFixed(v < 10 ? 1 : 0))}\u00a0ms`);
export const percent = (v) => `${trim(v.toFixed(v < 0.1 ? 2 : v < 10 ? 1 : 0))}\u00a0%`;
export const perSecond = (v) => `${v < 10 ? trim(v.toFixed(1)) : count(v)}\u00a0/s`;
// Made once, as that takes longer than all other words together.
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
export const count = (v) => grouped.format(v);

const SIZES = ['B', 'KB', 'MB', 'GB', 'TB'];
export function bytes(v) {
  const step = Math.min(Math.floor(Math.log10(Math.max(v, 1)) / 3), SIZES.length - 1);
  return `${trim((v / 1000 ** step).toPrecision(3))}\u00a0${SIZES[step]}`;
}

export const number = (v) =>
  (v < 0 ? minus : '') + (Math.abs(v) >= 999.5 ? count(Math.abs(v)) : trim(Math.abs(v).toPrecision(3)));

/** The units of pressures, as the service names them. */
export const pressure = {
  percent_of_core: percent,
  bytes,
  bytes_per_second: (v) => `${bytes(v)}/s`,
  descriptors: number,
  threads: number,
  workers: number,
  seconds: (v) => `${number(v)}\u00a0s`,
};

/** The time of day of milliseconds since 1970; every time on the page is that of the service, in UTC. */
export const clock = (t) => new Date(t).toISOString().slice(11, 19);

/** Milliseconds as minutes and seconds, or more where it is long. */
export function span(t) {
  const s = Math.max(Math.floor(t / 1000), 0);
  const [hours, minutes, seconds] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  const two = (n) => String(n).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** How long ago, in the largest unit that says it. */
export function ago(t) {
  const s = Math.max(Math.round(t / 1000), 0);
  if (s < 90) return `${s} s ago`;
  if (s < 5400) return `${Math.round(s / 60)} min ago`;
  return `${Math.round(s / 3600)} h ago`;
}

export const plural = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`;
export const quoted = (name) => `\u201c${name}\u201d`;
/** A word of the API, such as `connection_loss`, as prose. */
export const spaced = (word) => word.replaceAll('_', ' ');

const UNITS = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, min: 6e4, h: 36e5, d: 864e5 };
/** The milliseconds of a duration as the service writes it, such as `1h 30m` or `1.5s`. */
export function milliseconds(text) {
  const parts = [...String(text).matchAll(/([\d.]+)\s*([a-zµ]+)/g)];
  return parts.reduce((sum, [, n, unit]) => sum + n * (UNITS[unit] ?? NaN), 0);
}
