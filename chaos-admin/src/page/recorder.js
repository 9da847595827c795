// What runs and what it does, on one axis of time: cause above effect.

import { button, $, el, put, text } from './document.js';
import { actor } from './headline.js';
import * as Model from './model.js';
import { bullet, draw, forget, strip } from './plot.js';
import { clock, count, milliseconds, ms, percent, perSecond, pressure, span, spaced } from './words.js';

/** How far ahead the plots show. */
const AHEAD = 60_000;
/** The most experiments with lanes of their own: those that run, then the latest. */
const LANES = 20;

const rows = new Map();
let cursor = null;

function row(key) {
  let r = rows.get(key);
  if (!r) {
    r = { label: el('div'), plot: el('div', { class: 'plot' }), value: el('div'), reached: el('div'), tool: el('div') };
    r.node = el('div', { class: 'row' }, r.label, r.plot, el('div', { class: 'now-values' }, r.value, r.reached, r.tool));
    rows.set(key, r);
    // It must be on the page before it is drawn, as its width decides.
    $('rows').append(r.node);
  }
  return r;
}

const keyed = (kind, name, value) => el('div', { class: `keyed ${kind}` }, el('i', { class: 'key' }), name, el('b', {}, value));

// ---- lanes of experiments ---------------------------------------------------------------------------------------------

/** What an experiment strikes, in words. */
function where({ blast_radius: radius }) {
  const [[reach, target]] = Object.entries(radius ?? { everything: {} }).filter(([key]) =>
    /_to|_on|_at|^services|^everything/.test(key),
  );
  if (reach === 'everything') return 'the whole process';
  return [`${spaced(reach)} ${[target].flat().join(', ')}`, radius.operation].filter(Boolean).join(', ');
}

function details(fault) {
  const d = fault.details;
  if (d == null) return '';
  return typeof d === 'string' ? d : JSON.stringify(d).replace(/[{}"]/g, '').replaceAll(',', ', ').replaceAll(':', ' ');
}

/** How an experiment has ended, or how it goes on. */
function fate(model, one, isMine) {
  const run = Model.runOf(model, one);
  if (one.state === 'waiting') return el('p', { class: 'small' }, el('b', {}, 'waits for a site'));
  if (Model.isOver(one)) {
    const reason = one.state.ended;
    const isAborted = Boolean(reason.aborted);
    const words =
      typeof reason === 'string'
        ? spaced(reason)
        : isAborted
          ? `aborted: ${reason.aborted}`
          : `${Object.keys(reason)[0]} by ${actor(Object.values(reason)[0].by)}`;
    return el('p', { class: isAborted ? 'small bad' : 'small' }, el('b', {}, words), run?.to ? `, ${clock(run.to)}` : '');
  }
  if (model.lostSince != null) {
    const leaseEnd = one.leaseLeft == null ? null : model.now + one.leaseLeft;
    const ends =
      isMine && leaseEnd
        ? `ends by its lease, ${clock(leaseEnd)} at the latest`
        : `may run on, until ${clock(model.now + one.timeLeft)} at the latest`;
    return el('p', { class: 'small' }, el('b', {}, ends));
  }
  const lease =
    one.lease &&
    `, lease ${Math.round(one.leaseLeft / 1000)} of ${Math.round(milliseconds(one.lease.length) / 1000)} s${isMine ? ', renewed by this page' : ''}`;
  return el('p', { class: 'small' }, el('b', {}, `ends in ${span(one.timeLeft)}`), lease);
}

const asNumber = (rate) => Number.parseFloat(rate);

/** What was asked for and what was reached, for rate and delay. */
function reached(r, one) {
  const { asked, covered, struck, bounded_by: bounds } = one.rate;
  const share = covered ? (100 * struck) / covered : null;
  const words = share == null ? `${asked} asked` : `${percent(share)} of ${asked} asked, ${count(struck)} of ${count(covered)}`;
  const delay = one.delay && `delayed by ${ms(milliseconds(one.delay.median))}, ${ms(milliseconds(one.delay.p99))} at p99`;
  put(
    r.reached,
    el('div', { class: 'bullet-place' }),
    el('div', { class: 'soft' }, words),
    delay && el('div', { class: 'soft' }, delay),
    bounds?.length && el('div', { class: 'soft' }, `held back by ${bounds.map(spaced).join(', ')}`),
  );
  if (share == null) return;
  const isOff = covered >= 50 && !bounds?.length && Math.abs(share - asNumber(asked)) > 0.15 * asNumber(asked);
  bullet(r.reached.firstElementChild, { asked: asNumber(asked), reached: share, isOff, label: words });
}

function lane(model, one, number, { kind, points }, isFirst, page) {
  const r = row(`${one.etag ?? one.name}/${kind}`);
  const over = Model.isOver(one);
  const run = Model.runOf(model, one);
  const isMine = page.renews(one);
  r.node.className = `row lane ${over ? 'over' : ''}`;
  const fault = one.faults.find((f) => f.kind === kind);
  put(
    r.label,
    isFirst && [
      el(
        'h3',
        {},
        el('span', { class: 'number' }, number),
        el(
          'span',
          {},
          one.name,
          ' ',
          el('span', { class: `chip ${one.risk}` }, one.risk),
          one.dry_run && el('span', { class: 'chip' }, 'dry run'),
        ),
      ),
      one.why && el('p', { class: 'small' }, one.why),
      fate(model, one, isMine),
      el('p', { class: 'tiny soft' }, `${actor(one.by)}${one.because ? `: ${one.because}` : ''} \u00b7 ${where(one.experiment)}`),
      page.whyIdle(one) && el('p', { class: 'small doubt' }, page.whyIdle(one)),
    ],
  );
  const to = over ? (run?.to ?? one.from) : model.now;
  const isLost = model.lostSince != null;
  draw(r.plot, strip, {
    ...frame(model),
    windows: [{ from: one.from, to, kind: one.dry_run ? 'dry' : '' }, ...lost(model)],
    marks: marks(model),
    height: 92,
    bars: points,
    say: perSecond,
    label: `${one.name}: injections a second, ${kind}`,
    ahead: over || isLost ? null : { to: model.now + one.timeLeft, label: `to ${clock(model.now + one.timeLeft)}` },
  });
  const last = cursor == null ? null : (points.find(([t]) => t <= cursor && cursor < t + 1000)?.[1] ?? 0);
  const recent = points.filter(([t]) => t >= model.now - 6000 && t < model.now - 1000).reduce((sum, [, n]) => sum + n, 0) / 5;
  put(
    r.value,
    el(
      'div',
      { class: 'treated' },
      over && cursor == null
        ? [el('b', {}, count(one.injected)), one.dry_run ? ' would have been hit' : ' hits, over']
        : [el('b', {}, perSecond(last ?? recent)), ` ${spaced(kind)}`],
    ),
    fault && el('div', { class: 'soft' }, details(fault)),
  );
  if (isFirst) reached(r, one);
  const canEnd = isFirst && !over && !isLost && page.isOperator();
  if (!canEnd) put(r.tool);
  else if (r.tool.firstChild !== endButton(r, one, page)) r.tool.replaceChildren(r.end);
  return r.node;
}

/** The button stays the same node, so that it keeps the focus. */
function endButton(r, one, page) {
  r.end ??= button({ class: 'link', 'aria-label': `end this one: ${one.name}` }, 'end this one', () => page.end(one.name));
  return r.end;
}

// ---- the frame that all rows share --------------------------------------------------------------------------------------

const frame = (model) => ({ from: model.now - Model.BEHIND, to: model.now + AHEAD, now: model.now });
const lost = (model) =>
  model.lostSince == null ? [] : [{ from: model.now, to: model.now + (performance.now() - model.lostSince), kind: 'lost' }];

function marks(model) {
  const recent = model.journal.filter((entry) => entry.time > model.now - Model.BEHIND);
  return recent.flatMap((entry) => {
    if (entry.event === 'halted') return { at: entry.time, kind: 'plain' };
    if (entry.event === 'ended' && entry.reason.aborted) return { at: entry.time };
    return [];
  });
}

function axis(model, lanes) {
  const r = row('axis');
  r.node.className = 'row axis';
  draw(r.plot, strip, {
    ...frame(model),
    axis: true,
    height: 40,
    say: String,
    label: 'time',
    flags: [
      ...lanes.map(([one, number]) => ({ at: one.from, text: number })),
      ...marks(model).map((mark) => ({ at: mark.at, kind: mark.kind ?? 'bad', text: mark.kind ? '\u25a0' : '!' })),
    ],
  });
  text(r.value, cursor != null ? `at ${clock(cursor)}` : model.lostSince != null ? `as of ${clock(model.now)}` : 'now');
  return r.node;
}

// ---- effects -----------------------------------------------------------------------------------------------------------

function effect(model, site, { name, note, height, figure, say, bound = '', ...more }) {
  const r = row(name);
  const [treated, others] = ['treated', 'untreated'].map((population) => Model.seriesOf(model, site, population, figure));
  put(r.label, el('h3', {}, name), note && el('p', { class: 'small soft' }, note));
  draw(r.plot, strip, {
    ...frame(model),
    ...more,
    windows: [...Model.windows(model), ...lost(model)],
    marks: marks(model),
    height,
    say,
    label: `${name} at ${site}`,
    series: [
      { name: 'untreated', kind: 'untreated', points: others },
      { name: 'treated', kind: 'treated', points: treated },
    ],
  });
  const at = (points) => Model.valueAt(points, cursor ?? model.now);
  const value = (kind, points) => keyed(kind, kind, at(points) == null ? 'none' : `${bound}${say(at(points))}`);
  put(r.value, value('treated', treated), value('untreated', others));
  return r.node;
}

/** The limit of failures at which an experiment of this site would abort, the tightest one. */
function limitAt(model, site) {
  const conditions = model.experiments.filter(Model.isRunning).flatMap((one) => one.experiment.abort_when ?? []);
  const limits = conditions
    .filter((one) => one.error_rate && site.startsWith(`${one.at} (`))
    .map((one) => asNumber(one.error_rate));
  if (!limits.length) return null;
  return { at: Math.min(...limits), label: `aborts over ${percent(Math.min(...limits))}` };
}

function pressures(model) {
  const shown = [];
  for (const [key, points] of model.pressures) {
    if (!points.length) continue;
    const [name, kind] = [key.slice(0, key.lastIndexOf('/')), key.slice(key.lastIndexOf('/') + 1)];
    const level = model.experiments
      .find((one) => one.name === name && Model.isRunning(one))
      ?.pressure?.find((one) => one.kind === kind);
    if (!level) continue;
    const say = pressure[level.unit] ?? String;
    const r = row(`pressure/${key}`);
    const [asked, got] = [1, 2].map((i) => points.map((p) => [p[0], p[i]]));
    put(r.label, el('h3', {}, `Pressure, ${spaced(kind)}`), el('p', { class: 'small soft' }, name));
    const series = [
      { name: 'asked', kind: 'asked', points: asked },
      { name: 'reached', kind: 'treated', points: got },
    ];
    draw(r.plot, strip, {
      ...frame(model),
      windows: lost(model),
      marks: marks(model),
      height: 60,
      say,
      series,
      label: `Pressure ${kind} of ${name}`,
    });
    const at = (points) => say(Model.valueAt(points, cursor ?? model.now) ?? 0);
    put(r.value, keyed('treated', 'reached', at(got)), keyed('asked', 'asked', at(asked)));
    shown.push(r.node);
  }
  return shown;
}

// ---- all of it -----------------------------------------------------------------------------------------------------------

/** Shows everything of a model; `page` says what the client may do, and does it. */
export function recorder(model, site, page) {
  const recent = model.experiments.filter(
    (one) => !Model.isOver(one) || (Model.runOf(model, one)?.to ?? 0) > model.now - Model.BEHIND,
  );
  const chosen = recent.sort((a, b) => Model.isOver(a) - Model.isOver(b) || b.from - a.from).slice(0, LANES);
  const lanes = chosen.sort((a, b) => a.from - b.from).map((one, i) => [one, String(i + 1)]);
  text(
    $('more'),
    recent.length > lanes.length ? `${recent.length - lanes.length} more are listed by the API: GET /chaos/v1/experiments` : '',
  );
  const list = [axis(model, lanes)];
  for (const [one, number] of lanes) {
    Model.injectionsOf(model, one).forEach((injections, i) => list.push(lane(model, one, number, injections, i === 0, page)));
  }
  if (site) {
    const at = `operations at ${site}`;
    list.push(
      effect(model, site, {
        name: 'Latency, p99',
        note: at,
        height: 96,
        say: ms,
        figure: Model.quantile(0.99),
        bound: '\u2264\u00a0',
      }),
    );
    list.push(
      effect(model, site, { name: 'Latency, p50', height: 64, say: ms, figure: Model.quantile(0.5), bound: '\u2264\u00a0' }),
    );
    list.push(
      effect(model, site, {
        name: 'Failures',
        note: `share of ${at}`,
        height: 92,
        say: percent,
        figure: Model.failedShare,
        atMost: 100,
        atLeast: 2,
        limit: limitAt(model, site),
      }),
    );
  }
  list.push(...pressures(model));
  show(list);
  showCursor(model);
}

/** Puts rows in their order, and forgets those that are not shown any more. */
function show(list) {
  const home = $('rows');
  if (list.length === home.children.length && list.every((node, i) => home.children[i] === node)) return;
  home.replaceChildren(...list);
  for (const [key, r] of rows) {
    if (r.node.isConnected) continue;
    forget(r.plot);
    rows.delete(key);
  }
}

function showCursor(model) {
  const line = $('cursor');
  line.hidden = cursor == null;
  if (cursor == null) return;
  const { plot } = rows.get('axis');
  const { from, to } = frame(model);
  line.style.setProperty('left', `${plot.offsetLeft + ((cursor - from) / (to - from)) * plot.clientWidth}px`);
}

/** Reads the figures of another time than now: under the pointer, or by arrow keys. */
export function followCursor(model, redraw) {
  const home = $('recorder');
  const point = (time) => {
    if (!model.now) return;
    const { from } = frame(model);
    cursor = time == null ? null : Math.min(Math.max(time, from), model.now);
    redraw();
  };
  home.addEventListener('pointermove', ({ clientX }) => {
    const { plot } = rows.get('axis') ?? {};
    if (!plot) return;
    const { left, width } = plot.getBoundingClientRect();
    const share = (clientX - left) / width;
    const { from, to } = frame(model);
    point(share >= 0 && share <= 1 ? from + share * (to - from) : null);
  });
  home.addEventListener('pointerleave', () => point(null));
  home.addEventListener('blur', () => point(null));
  home.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1000, ArrowRight: 1000, PageUp: -10_000, PageDown: 10_000 }[event.key];
    if (!by || event.target !== home) return;
    event.preventDefault();
    point((cursor ?? model.now) + by);
  });
}
