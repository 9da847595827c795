// What the page knows: made from the states and journal entries of the feed, and from nothing else.
// Times are milliseconds since 1970, by the clock of the service.

import { milliseconds } from './words.js';

const SECOND = 1000;
/** How far back the plots reach. */
export const BEHIND = 180 * SECOND;
const KEPT_ENTRIES = 10_000;

export function newModel() {
  return {
    now: 0,
    /** Whether the feed is dead, and since when by the clock of the browser. */
    lostSince: null,
    tries: 0,
    /** Whether the service answers, but not to this client. */
    isRefused: false,
    status: null,
    /** The name and role of the reader. */
    client: null,
    sites: [],
    experiments: [],
    bounds: [],
    /** Site -> second -> { treated, untreated }. */
    outcomes: new Map(),
    /** Experiment -> fault -> second -> operations. */
    injections: new Map(),
    /** Experiment and kind -> [time, asked, reached]. */
    pressures: new Map(),
    /** Experiment -> [{ from, to, reason }]. */
    runs: new Map(),
    /** Site -> operations that were hit, latest last. */
    operations: new Map(),
    /** The latest entries, newest last. */
    journal: [],
    /** Site -> experiment -> the operations that its latest run has hit. */
    hits: new Map(),
    readings: [],
    requests: [],
    next: 0,
    hasGap: false,
  };
}

export const key = (site) => `${site.service} (${site.kind})`;
const at = (map, key, make) => map.get(key) ?? map.set(key, make()).get(key);

// ---- entries of the journal -----------------------------------------------------------------------------------------

export function addEntry(model, entry) {
  if (entry.number < model.next) restarted(model);
  model.next = entry.number + 1;
  entry.time = Date.parse(entry.at);
  model.journal.push(entry);
  // In steps, so that not every entry moves all others.
  if (model.journal.length > KEPT_ENTRIES + 500) model.journal.splice(0, 500);
  const runs = () => at(model.runs, entry.experiment, () => []);
  switch (entry.event) {
    case 'injected':
      addInjection(model, entry);
      break;
    case 'started':
      runs().push({ from: entry.time, to: null, reason: null });
      for (const hits of model.hits.values()) hits.delete(entry.experiment);
      break;
    case 'ended': {
      const run = runs().at(-1);
      if (run && run.to == null) Object.assign(run, { to: entry.time, reason: entry.reason });
      break;
    }
  }
}

function addInjection(model, { experiment, fault, time, operation, dry_run, service, kind }) {
  const site = { service, kind };
  const seconds = at(
    at(model.injections, experiment, () => new Map()),
    fault,
    () => new Map(),
  );
  const second = Math.floor(time / SECOND);
  seconds.set(second, (seconds.get(second) ?? 0) + 1);
  const operations = at(model.operations, key(site), () => new Map());
  operations.delete(operation);
  operations.set(operation, true);
  if (operations.size > 20) operations.delete(operations.keys().next().value);
  if (dry_run) return;
  const hits = at(model.hits, key(site), () => new Map());
  hits.set(experiment, (hits.get(experiment) ?? 0) + 1);
}

/** Entries that the feed has left out; what they counted is taken from the next state. */
export function addGap(model, { first, last }) {
  model.next = last + 1;
  model.hasGap = true;
  model.journal.push({ event: 'gap', number: first, time: model.now, entries: last - first + 1 });
}

/** The service has been started again: its journal begins anew. */
function restarted(model) {
  model.journal.push({ event: 'restarted', number: 0, time: model.now });
  for (const runs of model.runs.values()) {
    for (const run of runs) if (run.to == null) Object.assign(run, { to: model.now, reason: 'process_ended' });
  }
  model.outcomes.clear();
  model.hits.clear();
}

// ---- states -----------------------------------------------------------------------------------------------------------

export function addState(model, state) {
  const before = new Map(model.experiments.map((one) => [one.etag, one]));
  const previous = model.now;
  if (state.status.journal_next < model.next) {
    restarted(model);
    model.next = 0;
  }
  model.now = state.now;
  model.status = state.status;
  model.sites = state.sites;
  model.bounds = state.latency_bounds.map((seconds) => seconds * SECOND);
  model.readings = state.readings ?? [];
  // They are left out of a state when it takes long to judge them.
  model.requests = state.requests ?? model.requests;
  model.experiments = state.experiments.map((one) => prepared(one, state.now));
  for (const one of model.experiments) {
    if (model.hasGap && before.has(one.etag)) countMissed(model, one, before.get(one.etag), previous);
    for (const level of one.pressure ?? []) {
      const points = at(model.pressures, `${one.name}/${level.kind}`, () => []);
      points.push([state.now, level.requested, level.achieved]);
    }
  }
  model.hasGap = false;
  for (const site of state.outcomes) {
    const seconds = at(model.outcomes, key(site), () => new Map());
    for (const window of site.windows) seconds.set(Math.floor(Date.parse(window.start) / SECOND), window);
  }
  forgetOld(model);
}

/** An experiment with its times as numbers and its faults as a list. */
function prepared(one, now) {
  const { fault } = one.experiment;
  const running = one.state.running;
  return {
    ...one,
    // One that waits has not begun yet.
    from: one.since ? Date.parse(one.since) : now,
    timeLeft: running && milliseconds(running.time_left),
    leaseLeft: one.lease && milliseconds(one.lease.time_left),
    faults: [fault ?? one.experiment.faults]
      .flat()
      .map((f) => (typeof f === 'string' ? { kind: f } : { kind: Object.keys(f)[0], details: Object.values(f)[0] })),
  };
}

export const isRunning = (one) => Boolean(one.state.running);
export const isOver = (one) => Boolean(one.state.ended);

/** Counts the injections whose entries the feed has left out. */
function countMissed(model, now, before, previous) {
  const missed = now.injected - before.injected;
  if (missed <= 0) return;
  const seconds = at(
    at(model.injections, now.name, () => new Map()),
    now.faults[0].kind,
    () => new Map(),
  );
  const second = Math.floor(previous / SECOND);
  seconds.set(second, Math.max(seconds.get(second) ?? 0, missed));
}

function forgetOld(model) {
  const oldest = Math.floor((model.now - BEHIND) / SECOND) - 10;
  const forget = (seconds, oldest) => {
    for (const second of seconds.keys()) if (second < oldest) seconds.delete(second);
  };
  for (const faults of model.injections.values()) for (const seconds of faults.values()) forget(seconds, oldest);
  // What was before a long experiment is compared with what is during it.
  for (const seconds of model.outcomes.values()) forget(seconds, oldest - 1200);
  for (const points of model.pressures.values()) while (points[0]?.[0] < oldest * SECOND) points.shift();
}

// ---- what is read from it ---------------------------------------------------------------------------------------------

/** The run of an experiment in the journal, which knows when it ended. */
export function runOf(model, one) {
  const runs = model.runs.get(one.name) ?? [];
  return runs.findLast((run) => Math.abs(run.from - one.from) < SECOND);
}

/** The times at which something was injected. */
export const windows = (model) =>
  model.experiments
    .filter((one) => one.since && !one.dry_run)
    .map((one) => ({ from: one.from, to: isRunning(one) ? model.now : (runOf(model, one)?.to ?? one.from) }));

/** The beginning of what is injected now, together with what ended less than a minute before it. */
export function injectedSince(model) {
  const all = windows(model).sort((a, b) => b.to - a.to);
  let first = Math.min(...all.filter((window) => window.to >= model.now).map((window) => window.from));
  for (const window of all) if (window.to > first - 60 * SECOND) first = Math.min(first, window.from);
  return first;
}

/** The injections of a second, by fault, as points. */
export function injectionsOf(model, one) {
  const faults = model.injections.get(one.name) ?? new Map();
  const [from, to] = [Math.floor(one.from / SECOND), Math.floor((runOf(model, one)?.to ?? model.now) / SECOND)];
  const kinds = new Set([...one.faults.map((fault) => fault.kind), ...faults.keys()]);
  return [...kinds].map((kind) => {
    const seconds = faults.get(kind) ?? new Map();
    const points = [...seconds].filter(([second]) => second >= from && second <= to);
    return { kind, points: points.map(([second, n]) => [second * SECOND, n]).sort((a, b) => a[0] - b[0]) };
  });
}

/** The outcomes of a population at a site, summed over seconds that end at a second, or none. */
export function outcomesOf(model, site, population, second, length) {
  const seconds = model.outcomes.get(site);
  const sum = { succeeded: 0, failed: 0, latency: [] };
  for (let s = second - length + 1; s <= second; s += 1) {
    const counts = seconds?.get(s)?.[population];
    if (!counts) continue;
    sum.succeeded += counts.succeeded;
    sum.failed += counts.failed;
    counts.latency.forEach((n, i) => (sum.latency[i] = (sum.latency[i] ?? 0) + n));
  }
  return sum.succeeded + sum.failed ? sum : null;
}

/** The seconds over which each point of a plot is taken. */
export const SMOOTHED = 5;

/** One figure of a site over time, for treated or untreated operations. */
export function seriesOf(model, site, population, figure) {
  const points = [];
  const [from, to] = [Math.floor((model.now - BEHIND) / SECOND), Math.floor(model.now / SECOND) - 1];
  for (let second = from; second <= to; second += 1) {
    const sum = outcomesOf(model, site, population, second, SMOOTHED);
    points.push([(second + 1) * SECOND, sum && figure(sum, model)]);
  }
  return points;
}

export const failedShare = ({ succeeded, failed }) => (100 * failed) / (succeeded + failed);

/** The bound that at least this share of the latencies does not exceed. */
export const quantile = (q) => (sum, model) => {
  const rank = Math.ceil(q * (sum.succeeded + sum.failed));
  let counted = 0;
  const bucket = sum.latency.findIndex((n) => (counted += n) >= rank);
  return model.bounds[bucket] ?? model.bounds.at(-1) * 2;
};

/** The value of points at a time, if it is known. */
export function valueAt(points, time) {
  const point = points.findLast((p) => p[0] <= time);
  return point && time - point[0] < 2 * SECOND ? point[1] : null;
}
