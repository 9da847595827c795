// Opens each page of a directory in a browser, wide and narrow, light and dark, and prints it.
'use strict';
const { readFileSync, readdirSync } = require('node:fs');
const { chromium } = require('playwright-core');

const directory = process.argv[2];
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const problems = [];

async function open(browser, name, options) {
  const page = await browser.newPage(options);
  const url = `file://${directory}/${name}.html`;
  const report = (what) => problems.push(`${name}, ${options.viewport.width}, ${options.colorScheme}: ${what}`);
  // What the Content-Security-Policy forbids is an error of the console, too.
  page.on('console', (message) => report(message.text()));
  page.on('pageerror', (error) => report(error));
  page.on('dialog', (dialog) => report(`a dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) report(`a request for ${request.url()}`);
  });
  await page.goto(url);
  return { page, report };
}

async function checkOverflow(page, report, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) report(`${where} is ${over} px too wide`);
}

async function checkAccess(page, report) {
  const { violations } = await page.evaluate(`${axe}; axe.run({ resultTypes: ["violations"] })`);
  for (const { impact, id, nodes } of violations)
    if (impact === 'serious' || impact === 'critical') report(`${impact}: ${id}: ${nodes[0].html}`);
}

async function checkScreen(browser, name, width, colorScheme) {
  const { page, report } = await open(browser, name, { viewport: { width, height: 900 }, colorScheme });
  await page.screenshot({ path: `${directory}/${name}-${width}-${colorScheme}.png`, fullPage: true });
  const scripts = await page.evaluate(() => document.scripts.length);
  if (scripts > 0) report('there is a script');
  const size = await page.evaluate(() => getComputedStyle(document.querySelector('h1')).fontSize);
  if (size !== (width > 760 ? '30px' : '23px')) report('the stylesheet is not in force');
  await checkOverflow(page, report, 'the page');
  const closed = page.locator('details:not([open])');
  if (await closed.count()) {
    const link = await closed.last().locator('> div').getAttribute('id');
    if (!(await page.locator(`tbody a[href="#${link}"]`).count())) report(`no row links to #${link}`);
    await page.evaluate((link) => (location.hash = link), link);
    if (!(await page.locator(`#${link} table`).first().isVisible())) report(`a link to #${link} opens nothing`);
  }
  await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
  await checkOverflow(page, report, 'the page with all details');
  await checkAccess(page, report);
  await page.close();
}

async function checkPrint(browser, name) {
  // The width of A4 within its margins.
  const { page, report } = await open(browser, name, { viewport: { width: 718, height: 900 }, colorScheme: 'dark' });
  await page.pdf({ path: `${directory}/${name}.pdf`, format: 'A4', margin: { top: '10mm', bottom: '10mm', left: '10mm', right: '10mm' } });
  await page.emulateMedia({ media: 'print' });
  await checkOverflow(page, report, 'the sheet');
  const hidden = await page.evaluate(
    () => [...document.querySelectorAll('details table')].filter((table) => !table.checkVisibility({ contentVisibilityAuto: true })).length,
  );
  if (hidden > 0) report(`${hidden} tables are not printed`);
  const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  if (ground !== 'rgb(255, 255, 255)') report(`it is printed on ${ground}`);
  await page.close();
}

(async () => {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium' });
  const names = readdirSync(directory).filter((file) => file.endsWith('.html')).map((file) => file.slice(0, -5));
  for (const name of names) {
    for (const width of [1440, 390]) for (const scheme of ['light', 'dark']) await checkScreen(browser, name, width, scheme);
    await checkPrint(browser, name);
  }
  await browser.close();
  console.log(`${names.length} pages in ${directory}, ${problems.length} problems`);
  problems.forEach((problem) => console.log(problem));
  process.exitCode = names.length > 3 && problems.length === 0 ? 0 : 1;
})();
