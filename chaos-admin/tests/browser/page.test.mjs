// The page in a real browser, against a real service.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { CATALOGUE, written } from '../../src/page/catalogue.js';
import { check, drawn, headline, openPage } from './reader.mjs';
import { OPERATOR, VIEWER, openShop } from './shop.mjs';
import { browser, withShop } from './with_shop.mjs';

/** Fills in the form for a fault at payments. */
async function fillIn(page, { pick, fault, rate }) {
  await page.click('#start > summary');
  await page.selectOption('[name=pick]', pick);
  await page.fill('[name=fault]', fault);
  await page.fill('[name=rate]', rate);
}

withShop('a fault is started from the page, seen, and halted by one key', async (shop) => {
  const stop = shop.traffic(25);
  const page = await openPage(browser(), shop, OPERATOR);
  const other = await openPage(browser(), shop, VIEWER);
  await headline(page, 'Nothing runs');
  await check(page, 'idle');
  await fillIn(page, { pick: 'external-slow', fault: 'latency: 400ms', rate: '500%' });
  await page.click('#dry');
  await page.waitForSelector('#start-error:not(:empty)');
  assert.match(await page.textContent('#start-error'), /^expected a percentage such as "2.5%"/);
  assert.equal(await page.getAttribute('[name=rate]', 'aria-invalid'), 'true');
  await check(page, 'invalid');
  await page.fill('[name=rate]', '30%');
  await page.click('#dry');
  await page.waitForSelector('#go:not([disabled])');
  assert.match(await page.textContent('#outcome'), /^Dry run passed: \d+ of \d+ operations/);
  // A dry run applies nothing.
  const injected = async () => (await shop.journal()).filter((entry) => entry.event === 'injected');
  assert.deepEqual(await injected().then((all) => all.filter((entry) => !entry.dry_run)), []);
  await page.click('#go');
  await headline(page, '1 experiment runs');
  await page.waitForFunction(() => document.querySelectorAll('.lane:not(.over) .bar').length >= 5);
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.line.treated')].some((line) => line.getAttribute('d').includes('L')),
  );
  const { bars, treated } = await drawn(page);
  assert.ok(bars >= 5 && treated >= 2, `${bars} bars, ${treated} curves`);
  await check(page, 'running');
  await headline(other, '1 experiment runs');
  assert.equal(await other.isVisible('#start'), false);
  await check(other, 'viewer');
  await page.focus('[name=why]');
  await page.keyboard.press('Escape');
  for (const reader of [page, other]) await headline(reader, 'Halted. Nothing is injected');
  await check(page, 'halted');
  stop();
  const journal = await shop.journal();
  const halted = Date.parse(journal.find((entry) => entry.event === 'halted').at);
  const late = journal.filter((entry) => entry.event === 'injected' && Date.parse(entry.at) > halted + 1000);
  assert.deepEqual(late, []);
  await page.fill('#resume-why', 'the orders are complete');
  await page.click('#resume-form button');
  await headline(page, 'Nothing runs');
});

withShop('an experiment of the page ends by itself when the page is gone', async (shop) => {
  const stop = shop.traffic(10);
  const page = await openPage(browser(), shop, OPERATOR);
  await fillIn(page, { pick: 'external-slow', fault: 'latency: 100ms', rate: '50%' });
  await page.click('#dry');
  await page.waitForSelector('#go:not([disabled])');
  await page.click('#go');
  await headline(page, '1 experiment runs');
  // Twice as long as its lease, which the page renews meanwhile.
  const started = (await shop.journal()).findLast((entry) => entry.event === 'started');
  await page.waitForFunction(
    (since) => globalThis.performance.timeOrigin + globalThis.performance.now() > since + 20_000,
    Date.parse(started.at),
  );
  assert.equal((await shop.api('GET', '/status')).body.running.length, 1);
  await page.context().close();
  await shop.entry((entry) => entry.event === 'ended' && entry.reason === 'lease_ran_out');
  stop();
});

withShop('what is edited after a dry run is not what starts, and a halted dry run has not passed', async (shop) => {
  const stop = shop.traffic(10);
  const page = await openPage(browser(), shop, OPERATOR);
  await fillIn(page, { pick: 'external-slow', fault: 'latency: 100ms', rate: '50%' });
  await page.click('#dry');
  await page.waitForSelector('#fields:disabled');
  await page.waitForSelector('#go:not([disabled])');
  await page.fill('[name=rate]', '1%');
  assert.equal(await page.isDisabled('#go'), true);
  await page.click('#dry');
  await page.waitForSelector('#go:not([disabled])');
  await page.click('#dry');
  await headline(page, '1 experiment runs; dry');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#start-error:not(:empty)');
  assert.match(await page.textContent('#start-error'), /was ended before its time/);
  assert.equal(await page.isDisabled('#go'), true);
  assert.deepEqual(page.problems, []);
  stop();
});

withShop('a button that ends a run keeps the focus, and each run has one', async (shop) => {
  const stop = shop.traffic(10);
  const slow = (_, n) => ({ name: `slow ${n}`, fault: { latency: '10ms' }, blast_radius: { calls_to: 'payments' } });
  const file = { version: 1, experiments: Array.from({ length: 12 }, slow) };
  assert.equal((await shop.api('POST', '/experiments?lease=60s', file)).status, 201);
  const page = await openPage(browser(), shop, OPERATOR);
  await headline(page, '12 experiments run');
  const ends = page.locator('.lane button');
  assert.equal(await ends.count(), 12);
  await ends.nth(3).focus();
  const before = await page.textContent('#feed span');
  await page.waitForFunction((before) => document.querySelector('#feed span').textContent !== before, before);
  await page.keyboard.press('Enter');
  await headline(page, '11 experiments run');
  stop();
});

withShop('a feed that is cut is said to be lost, halts go on being tried, and it comes back', async (shop) => {
  const stop = shop.traffic(10);
  const page = await openPage(browser(), shop, OPERATOR);
  await headline(page, 'Nothing runs');
  shop.process.kill('SIGSTOP');
  await headline(page, 'Feed lost');
  await check(page, 'lost');
  await page.click('.halt');
  await page.waitForFunction(() => /HALTING, try [2-9]/.test(document.querySelector('.halt').textContent));
  shop.process.kill('SIGCONT');
  await headline(page, 'Halted. Nothing is injected');
  await shop.stop();
  await headline(page, 'Feed lost');
  await shop.start();
  // The session is still valid, and a halt ends with its process.
  await headline(page, 'Nothing runs');
  assert.deepEqual(page.problems, []);
  stop();
});

withShop('names with markup in them are shown as text', async (shop) => {
  const stop = shop.traffic(10);
  const evil = '<img src=x onerror=alert(1)>"><script>alert(2)</script>';
  const experiment = {
    name: evil,
    why: evil,
    labels: { team: evil },
    fault: { latency: '10ms' },
    blast_radius: { calls_to: 'payments' },
    abort_when: [{ error_rate: '50%', at: 'storefront', over: '10s' }],
  };
  const page = await openPage(browser(), shop, OPERATOR);
  const started = await shop.api('POST', '/experiments?lease=60s', experiment, { 'chaos-reason': evil });
  assert.equal(started.status, 201);
  const readings = [{ name: evil, value: 1, unit: evil, limit: evil, state: 'broken' }];
  await shop.api('POST', '/readings', { readings });
  await page.waitForFunction((name) => document.querySelector('.lane h3')?.textContent.includes(name), evil);
  await page.waitForFunction(() => document.querySelectorAll('.journal li').length >= 2);
  await page.waitForSelector('#whole:not([hidden])');
  await page.click('#whole');
  await page.fill('[name=service]', evil);
  await page.fill('#explain-form [name=operation]', evil);
  await page.click('#explain-form button');
  await page.waitForSelector('#explained:not(:empty)');
  const made = await page.evaluate(() => document.querySelectorAll('img, script:not([src="live.js"]), [onerror]').length);
  assert.equal(made, 0);
  await check(page, 'markup');
  await page.locator('.lane button', { hasText: 'end this one' }).click();
  await headline(page, 'Nothing runs');
  stop();
});

test('each entry of the catalogue may be started at the sites that it is offered for', async () => {
  const shop = await openShop();
  try {
    const { sites } = (await shop.api('GET', '/sites')).body;
    for (const entry of Object.values(CATALOGUE).flat()) {
      const place = entry.at[0] === 'process' ? null : sites.find((site) => entry.at.includes(site.kind));
      const text = written({
        ...entry,
        site: place,
        rate: entry.transaction_rate ?? entry.rate,
        isOfTransactions: Boolean(entry.transaction_rate),
        limit: entry.limit ?? '60s',
        who: 'anna',
        environment: 'production',
      });
      const lease = entry.limit === '5s' ? '5s' : '10s';
      const checked = await shop.api('POST', `/validate?lease=${lease}`, text, { 'content-type': 'application/yaml' });
      assert.equal(checked.status, 200, `${entry.name}: ${JSON.stringify(checked.body)}`);
    }
  } finally {
    await shop.close();
  }
});

const keys = () => {
  const directory = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bea', '-f', join(directory, 'key')]);
  return { directory, publicKey: readFileSync(join(directory, 'key.pub'), 'utf8').trim() };
};
const bea = keys();
const POLICY = `version: 1\napprovals:\n  approvers:\n    - { name: bea, role: sre, key: ${JSON.stringify(bea.publicKey)} }\n`;

withShop(
  'a start that needs an approval is asked for, signed with ssh-keygen, and started',
  async (shop) => {
    const stop = shop.traffic(10);
    const page = await openPage(browser(), shop, OPERATOR);
    await fillIn(page, { pick: 'external-slow', fault: 'latency: 100ms', rate: '50%' });
    await page.click('#as-text');
    await page.fill('#text', `${await page.inputValue('#text')}risk_at_least: moderate\n`);
    await page.click('#dry');
    await page.waitForSelector('#ask:not([hidden])');
    await page.click('#ask');
    const approver = await openPage(browser(), shop, VIEWER);
    await approver.click('.approval details summary');
    await check(approver, 'approval');
    const text = await approver.locator('.approval pre').first().textContent();
    writeFileSync(join(bea.directory, 'request.txt'), text);
    execFileSync('ssh-keygen', [
      '-q',
      '-Y',
      'sign',
      '-n',
      'chaos-rs',
      '-f',
      join(bea.directory, 'key'),
      join(bea.directory, 'request.txt'),
    ]);
    const signature = readFileSync(join(bea.directory, 'request.txt.sig'), 'utf8');
    await approver.fill('.approval textarea', signature.replace('U1NIU0lH', 'AAAAAAAA'));
    await approver.click('.approval .actions .button');
    await approver.waitForSelector('.approval .error:not(:empty)');
    await approver.fill('.approval textarea', signature);
    await approver.click('.approval .actions .button');
    await approver.waitForSelector('.approval .good');
    await page.locator('.approval .button', { hasText: 'Start' }).click();
    await headline(page, '1 experiment runs');
    const started = (await shop.journal()).find((entry) => entry.event === 'started');
    assert.equal(started.approved_by, 'bea');
    assert.deepEqual([...page.problems, ...approver.problems], []);
    stop();
  },
  { policy: POLICY },
);
