// What the page makes of the feed, without a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { written } from '../../src/page/catalogue.js';
import { difference } from '../../src/page/headline.js';
import * as Model from '../../src/page/model.js';
import { bytes, milliseconds, ms, percent, span } from '../../src/page/words.js';

const NOW = Date.parse('2026-11-30T09:00:00Z');
const at = (seconds) => new Date(NOW + seconds * 1000).toISOString();
const bounds = [0.001, 0.01, 0.1, 1];

const running = (injected, more) => ({
  name: 'slow',
  etag: '"1-1"',
  since: at(0),
  state: { running: { time_left: '1m 30s' } },
  experiment: { name: 'slow', fault: { latency: '1s' }, blast_radius: { calls_to: 'payments' } },
  injected,
  ...more,
});
const state = (seconds, experiments, more) => ({
  now: NOW + seconds * 1000,
  status: { journal_next: 1_000, halts: [], waiting: [] },
  sites: [],
  experiments,
  latency_bounds: bounds,
  outcomes: [],
  ...more,
});
const hit = (number, seconds, fault = 'latency') => ({
  number,
  at: at(seconds),
  event: 'injected',
  experiment: 'slow',
  service: 'payments',
  kind: 'client',
  operation: 'POST /charge',
  fault,
});
const started = (number, seconds) => ({ number, at: at(seconds), event: 'started', experiment: 'slow' });

test('injections are counted by second and fault, from the start of their run', () => {
  const model = Model.newModel();
  Model.addEntry(model, hit(0, -5));
  Model.addEntry(model, started(1, 0));
  for (const [n, second] of [0.1, 0.9, 1.5].entries()) Model.addEntry(model, hit(n + 2, second));
  Model.addEntry(model, hit(5, 1.6, 'error'));
  Model.addState(model, state(3, [running(4)]));
  const counted = Model.injectionsOf(model, model.experiments[0]);
  assert.deepEqual(counted, [
    {
      kind: 'latency',
      points: [
        [NOW, 2],
        [NOW + 1000, 1],
      ],
    },
    { kind: 'error', points: [[NOW + 1000, 1]] },
  ]);
});

test('what a gap leaves out is taken from the difference between two states', () => {
  const model = Model.newModel();
  Model.addEntry(model, started(0, 0));
  Model.addState(model, state(1, [running(10)]));
  Model.addGap(model, { first: 1, last: 500 });
  Model.addState(model, state(2, [running(510)]));
  assert.deepEqual(Model.injectionsOf(model, model.experiments[0])[0].points, [[NOW + 1000, 500]]);
  assert.equal(model.journal.at(-1).entries, 500);
  assert.equal(model.next, 501);
});

test('a run knows its end, and another one of the same name is another run', () => {
  const model = Model.newModel();
  Model.addEntry(model, started(0, 0));
  Model.addEntry(model, { number: 1, at: at(4), event: 'ended', experiment: 'slow', reason: 'time_limit' });
  Model.addEntry(model, started(2, 10));
  Model.addState(model, state(12, [running(0), running(0, { etag: '"1-2"', since: at(10) })]));
  const [first, second] = model.experiments;
  assert.equal(Model.runOf(model, first).to, NOW + 4000);
  assert.equal(Model.runOf(model, second).to, null);
});

test('a service that was started again is read from the beginning, and its old runs are over', () => {
  const model = Model.newModel();
  Model.addEntry(model, started(900, 0));
  Model.addState(model, state(1, [running(0)]));
  Model.addState(model, state(5, [], { status: { journal_next: 3, halts: [], waiting: [] } }));
  assert.equal(model.next, 0);
  assert.equal(model.runs.get('slow')[0].reason, 'process_ended');
  assert.equal(model.journal.at(-1).event, 'restarted');
});

test('latencies are bounds that a share does not exceed, and failures a share of all', () => {
  const counts = { succeeded: 8, failed: 2, latency: [5, 4, 0, 1, 0] };
  const model = Model.newModel();
  const window = { start: at(1), treated: { succeeded: 0, failed: 0, latency: [0, 0, 0, 0, 0] }, untreated: counts };
  Model.addState(model, state(9, [], { outcomes: [{ service: 'shop', kind: 'server', windows: [window] }] }));
  const sum = Model.outcomesOf(model, 'shop (server)', 'untreated', NOW / 1000 + 3, 5);
  assert.equal(Model.failedShare(sum), 20);
  assert.deepEqual(
    [0.5, 0.9, 0.99].map((q) => Model.quantile(q)(sum, model)),
    [1, 10, 1000],
  );
  assert.equal(Model.outcomesOf(model, 'shop (server)', 'treated', NOW / 1000 + 3, 5), null);
});

test('the difference of two shares of failures is an interval', () => {
  const of = (failed, all) => ({ failed, succeeded: all - failed });
  const same = difference(of(0, 1500), of(0, 3000));
  assert.ok(same.low < 0 && same.high > 0 && same.high < 0.5, JSON.stringify(same));
  const worse = difference(of(100, 1000), of(10, 1000));
  assert.ok(worse.low > 6 && worse.high < 12, JSON.stringify(worse));
  const few = difference(of(0, 5), of(0, 5));
  assert.ok(few.high > 20, JSON.stringify(few));
});

test('texts in an experiment stay texts, whatever they contain', () => {
  const site = { kind: 'client', service: 'a"b: {' };
  const text = written({
    name: 'x\n- y',
    why: '#',
    fault: 'latency: 1s',
    site,
    rate: '5%',
    limit: '60s',
    who: 'anna',
    environment: 'production',
  });
  assert.match(text, /^name: "x\\n- y"$/m);
  assert.match(text, /^ {2}calls_to: "a\\"b: \{"$/m);
  assert.match(text, /^consent: \{ production: \{ who: "anna", why: "#" \} \}$/m);
});

test('numbers and times read as people write them', () => {
  assert.equal(milliseconds('1m 30s'), 90_000);
  assert.equal(milliseconds('4m59s999ms500us').toFixed(1), '299999.5');
  assert.deepEqual([ms(0.4), ms(99.6), ms(1500)], ['0.4\u00a0ms', '100\u00a0ms', '1.5\u00a0s']);
  assert.deepEqual([percent(0), percent(0.05), percent(12.3)], ['0\u00a0%', '0.05\u00a0%', '12\u00a0%']);
  assert.deepEqual([bytes(0), bytes(1_500_000)], ['0\u00a0B', '1.5\u00a0MB']);
  assert.deepEqual([span(59_999), span(3_661_000)], ['0:59', '1:01:01']);
});
