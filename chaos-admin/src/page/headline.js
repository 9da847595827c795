// One sentence that a tired person can repeat on a call, and what is behind it.

import { $, el, put, svg, text } from './document.js';
import { injectedSince, injectionsOf, isOver, isRunning, outcomesOf, runOf } from './model.js';
import { ago, clock, percent, perSecond, plural, quoted, span } from './words.js';

const GLYPHS = {
  idle: [
    ['circle', { cx: 28, cy: 28, r: 22 }],
    ['path', { d: 'M18 29l7 7 13-15' }],
  ],
  running: [['path', { d: 'M4 28h10l6-18 12 36 7-18h13' }]],
  harmed: [
    ['path', { d: 'M28 6l24 43H4z' }],
    ['path', { d: 'M28 22v13M28 42v.5' }],
  ],
  aborted: [
    ['path', { d: 'M18 5h20l13 13v20l-13 13h-20l-13-13v-20z' }],
    ['path', { d: 'M28 16v15M28 40v.5' }],
  ],
  halted: [['rect', { class: 'full', x: 8, y: 8, width: 40, height: 40, rx: 3 }]],
  lost: [['path', { d: 'M6 22a32 32 0 0 1 30-8M15 32a19 19 0 0 1 10-5M28 45v.5M38 24l12 12M50 24l-12 12' }]],
};

const SIGNS = {
  idle: 'idle',
  running: '\u25b6 running',
  harmed: '\u25b2 harm',
  aborted: '! aborted',
  halted: '\u25a0 halted',
  lost: '? feed lost',
};

/** An actor, as the service names it, in words. */
export function actor(by) {
  if (by?.remote) return by.remote.name;
  if (by?.file) return `the file ${by.file}`;
  return { code: 'the code', guardian: 'the guardian' }[by] ?? 'an unknown actor';
}

/** The Wilson interval of a share at 95 %. */
function wilson(n, of) {
  const z = 1.96;
  const [p, half] = [n / of, (z * z) / (2 * of)];
  const spread = z * Math.sqrt((p * (1 - p) + half / 2) / of);
  return [Math.max((p + half - spread) / (1 + 2 * half), 0), Math.min((p + half + spread) / (1 + 2 * half), 1)];
}

/** By how much one share of failures is above another, as an interval at 95 % (Newcombe), in points. */
export function difference(now, before) {
  const of = ({ succeeded, failed }) => succeeded + failed;
  const [p, q] = [now.failed / of(now), before.failed / of(before)];
  const [[pl, ph], [ql, qh]] = [wilson(now.failed, of(now)), wilson(before.failed, of(before))];
  const low = p - q - Math.hypot(p - pl, qh - q);
  const high = p - q + Math.hypot(ph - p, q - ql);
  return { low: 100 * low, high: 100 * high };
}

/** What untreated requests of a site feel of what runs: compared with the minute before the first injection window. */
function untreated(model, site) {
  const first = injectedSince(model);
  if (!Number.isFinite(first)) return null;
  const second = (time) => Math.floor(time / 1000);
  const before = outcomesOf(model, site, 'untreated', second(first) - 1, 60);
  const now = outcomesOf(model, site, 'untreated', second(model.now) - 1, Math.min(30, second(model.now - first)));
  if (!now || !before) return { now, before, effect: 'unknown' };
  const change = difference(now, before);
  const effect = change.low > 0.5 ? 'harmed' : change.high < 2 ? 'unharmed' : 'undecided';
  return { now, before, change, effect };
}

const share = (counts) => percent((100 * counts.failed) / (counts.succeeded + counts.failed));
const points = (v) => `${v < 0 ? '\u2212' : '+'}${Math.abs(v).toFixed(1)}`;

function story(harm, site) {
  if (harm?.effect === 'harmed')
    return `Untreated requests at ${site} fail more than in the minute before: ${share(harm.before)} then, ${share(harm.now)} now (${points(harm.change.low)} to ${points(harm.change.high)} points). The faults reach further than asked, or something else has changed.`;
  if (harm?.effect === 'unharmed')
    return `Failures of untreated requests at ${site} changed by ${points(harm.change.low)} to ${points(harm.change.high)} points against the minute before.`;
  if (harm?.effect === 'undecided')
    return `Too few untreated requests at ${site} yet to say whether they suffer: ${points(harm.change.low)} to ${points(harm.change.high)} points.`;
  return `Whether untreated requests at ${site || 'the service'} suffer is not known: none was seen ${harm?.now ? 'before' : 'since'} the first injection.`;
}

const HEADS = {
  harmed: 'untreated requests suffer, too',
  unharmed: 'untreated requests are unharmed',
  undecided: 'it is too early to say whether others suffer',
  unknown: 'what others feel is not known',
};

function summary(model, site) {
  const alive = model.experiments.filter(isRunning);
  const names = alive.map((one) => quoted(one.name)).join(' and ');
  if (model.isRefused)
    return {
      state: 'lost',
      head: 'Sign in to see what runs',
      story: 'The service answers, and wants the token of a viewer or an operator.',
    };
  if (model.lostSince != null) {
    const since = Math.round((performance.now() - model.lostSince) / 1000);
    const head = model.now ? `Feed lost ${since} s ago: what runs now is not known` : 'The service does not answer yet';
    return {
      state: 'lost',
      head,
      story: `${model.now ? `This page shows ${clock(model.now)}. ` : ''}It asks again every second. What this page has started ends by its lease; what others renew may still run. HALT goes over a connection of its own and is tried until it is answered. From a shell: chaos-lab halt, or the halt file.`,
    };
  }
  const { halts, waiting } = model.status;
  if (halts.length) {
    const [halt] = halts;
    const [since, why] = [Date.parse(halt.since), halt.because ? `: ${halt.because}` : ''];
    const more = halts.length > 1 ? ` ${plural(halts.length - 1, 'more halt')} must be lifted, too.` : '';
    const left = alive.length ? `${names} still gives things back.` : 'Nothing runs.';
    return {
      state: 'halted',
      head: 'Halted. Nothing is injected, and nothing can start.',
      story: `Halted by ${actor(halt.by)} ${ago(model.now - since)}${why}. ${left}${more}`,
    };
  }
  const recent = model.experiments.filter((one) => isOver(one) && one.state.ended.aborted);
  const aborted = recent.find((one) => model.now - (runOf(model, one)?.to ?? 0) < 120_000);
  const abort = aborted ? `${quoted(aborted.name)} aborted itself ${ago(model.now - runOf(model, aborted).to)}` : '';
  if (aborted && !alive.length)
    return { state: 'aborted', head: abort, story: `${aborted.state.ended.aborted}. Nothing else runs.` };
  if (!alive.length) {
    const last = model.journal.findLast((entry) => entry.event === 'ended');
    const waits = waiting.length
      ? `${plural(waiting.length, 'experiment')} ${waiting.length === 1 ? 'waits' : 'wait'} for a site.`
      : '';
    return {
      state: 'idle',
      head: 'Nothing runs',
      story:
        `Nothing is injected. ${waits} ${last ? `Last: ${quoted(last.experiment)} ended ${ago(model.now - last.time)}.` : ''}`.trim(),
    };
  }
  const harm = untreated(model, site);
  const effect = harm?.effect ?? 'unknown';
  const only = alive.every((one) => one.dry_run);
  return {
    state: effect === 'harmed' ? 'harmed' : 'running',
    head: `${plural(alive.length, 'experiment')} ${alive.length === 1 ? 'runs' : 'run'}; ${only ? 'dry, nothing is applied' : HEADS[effect]}`,
    story: `${alive.map((one) => `${quoted(one.name)} by ${actor(one.by)}`).join(', ')}. ${only ? '' : story(harm, site)}${abort && ` ${abort}.`}`,
    harm,
  };
}

function figures(model, { state, harm }) {
  if (!model.now || model.isRefused) return [];
  const alive = model.experiments.filter((one) => isRunning(one) && !one.dry_run);
  const second = Math.floor(model.now / 1000) * 1000 - 5000;
  const recent = alive.flatMap((one) => injectionsOf(model, one).flatMap(({ points }) => points.filter(([t]) => t >= second)));
  const rate = recent.reduce((sum, [, n]) => sum + n, 0) / 5;
  const left = Math.max(0, ...alive.map((one) => one.timeLeft));
  const list = [[state === 'lost' ? 'Injections, last known' : 'Injections', perSecond(rate)]];
  if (state === 'lost' || !alive.length) return state === 'idle' ? [] : list;
  list.push(['All ends by itself in', span(left)]);
  if (harm?.now) list.push(['Untreated failures', share(harm.now), harm.before && `${share(harm.before)} before`]);
  return list;
}

let shown = '';

/** Shows the state of everything; `said` reads a change of it aloud. */
export function headline(model, site, said) {
  const now = summary(model, site);
  const service = model.sites.find((one) => one.kind === 'server')?.service ?? model.status?.instance ?? 'chaos';
  document.body.className = `live ${now.state}`;
  document.title = `${SIGNS[now.state]} \u00b7 ${service} \u00b7 chaos`;
  text($('service'), service);
  const { status } = model;
  if (status) {
    const { environment, instance } = status;
    text(
      $('place'),
      `${environment ?? 'environment not stated'} \u00b7 instance ${instance} \u00b7 you are ${model.client?.name}, ${model.client?.role}`,
    );
    $('place').classList.toggle('production', environment === 'production');
  }
  const isLost = now.state === 'lost';
  $('feed').className = isLost ? 'feed lost' : 'feed';
  text($('feed').lastElementChild, isLost ? `no answer, try ${model.tries}` : `live \u00b7 ${clock(model.now)} UTC`);
  $('glyph').replaceChildren(...GLYPHS[now.state].map(([name, attributes]) => svg(name, attributes)));
  text($('headline'), now.head);
  text($('story'), now.story);
  put(
    $('figures'),
    figures(model, now).map(([name, value, more]) =>
      el('div', {}, el('dt', {}, name), el('dd', {}, value, more && el('small', {}, more))),
    ),
  );
  if (shown && shown !== now.state) said(`${now.head.replace(/\.$/, '')}. ${now.story}`);
  shown = now.state;
  return now.state;
}
