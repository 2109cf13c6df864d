// The panel in a real browser, fed with real frames over MQTT: values live without a reload, alarms with their next step, grey with an age after
// the sender died, last-known values after a restart of the agent.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Agent, Box, browser, sleep, until } from './bench.mjs';

let agent, chrome, page;
const faults = [];

const read = selector => page.locator(selector).first().textContent();
const shows = (what, selector, pattern, limitMs = 6000) => until(`${what} (${selector} ~ ${pattern})`, limitMs, async () => pattern.test(await read(selector)));

before(async () => {
  agent = await Agent.start();
  chrome = await browser();
  page = await (await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', colorScheme: 'light' })).newPage();
  page.on('pageerror', error => faults.push(String(error)));
  page.on('console', message => message.type() === 'error' && !/ERR_(CONNECTION|INCOMPLETE|NETWORK)/.test(message.text()) && faults.push(message.text()));
  await page.goto(agent.url);
});

after(async () => {
  await chrome?.close();
  await agent?.dispose();
});

test('the panel, from the first second to the death of its sender', { timeout: 120_000 }, async step => {
  let box = new Box(agent);

  await step.test('before the first frame it says what it waits for and shows no value', async () => {
    await shows('the empty state', '#empty-title', /Waiting for the first message of box1/);
    assert.match(await read('#empty-bus'), /^connected/);
    assert.equal(await page.locator('#main').isHidden(), true);
    assert.equal(await page.locator('.hero .value').isVisible(), false);
  });

  await step.test('values appear by themselves and follow the box without a reload', async () => {
    await page.evaluate(() => { window.sameDocument = true; });
    box.start();
    await shows('the supply', '#supply', /^3[78]\.\d$/);
    await shows('the verdict', '#verdict-text', /^Normal$/);
    assert.equal(await page.locator('#gpu-list .tile').count(), 8);
    assert.equal(await page.locator('#fan-list .rotor').count(), 6);
    assert.equal(await page.locator('#pump-list .rotor').count(), 2);
    await shows('the model', '#model-name', /field-guide/);
    box.supply = 39.2;
    await shows('the new supply', '#supply', /^39\.\d$/);
    box.supply = 41.5;
    await shows('out of the band, in words', '#supply-hint', /above the band/);
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    assert.match(await page.title(), /°C/);
  });

  await step.test('an alarm stands with its next step and goes when it is cleared; a lost GPU shows no number', async () => {
    box.lostGpu = 5;
    await box.raise('gpu_lost', 'gpu5', 'critical', 'gpu5 has fallen off the bus (XID 79).', 'Drain the box, then restart it.');
    await shows('the alarm', '#alarm-list .alarm .name', /GPU lost · gpu5/);
    assert.match(await read('#alarm-list .step'), /Next step: Drain the box/);
    assert.match(await page.locator('#alarm-list .step a').first().getAttribute('href'), /^\/guide\?q=gpu_lost$/);
    await shows('the verdict', '#verdict-text', /^Critical$/);
    await shows('the GPU', '#gpu-list .tile:nth-child(6) .degrees', /–/);
    await box.clear('gpu_lost', 'gpu5');
    box.lostGpu = null;
    await until('no alarm', 5000, () => page.locator('#calm').isVisible());
  });

  await step.test('a GPU and the sensors say more when asked, live, and close by Escape', async () => {
    await page.getByRole('button', { name: 'GPU 2', exact: true }).click();
    await shows('the dialog', '#details-h', /^GPU 2$/);
    assert.match(await read('#details-rows'), /Power limit700 W/);
    const power = await page.locator('#details-rows tr:nth-child(4) td').first().textContent();
    await until('the power moves', 4000, async () => await page.locator('#details-rows tr:nth-child(4) td').first().textContent() !== power);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#details').isVisible(), false);
    await page.locator('#sensors').click();
    await shows('a good sensor', '#details-rows tr:nth-child(1)', /coolant_supply1.*°C.*good/);
    await shows('an absent one', '#details-rows tr:nth-child(2)', /humidity1.*–.*absent/);
    await page.locator('#details-close').click();
    assert.equal(await page.locator('#details').isVisible(), false);
  });

  await step.test('events arrive once, however often they are sent, and can be filtered', async () => {
    await box.event(1, 'daemon_started', 'information', 'First light.');
    await box.event(2, 'alarm_raised', 'warning', 'Second sight.');
    await box.event(2, 'alarm_raised', 'warning', 'Second sight.');
    await shows('the event', '#event-list', /Second sight/);
    await sleep(600);
    assert.equal(await page.locator('#event-list .event', { hasText: 'Second sight' }).count(), 1);
    await page.getByRole('button', { name: 'Warnings' }).click();
    await until('only warnings', 3000, async () => !(await read('#event-list')).includes('First light'));
    await page.getByRole('button', { name: 'All' }).click();
    await shows('all events', '#event-list', /First light/);
  });

  await step.test('it speaks Chinese and English, is light and dark, and both are remembered', async () => {
    await page.locator('#language').click();
    await shows('Chinese', '#verdict-text', /[\u4e00-\u9fff]/);
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.locator('#theme').click();
    const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.notEqual(light, dark);
    await page.reload();
    await shows('Chinese still', '#verdict-text', /[\u4e00-\u9fff]/);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), dark);
    await page.locator('#language').click();
    await page.locator('#theme').click();
  });

  await step.test('nothing is cut off or scrolls sideways on a desk, a wall and a phone; every control can be reached by keyboard', async () => {
    for (const [width, height] of [[1280, 800], [1920, 1080], [800, 1100], [390, 844], [320, 640]]) {
      await page.setViewportSize({ width, height });
      await sleep(100);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${width}×${height} is ${wide} px too wide`);
      const cut = await page.evaluate(() => [...document.querySelectorAll('.card b, .card dt, .card h2, .card .name, .card .duty, .card .degrees, .card .watts, .card .chart-feet')]
        .filter(e => e.offsetParent && e.getBoundingClientRect().right > e.closest('.card').getBoundingClientRect().right - 4).map(e => e.id || e.className || e.textContent));
      assert.deepEqual(cut, [], `cut off at ${width}×${height}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    const tall = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    assert.ok(tall <= 0, `1280×800 is ${tall} px too tall`);
    const reached = new Set();
    await page.evaluate(() => document.activeElement?.blur());
    for (let press = 0; press < 24; press++) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(() => document.activeElement?.id || document.activeElement?.dataset?.severity || document.activeElement?.className));
    }
    for (const control of ['language', 'theme', 'sensors', 'warning', 'critical', 'event-list']) assert.ok(reached.has(control), `${control} is not reached by Tab`);
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button, select, svg[role=img], section')]
      .filter(e => e.offsetParent && !(e.textContent.trim() || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby'))).map(e => e.id));
    assert.deepEqual(nameless, []);
  });

  await step.test('a killed sender is shown lost within three seconds, its values grey with their age', async () => {
    const killedAt = Date.now();
    box.kill();
    await until('lost', 3000, async () => (await agent.json('api/snapshot')).snapshot.state.state === 'lost');
    await shows('lost on the page', '#verdict-text', /^Lost$/, Math.max(500, killedAt + 3500 - Date.now()));
    await until('grey', 6000, () => page.locator('#coolant.stale').count());
    assert.match(await read('#coolant .age'), /^\d+ s old$/);
    assert.match(await read('#supply'), /^41\.\d$/);
    assert.equal(await page.locator('#gpu-list .tile.stale').count(), 8);
    const filter = await page.evaluate(() => getComputedStyle(document.querySelector('#coolant .hero')).filter);
    assert.match(filter, /grayscale/);
    assert.match(await read('#banner'), /box1 is lost since/);
    const before = parseInt(await read('#coolant .age'), 10);
    await sleep(2200);
    assert.ok(parseInt(await read('#coolant .age'), 10) >= before + 2, 'the age does not grow');
    await shows('the event', '#event-list', /box1 is lost/);
  });

  await step.test('kill -9 of the agent: the page says so, reconnects by itself and shows the last-known values, not a blank', async () => {
    await sleep(1200); // the last-known file is written every ten seconds and at the end; here it was written long ago or not at all
    await until('the last-known values are on disk', 12_000, async () => {
      const { existsSync, readFileSync } = await import('node:fs');
      const file = `${agent.folder}/run/state/last-known.json`;
      return existsSync(file) && readFileSync(file, 'utf8').includes('"lost"');
    });
    await agent.stop('SIGKILL');
    await shows('the page knows', '#banner', /lost its connection to bmc-agent/);
    await agent.launch();
    await until('the banner of the lost box again', 10_000, async () => /is lost since/.test(await read('#banner')));
    assert.match(await read('#supply'), /^41\.\d$/);
    assert.equal(await page.locator('#coolant.stale').count(), 1);
    await shows('the log survived', '#event-list', /First light/);

    box = new Box(agent);
    box.start();
    await shows('live again', '#verdict-text', /^Normal$/, 8000);
    assert.equal(await page.locator('#coolant.stale').count(), 0);
    box.kill();
  });

  await step.test('the page logged no error and asked nobody else', () => assert.deepEqual(faults, []));
});

test('the guide is read, searched and asked in both languages, without the box', { timeout: 60_000 }, async () => {
  const guide = await (await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })).newPage();
  guide.on('pageerror', error => faults.push(String(error)));
  const until_shows = (selector, pattern) => until(`${selector} ~ ${pattern}`, 5000, async () => pattern.test(await guide.locator(selector).first().textContent({ timeout: 500 }).catch(() => '')));
  await guide.goto(agent.url + 'guide');
  await until_shows('#said', /^\d{3} entries/);
  assert.ok(await guide.locator('#entries li').count() > 200);
  await guide.fill('#question', 'what do I do when a fan has stalled');
  await until_shows('#entries .best small', /^fan-stalled$/);
  assert.ok(await guide.locator('#entries .best code').count() > 0, 'what stands in backticks is code');
  await guide.fill('#question', 'qwertz asdf');
  await until_shows('#said', /Not in the guide/);
  await guide.fill('#question', '<img src=x onerror=alert(1)>');
  await until_shows('#said', /guide|entries/i);
  assert.equal(await guide.locator('#entries img').count(), 0);
  await guide.goto(agent.url + 'guide?q=fan_stalled');
  await until_shows('#entries .best small', /fan/);
  await guide.click('#language');
  await until_shows('#entries .best p', /[一-龥]/);
  await guide.close();
  const long = await fetch(`${agent.url}api/guide?q=${'x'.repeat(301)}`);
  assert.equal(long.status, 400);
  assert.match((await long.json()).error, /301 characters; 300 is the limit/);
  assert.deepEqual(faults, []);
});
