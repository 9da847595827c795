// A reader of the page: a browser that reports whatever goes wrong in it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = process.env.PICTURES;
/** Long enough for a machine that others use, too. */
export const PATIENCE = 60_000;

export const launch = () => chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

/** Opens the page in a context of its own, signed in by a token. */
export async function openPage(browser, shop, token, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(error.stack));
  page.on('dialog', (dialog) => page.problems.push(`a dialog: ${dialog.message()}`));
  page.on('console', (message) => {
    // The browser logs each refused request and each cut connection; what the page makes of them is what counts.
    const isExpected = /Failed to load resource|net::ERR|Password forms/.test(message.text());
    if (!isExpected) page.problems.push(message.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(shop.page) && !url.startsWith('data:')) page.problems.push(`a request for ${url}`);
  });
  await page.goto(shop.page);
  if (token) {
    await page.fill('#token', token);
    await page.click('#session .button');
    await page.waitForSelector('body:not(.lost) #place:not(:empty)');
  }
  return page;
}

/** Waits until the sentence at the top contains some words. */
export const headline = (page, words) =>
  page.waitForFunction((words) => document.querySelector('#headline').textContent.includes(words), words);

/** Checks that nothing went wrong, that the page is accessible, and that it fits; takes a picture of it. */
export async function check(page, name) {
  for (const [width, height] of [
    [1440, 1000],
    [390, 844],
  ]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      // Plots are drawn again for the width before the next frame.
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      await page.screenshot({ path: `${PICTURES}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${name} at ${width} is ${over} px too wide`);
      const { violations } = await page.evaluate(`${axe}; axe.run({ resultTypes: ['violations'] })`);
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      const words = serious.map(({ id, nodes }) => `${id}: ${nodes[0].html}: ${nodes[0].failureSummary}`);
      assert.deepEqual(words, [], `${name} at ${width}, ${colorScheme}`);
    }
  }
  await page.setViewportSize({ width: 1440, height: 1000 });
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual(page.problems, []);
}

/** The numbers of a lane's bars and of a plot's points that are drawn. */
export const drawn = (page) =>
  page.evaluate(() => ({
    bars: document.querySelectorAll('.lane .bar').length,
    treated: [...document.querySelectorAll('.line.treated')].filter((line) => line.getAttribute('d')).length,
  }));
