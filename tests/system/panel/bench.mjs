// A bmc-agent on ports of its own and, on its bus, a box made of the wire's goldens: real frames through Debian's mosquitto_pub, one process
// per topic, so that the sender can be killed like a daemon.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../../..');
const golden = name => JSON.parse(readFileSync(join(root, 'tests/golden/wire', `${name}.json`), 'utf8'));

export const sleep = ms => new Promise(done => setTimeout(done, ms));

export async function until(what, limitMs, condition) {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`Not within ${limitMs / 1000} s: ${what}`);
    await sleep(50);
  }
}

async function freePort() {
  const server = createServer();
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise(done => server.close(done));
  return port;
}

export class Agent {
  static async start(options = {}) {
    const agent = new Agent();
    agent.folder = mkdtempSync(join(tmpdir(), 'panel-'));
    agent.mqtt = await freePort();
    agent.port = await freePort();
    agent.url = `http://127.0.0.1:${agent.port}/`;
    writeFileSync(join(agent.folder, 'appliance.json'),
      JSON.stringify({ bus: { port: agent.mqtt }, bmc_agent: { port: agent.port }, ...options }));
    await agent.launch();
    return agent;
  }

  async launch() {
    const program = join(process.env.APPLIANCE_BIN_DIR ?? join(root, 'artifacts'), 'bmc-agent');
    this.process = spawn(program, ['serve', '--config', join(this.folder, 'appliance.json'), '--run-dir', join(this.folder, 'run')],
      { stdio: ['ignore', 'inherit', 'inherit'] });
    await until('the panel answers', 15_000, () => fetch(`${this.url}api/snapshot`).then(r => r.ok, () => false));
  }

  get json() {
    return path => fetch(this.url + path).then(r => r.json());
  }

  async stop(signal = 'SIGTERM') {
    if (this.process.exitCode !== null) return;
    const ended = new Promise(done => this.process.once('exit', done));
    this.process.kill(signal);
    await ended;
  }

  async dispose() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// What the box looks like; tests change it while it runs.
export class Box {
  constructor(agent) {
    this.agent = agent;
    this.supply = 38.0;
    this.heat = 5200;
    this.fans = 46;
    this.lostGpu = null;
    this.stalledFan = null;
    this.tick = 0;
    this.senders = new Map();
  }

  topic(below) {
    return `appliance/v1/box1/${below}`;
  }

  sender(below, ...more) {
    if (!this.senders.has(below)) {
      this.senders.set(below, spawn('mosquitto_pub',
        ['-h', '127.0.0.1', '-p', String(this.agent.mqtt), '-V', '5', '-k', '5', '-l', '-t', this.topic(below), ...more],
        { stdio: ['pipe', 'inherit', 'inherit'] }));
    }
    return this.senders.get(below);
  }

  send(below, value, ...more) {
    this.sender(below, ...more).stdin.write(`${JSON.stringify(value)}\n`);
  }

  start() {
    const state = { ...golden('state'), ts: new Date().toISOString() };
    this.send('$state', state, '-r', '-q', '1', '--will-topic', this.topic('$state'), '--will-retain', '--will-qos', '1',
      '--will-payload', JSON.stringify({ ...state, state: 'lost' }));
    this.beat();
    this.timer = setInterval(() => this.beat(), 1000);
  }

  beat() {
    const wave = (period, phase = 0) => Math.sin((this.tick / period + phase) * 2 * Math.PI);
    this.tick += 1;
    this.frame('thermal', {
      coolant_supply_c: this.supply + 0.12 * wave(40), coolant_return_c: this.supply + 7.6 + 0.5 * wave(55), flow_l_min: 9.8 + 0.1 * wave(17),
      ambient_c: 24.6, humidity_percent: 44, dew_point_c: 11.6, heat_w: this.heat + 60 * wave(23), capacity_w: 7400, level_percent: 92,
      fans: [1, 2, 3, 4, 5, 6].map(n => this.stalledFan === n
        ? { name: `fan${n}`, duty_percent: 100, rpm: 0, state: 'stalled', reason: 'does not turn; the others cover for it' }
        : { name: `fan${n}`, duty_percent: this.fans, rpm: this.fans * 52 + 9 * n, state: 'ok', reason: this.stalledFan ? 'return 45.8 °C, one fan down' : 'return 45.8 °C' }),
      pumps: [1, 2].map(n => ({ name: `pump${n}`, duty_percent: 72, rpm: 3460 + 8 * n, state: 'ok', reason: 'heat 5.2 kW, 8 K across the plates' })),
      tick: this.tick,
    });
    for (let index = 0; index < 8; index++) {
      const lost = this.lostGpu === index;
      const power = this.heat / 8 + 22 * wave(13, index / 8);
      this.frame(`gpu/${index}`, lost
        ? { index, state: 'lost', power_w: null, temperature_c: null, throttle_reasons: [] }
        : { index, state: 'ok', power_w: power, power_limit_w: 700, temperature_c: 38 + power / 26 + index % 3, memory_temperature_c: 52 + power / 40,
          margin_k: 49 - power / 26 - index % 3, sm_clock_mhz: 1755, utilization_percent: 97, throttle_reasons: [] });
    }
    this.frame('power', { gpus_w: this.heat, fans_w: 96, pumps_w: 148, total_w: this.heat + 244 });
    this.frame('fabric', {});
    this.frame('inference', { model: 'field-guide', running: 2, waiting: 0, requests_total: 1284 + this.tick, tokens_per_second: 611 + 30 * wave(11) });
  }

  frame(component, values) {
    const template = golden(component.split('/')[0]);
    this.send(`frame/${component}`, { ...template, ...values, ts: new Date().toISOString() }, '-q', '0');
  }

  once(...args) {
    return new Promise((done, fail) => {
      const sender = spawn('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(this.agent.mqtt), '-V', '5', '-q', '1', ...args], { stdio: 'inherit' });
      sender.once('exit', code => code === 0 ? done() : fail(new Error(`mosquitto_pub ended with ${code}`)));
    });
  }

  raise(code, target, severity, text, nextStep) {
    return this.once('-r', '-t', this.topic(`alarm/${code}/${target}`), '-m',
      JSON.stringify({ code, target, severity, text, next_step: nextStep, raised_at: new Date().toISOString(), acknowledged: false }));
  }

  clear(code, target) {
    return this.once('-r', '-n', '-t', this.topic(`alarm/${code}/${target}`));
  }

  event(seq, kind, severity, text, target = null) {
    return this.once('-t', this.topic('event'), '-m',
      JSON.stringify({ epoch: 7, seq, kind, code: null, target, severity, text, ts: new Date().toISOString() }));
  }

  // As a machine dies: no goodbye from any of its connections.
  kill() {
    clearInterval(this.timer);
    for (const sender of this.senders.values()) sender.kill('SIGKILL');
    this.senders.clear();
  }
}

export async function browser() {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}
