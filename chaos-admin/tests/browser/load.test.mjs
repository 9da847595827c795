// The page beside a journal of ten thousand entries: the figure is a verdict only on a machine where nothing else runs.

import assert from 'node:assert/strict';

import { headline } from './reader.mjs';
import { OPERATOR } from './shop.mjs';
import { browser, withShop } from './with_shop.mjs';

withShop('ten thousand entries and fifty a second leave the page responsive', async (shop) => {
  const slow = { name: 'busy', fault: { latency: '1ms' }, blast_radius: { queries_on: 'orders-db' }, time_limit: '10m' };
  await shop.api('POST', '/experiments?lease=5m', slow);
  while ((await shop.api('GET', '/status')).body.journal_next < 10_000) await Promise.all(Array.from({ length: 50 }, shop.buy));
  const context = await browser().newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.tasks = [];
    new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map((one) => Math.round(one.duration)))).observe(
      { type: 'longtask', buffered: true },
    );
  });
  await page.goto(shop.page);
  await page.fill('#token', OPERATOR);
  await page.click('#session .button');
  await headline(page, '1 experiment runs');
  const before = (await shop.api('GET', '/status')).body.journal_next;
  const [from, stop] = [performance.now(), shop.traffic(10)];
  await page.waitForFunction((since) => performance.now() > since + 20_000, await page.evaluate(() => performance.now()));
  stop();
  await page.click('#whole');
  const entries = (await shop.api('GET', '/status')).body.journal_next - before;
  const perSecond = entries / ((performance.now() - from) / 1000);
  const longest = Math.max(0, ...(await page.evaluate(() => globalThis.tasks)));
  console.log(`10,000 entries, then ${perSecond.toFixed(0)} a second: the longest task took ${longest || 'less than 50'} ms`);
  assert.ok(perSecond >= 50, `${perSecond} entries a second`);
  assert.ok(longest <= 200, `${longest} ms`);
  await context.close();
});
