// Plots as SVG. Looks come from the stylesheet by class: nothing here knows a colour.

import { svg } from './document.js';
import { clock } from './words.js';

const scale = (d0, d1, r0, r1) => (v) => r0 + ((v - d0) / (d1 - d0 || 1)) * (r1 - r0);
const values = (points) => points.map((p) => p[1]).filter((v) => v != null);
const last = (points) => values(points).at(-1);

/** The smallest round number that is not below a value. */
function round(max) {
  const step = 10 ** Math.floor(Math.log10(max));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((m) => m * step).find((m) => m >= max * 0.999);
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].map((s) => s * 1000);

/**
 * One quantity over time.
 *
 * { label, say, from, to, now, height, windows: [{from, to, kind}], bars: points, series: [{name, kind, points}], max,
 *   atLeast, limit: {at, label}, axis: bool, marks: [{at, kind}], flags: [{at, text, kind}], ahead: {to, label} }, where
 * points are [milliseconds, value] or [milliseconds, null] where nothing is known.
 */
export function strip(node, o) {
  const width = Math.max(node.clientWidth, 120);
  const { height } = o;
  const top = o.axis ? 8 : 14;
  const base = height - 6;
  const x = scale(o.from, o.to, 0, width);
  const series = o.series ?? [];
  const all = [...(o.bars ?? []), ...series.flatMap((s) => s.points)];
  const highest = Math.max(...values(all), (o.limit?.at ?? 0) * 1.1, 1e-9) * 1.08;
  const max = o.max ?? Math.min(round(Math.max(highest, o.atLeast ?? 0)), o.atMost ?? Infinity);
  const y = scale(0, max, base, top);
  const g = svg('svg', {
    class: 'strip',
    viewBox: `0 0 ${width} ${height}`,
    height,
    role: 'img',
    'aria-label': described(o, series),
  });
  const line = (kind, x1, x2, y1, y2) => g.append(svg('line', { class: kind, x1, x2, y1, y2 }));
  // Words come last, so that no line runs over them.
  const words = svg('g', {});
  const word = (kind, x, y, anchor, text) => words.append(svg('text', { class: kind, x, y, 'text-anchor': anchor }, text));

  for (const w of o.windows ?? []) {
    const [x0, x1] = [Math.max(x(w.from), 0), Math.min(x(w.to), width)];
    if (x1 <= x0) continue;
    g.append(svg('rect', { class: `window ${w.kind ?? ''}`, x: x0, y: 0, width: x1 - x0, height: base }));
    for (const edge of [x0, x1]) if (edge > 1 && edge < width - 1) line(`edge ${w.kind ?? ''}`, edge, edge, 0, base);
  }
  if (o.axis) {
    const step = STEPS.find((s) => (o.to - o.from) / s <= width / 76) ?? STEPS.at(-1);
    for (let t = Math.ceil(o.from / step) * step; t <= o.to; t += step) {
      line('grid', x(t), x(t), height - 4, height);
      const anchor = x(t) < 24 ? 'start' : x(t) > width - 24 ? 'end' : 'middle';
      word('tick', x(t), height - 10, anchor, clock(t));
    }
  } else {
    line('grid', 0, width, base, base);
    line('grid', 0, width, y(max), y(max));
    if (values(all).length || o.atLeast) word('tick', 0, y(max) - 3, 'start', o.say(max));
  }
  if (o.limit) {
    line('limit', 0, width, y(o.limit.at), y(o.limit.at));
    word('limit-label', 0, y(o.limit.at) - 4, 'start', o.limit.label);
  }
  const second = Math.max(x(o.from + 1000) - 1, 1);
  for (const [t, v] of o.bars ?? []) {
    if (!v || t < o.from) continue;
    const from = Math.min(y(v), base - 1);
    g.append(svg('rect', { class: 'bar', x: x(t), y: from, width: second, height: base - from }));
  }
  for (const s of series) g.append(svg('path', { class: `line ${s.kind}`, d: path(s.points, o, x, (v) => y(Math.min(v, max))) }));
  for (const m of o.marks ?? []) if (m.at >= o.from) line(`mark ${m.kind ?? ''}`, x(m.at), x(m.at), 0, base);
  for (const f of o.flags ?? []) {
    if (f.at < o.from) continue;
    words.append(svg('circle', { class: `flag ${f.kind ?? ''}`, cx: x(f.at), cy: 9, r: 8 }));
    word('flag-text', x(f.at), 13, 'middle', f.text);
  }
  if (o.ahead) {
    const [x0, x1] = [x(o.now), Math.min(x(o.ahead.to), width)];
    g.append(svg('rect', { class: 'to-come', x: x0, y: 1, width: Math.max(x1 - x0, 0), height: base - 1 }));
    word('to-come-label', x1 - 4, base - 7, 'end', o.ahead.label);
  }
  line('now', x(o.now), x(o.now), o.axis ? height - 8 : 0, height);
  g.append(words);
  node.replaceChildren(g);
}

/** The path through points, with gaps where nothing is known; a point alone is a dot. */
function path(points, { from, to }, x, y) {
  let d = '';
  let drawn = 0;
  for (const [t, v] of points) {
    if (v == null || t < from || t > to) {
      if (drawn === 1) d += 'h0';
      drawn = 0;
      continue;
    }
    d += `${drawn ? 'L' : 'M'}${x(t).toFixed(1)},${y(v).toFixed(1)}`;
    drawn += 1;
  }
  return drawn === 1 ? `${d}h0` : d;
}

/** A plot in words: its range and its last value. */
function described(o, series) {
  const parts = [o.label];
  for (const s of series) {
    const v = values(s.points);
    if (v.length) parts.push(`${s.name}: ${o.say(Math.min(...v))} to ${o.say(Math.max(...v))}, last ${o.say(v.at(-1))}`);
  }
  if (o.bars?.length) parts.push(`highest ${o.say(Math.max(...values(o.bars)))}, last ${o.say(last(o.bars))}`);
  return parts.join('. ');
}

/** What was asked against what was reached: a bar with a tick at what was asked. */
export function bullet(node, { asked, reached, isOff, label }) {
  const w = Math.max(node.clientWidth, 60);
  const x = scale(0, Math.max(asked, reached) * 1.25 || 1, 0, w);
  const bar = (kind, width) => svg('rect', { class: kind, x: 0, y: 4, width, height: 6, rx: 1 });
  node.replaceChildren(
    svg(
      'svg',
      { class: 'bullet', viewBox: `0 0 ${w} 14`, height: 14, role: 'img', 'aria-label': label },
      bar('rail', w),
      bar(isOff ? 'reached off' : 'reached', Math.max(x(reached), 1)),
      svg('line', { class: 'asked', x1: x(asked), x2: x(asked), y1: 0, y2: 14 }),
    ),
  );
}

// ---- what a resize makes stale is drawn again -----------------------------------------------------------------------

const drawn = new Map();
const watch = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    const plot = drawn.get(target);
    if (plot && target.clientWidth !== plot.width) redraw(target, plot);
  }
});

function redraw(node, plot) {
  plot.width = node.clientWidth;
  plot.kind(node, plot.options);
}

/** Draws a plot in a node that is on the page, and again when its width changes. */
export function draw(node, kind, options) {
  if (!drawn.has(node)) watch.observe(node);
  const plot = { kind, options };
  drawn.set(node, plot);
  redraw(node, plot);
}

export function forget(node) {
  watch.unobserve(node);
  drawn.delete(node);
}
