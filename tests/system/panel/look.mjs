// A picture of a panel that is running: node look.mjs http://127.0.0.1:8000/ FILE.png [light|dark] [WIDTHxHEIGHT] [LOCALE]

import { browser, sleep } from './bench.mjs';

const [url, file, colorScheme = 'light', size = '1280x800', locale = 'en-GB'] = process.argv.slice(2);
if (!file) {
  console.error('usage: node look.mjs URL FILE.png [light|dark] [WIDTHxHEIGHT] [LOCALE]');
  process.exit(64);
}
const [width, height] = size.split('x').map(Number);
const chrome = await browser();
const page = await (await chrome.newContext({ viewport: { width, height }, colorScheme, locale })).newPage();
page.on('console', message => message.type() === 'error' && console.log(message.text()));
await page.goto(url);
await page.waitForFunction(() => document.body.dataset.phase !== 'connecting');
await sleep(2500);
await page.screenshot({ path: file });
await chrome.close();
