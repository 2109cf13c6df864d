// Screenshots of the live panel for docs/ and for the eye: node shots.mjs FOLDER [only…]

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, Box, browser, sleep, until } from './bench.mjs';

const [folder = 'shots', ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const wanted = name => only.length === 0 || only.includes(name);
const agent = await Agent.start();
const chrome = await browser();

async function shoot(name, options, prepare = async () => {}) {
  if (!wanted(name)) return;
  const context = await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.on('console', message => message.type() === 'error' && console.log(`${name}: ${message.text()}`));
  page.on('pageerror', error => console.log(`${name}: ${error}`));
  await page.goto(agent.url);
  await page.waitForFunction(() => document.body.dataset.phase !== 'connecting');
  await prepare(page);
  await sleep(700);
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: !!options.fullPage });
  const overflow = await page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]);
  console.log(name, 'overflow', overflow.join(' × '));
  await context.close();
}

await shoot('panel-empty', {});
const box = new Box(agent);
box.start();
await until('frames', 5000, () => agent.json('api/snapshot').then(s => s.snapshot?.gpus?.length === 8));
await box.event(1, 'daemon_started', 'information', 'appliance 0.1.0 started: board hgx-h100-8, the twin in .run.');
await box.event(2, 'operator_action', 'information', 'uid 1000 set the GPU load to 650 W.');
await sleep(Number(process.env.SHOTS_SPAN_S ?? 40) * 1000);
await shoot('panel', { colorScheme: 'light' });
await shoot('panel-dark', { colorScheme: 'dark' });
await shoot('panel-zh', { colorScheme: 'light', locale: 'zh-CN' });
await shoot('panel-phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, fullPage: true });
await shoot('panel-wide', { viewport: { width: 1920, height: 1080 }, colorScheme: 'dark' });

box.stalledFan = 3;
box.lostGpu = 5;
box.fans = 68;
box.supply = 40.6;
await box.raise('fan_stalled', 'fan3', 'critical', 'fan3 turns at 0 rpm at 100 % duty; expected 3180 rpm.', 'Replace fan3 within a day; the others cover for it. The box may stay on.');
await box.raise('gpu_lost', 'gpu5', 'critical', 'gpu5 (0000:ba:00.0) has fallen off the bus (XID 79).', 'Drain the box, then restart it; if it returns within a day, replace the GPU.');
await box.raise('coolant_hot', 'loop', 'warning', 'Coolant supply 40.6 °C, above 40.0 °C for 5 s.', 'Check room temperature, air intake and fans; `appliance thermal` shows who drives what and why.');
await box.event(3, 'alarm_raised', 'critical', 'fan3 turns at 0 rpm at 100 % duty; expected 3180 rpm.', 'fan3');
await box.event(4, 'alarm_raised', 'critical', 'gpu5 (0000:ba:00.0) has fallen off the bus (XID 79).', 'gpu5');
await box.event(5, 'alarm_raised', 'warning', 'Coolant supply 40.6 °C, above 40.0 °C for 5 s.', 'loop');
await sleep(4000);
await shoot('panel-alarm', { colorScheme: 'light' });
await shoot('panel-alarm-dark', { colorScheme: 'dark' });
await shoot('panel-alarm-phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true });
box.kill();
await sleep(14_000);
await shoot('panel-stale', { colorScheme: 'light' });
await shoot('panel-stale-dark', { colorScheme: 'dark' });

await chrome.close();
await agent.dispose();
