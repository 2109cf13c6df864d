// The panel: one stream of states from bmc-agent, drawn as they come. A value is live only while ts + ttl_s lies ahead of the agent's clock;
// after that it is grey and says its age. Nothing here controls anything.

import { alarmTitles } from './alarms.js';
import { $, chart, gauge, grade, list, make, number, setClass, text, width } from './draw.js';
import { getLanguage, setLanguage, span, word, wordOr } from './words.js';

const chartSpan = 600_000;

const page = {
  state: null,          // the last PanelState
  clockLead: 0,         // the agent's clock minus ours, ms: ours may be wrong
  receivedAt: 0,        // ours, monotonic
  history: [],          // [{at, coolant_supply_c, …}] oldest first
  historyOf: null,
  events: [],           // newest first
  eventsBefore: null,   // id to ask older ones with; null when there are none
  eventsNewest: 0,
  severity: 'information',
  details: null,        // what the dialog shows: { gpu: 3 } or { sensors: true }
  node: new URLSearchParams(location.search).get('node'),
};

const now = () => Date.now() + page.clockLead;
const query = (path, values) => `${path}?${new URLSearchParams(Object.entries(values).filter(([, v]) => v !== null && v !== undefined))}`;

// How old a frame is, s, or null while it is fresh.
function staleAge(frame) {
  const age = (now() - Date.parse(frame.ts)) / 1000;
  return age > frame.ttl_s ? age : null;
}

function clock(stamp, withDate) {
  const at = new Date(stamp);
  const options = { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false };
  // Within the last half day the time says enough.
  if (withDate && now() - at.getTime() > 43_200_000) Object.assign(options, { month: '2-digit', day: '2-digit' });
  return at.toLocaleString(getLanguage() === 'zh' ? 'zh-CN' : 'en-GB', options);
}

/* ---- what stands at the top ---- */

function verdict(state) {
  const snapshot = state.snapshot;
  if (!snapshot || (!snapshot.thermal && !snapshot.gpus.length && !snapshot.state)) return ['quiet', 'waiting'];
  const mode = snapshot.state?.state;
  if (mode === 'lost') return ['critical', 'lost'];
  if (mode === 'disconnected') return ['quiet', 'off'];
  if (!snapshot.thermal || staleAge(snapshot.thermal) !== null) return ['critical', 'stale'];
  if (snapshot.alarms.some(a => a.severity === 'critical')) return ['critical', 'critical'];
  if (mode === 'init') return ['quiet', 'starting'];
  if (mode === 'updating') return ['quiet', 'updating'];
  if (mode === 'degraded' || snapshot.alarms.some(a => a.severity === 'warning')) return ['warning', 'warning'];
  return ['ok', 'ok'];
}

function banner(state) {
  const snapshot = state.snapshot;
  if (performance.now() - page.receivedAt > 3500) return [word('banner_panel'), false];
  if (!state.bus_connected) return [word('banner_bus', state.bus_address), false];
  if (!snapshot?.thermal) return [null, false];
  const since = state.state_since ? clock(state.state_since, true) : '–';
  if (snapshot.state?.state === 'lost') return [word('banner_lost', state.node, since), false];
  if (snapshot.state?.state === 'disconnected') return [word('banner_off', state.node, since), true];
  const age = staleAge(snapshot.thermal);
  return age === null ? [null, false] : [word('banner_stale', state.node, span(age)), false];
}

function drawBar(state) {
  const [level, name] = verdict(state);
  grade($('verdict'), level);
  text('verdict-text', word(`verdict_${name}`));
  text('node', state.node);
  const thermal = state.snapshot?.thermal;
  const mode = thermal ? wordOr(`mode_${thermal.mode}`, thermal.mode) : '';
  text('mode', thermal && staleAge(thermal) !== null ? `${word('last_known')}: ${mode}` : mode);
  const [message, mild] = banner(state);
  $('banner').hidden = message === null;
  setClass($('banner'), 'mild', mild);
  if (message !== null) text('banner', message);

  const silence = (performance.now() - page.receivedAt) / 1000;
  const age = thermal ? (now() - Date.parse(thermal.ts)) / 1000 : null;
  const behind = silence > 3.5 || age === null || age > thermal.ttl_s;
  setClass($('live'), 'behind', behind);
  text('live-text', silence > 3.5 ? word('panel_gone', span(silence)) : age === null ? '' : behind ? word('behind', span(age)) : word('live'));

  const others = state.nodes.length > 1 || (state.nodes.length === 1 && state.nodes[0] !== state.node);
  $('node-pick').hidden = !others;
  if (others) {
    const names = [...new Set([...state.nodes, state.node])].sort();
    list($('nodes'), names, n => n, n => make('option', '', n), () => {});
    if ($('nodes').value !== state.node) $('nodes').value = state.node;
  }
  const supply = thermal && staleAge(thermal) === null ? `${number(thermal.coolant_supply_c, 1)} °C · ` : '';
  document.title = `${supply}${word(`verdict_${name}`)} · ${state.node}`;
}

/* ---- cards ---- */

// Greys a card and says how old it is; a card without any frame says so instead.
function age(card, frame) {
  const old = frame ? staleAge(frame) : null;
  setClass(card, 'stale', old !== null || !frame);
  const badge = card.querySelector('.age');
  badge.hidden = old === null && !!frame;
  text(badge, frame ? word('old', span(old ?? 0)) : word('never'));
}

function drawCoolant(thermal) {
  const card = $('coolant');
  age(card, thermal);
  const supply = thermal?.coolant_supply_c ?? null;
  const setpoint = thermal?.setpoint_c || 38, band = thermal?.band_k || 2;
  text('supply', number(supply, 1));
  const off = supply === null ? null : supply > setpoint + band ? supply - setpoint - band : supply < setpoint - band ? supply - setpoint + band : 0;
  const level = off === null ? 'quiet' : off === 0 ? 'ok' : off > 3 ? 'critical' : 'warning';
  grade($('supply-hint'), level);
  grade(card.querySelector('.hero'), level);
  text('supply-hint', off === null ? word('unknown') : off === 0 ? word('in_band')
    : word(off > 0 ? 'above_band' : 'below_band', Math.abs(off).toFixed(1)));
  gauge($('gauge'), supply, setpoint, band, word('gauge', number(supply, 1), setpoint - band, setpoint + band));
  const first = page.history.length ? Math.min(chartSpan, Math.max(60_000, now() - page.history[0].at)) : 60_000;
  chart($('chart'), page.history, now(), first, setpoint, band, word('chart', Math.round(first / 60000)));
  text('chart-from', first < 90_000 ? word('seconds_ago', Math.round(first / 1000)) : word('minutes_ago', Math.round(first / 60000)));
}

function drawLoop(thermal, power) {
  age($('loop'), thermal);
  text('return', number(thermal?.coolant_return_c, 1));
  text('flow', number(thermal?.flow_l_min, 1));
  text('room', number(thermal?.ambient_c, 1));
  text('dew', number(thermal?.dew_point_c, 1));
  const heat = thermal?.heat_w ?? null, capacity = thermal?.capacity_w ?? null;
  text('heat', number(heat === null ? null : heat / 1000, 2));
  text('capacity', number(capacity === null ? null : capacity / 1000, 1));
  const load = heat === null || !capacity ? null : heat / capacity;
  width($('heat-track'), load ?? 0);
  grade($('heat-track'), load === null ? 'quiet' : load > 1 ? 'critical' : load > 0.9 ? 'warning' : 'ok');
  const room = capacity === null || heat === null ? null : (capacity - heat) / 1000;
  const headroom = room === null ? word('capacity_unknown') : room >= 0
    ? word('headroom', room.toFixed(1)) : word('no_headroom', (-room).toFixed(1));
  text('heat-note', headroom + (power && staleAge(power) === null ? ` · ${word('box_power', (power.total_w / 1000).toFixed(2))}` : ''));
  setClass($('leak'), 'critical', thermal?.leak === true);
  text('leak', !thermal ? '' : thermal.leak ? word('leak')
    : word('dry') + (thermal.level_percent === null ? '' : ` · ${word('level', thermal.level_percent.toFixed(0))}`));
}

function alarmTitle(alarm) {
  const known = alarmTitles[alarm.code];
  return known ? known[getLanguage() === 'zh' ? 1 : 0] : alarm.code.replaceAll('_', ' ');
}

function drawAlarms(alarms, remembered) {
  $('alarms-age').hidden = !remembered || alarms.length === 0;
  text('alarms-age', word('last_known'));
  text('alarm-count', alarms.length);
  $('alarm-count').hidden = alarms.length === 0;
  // An old silence is no all-clear.
  $('calm').hidden = alarms.length !== 0 || remembered;
  setClass($('alarms'), 'none-standing', alarms.length === 0);
  list($('alarm-list'), alarms, a => `${a.code}/${a.target}`, () => make('li', 'alarm',
    make('div', 'title', make('span', 'mark'), make('span', 'name'), make('span', 'when')), make('p', 'text'),
    make('p', 'step', make('b', ''), make('span', ''), make('a', 'more-in-guide'))), (item, alarm) => {
    item.className = `alarm ${alarm.severity}`;
    item.querySelector('.title').classList.add(alarm.severity);
    text(item.querySelector('.name'), `${alarmTitle(alarm)} · ${alarm.target}`);
    text(item.querySelector('.when'), clock(alarm.raised_at, true) + (alarm.acknowledged ? ` · ${word('acknowledged')}` : ''));
    item.querySelector('.when').title = word('since', clock(alarm.raised_at, true));
    text(item.querySelector('.text'), alarm.text);
    text(item.querySelector('.step b'), `${word('next')}: `);
    text(item.querySelector('.step span'), alarm.next_step);
    text(item.querySelector('.step a'), ` ${word('guide')}`);
    item.querySelector('.step a').href = `/guide?q=${encodeURIComponent(alarm.code)}`;
  });
}

// The name is the button; by its style the whole tile is.
function opener(index) {
  const button = make('button', 'plain name');
  button.type = 'button';
  button.setAttribute('aria-haspopup', 'dialog');
  button.addEventListener('click', () => openDetails({ gpu: index }));
  return button;
}

const gpuLevel = { ok: 'ok', warning: 'warning', lost: 'critical', unreadable: 'critical' };

function drawGpus(gpus) {
  const fresh = gpus.filter(g => staleAge(g) === null && g.power_w !== null);
  text('gpu-sum', fresh.length ? `${(fresh.reduce((sum, g) => sum + g.power_w, 0) / 1000).toFixed(2)} kW` : '');
  const fitted = Math.max(8, ...gpus.map(g => g.index + 1));
  const tiles = Array.from({ length: fitted }, (_, index) => gpus.find(g => g.index === index) ?? { index, missing: true });
  list($('gpu-list'), tiles, t => t.index, gpu => make('li', 'tile',
    make('div', 'head', make('span', 'mark'), opener(gpu.index), make('span', 'state')),
    make('div', 'pair', make('div', 'degrees', make('span', ''), make('small', '', ' °C')), make('div', 'watts', make('span', ''), make('small', '', ' W'))),
    make('div', 'track', make('i')), make('div', 'rest')), (tile, gpu) => {
    const old = gpu.missing ? null : staleAge(gpu);
    const level = gpu.missing ? 'quiet' : gpuLevel[gpu.state] ?? 'warning';
    grade(tile, level);
    grade(tile.querySelector('.head'), level);
    setClass(tile, 'stale', gpu.missing || old !== null);
    text(tile.querySelector('.name'), `GPU ${gpu.index}`);
    setClass(tile.querySelector('.state'), 'old', gpu.missing || old !== null);
    text(tile.querySelector('.state'), gpu.missing ? word('never') : old !== null ? word('old', span(old)) : wordOr(`state_${gpu.state}`, gpu.state));
    text(tile.querySelector('.degrees span'), number(gpu.temperature_c, 0));
    text(tile.querySelector('.watts span'), number(gpu.power_w, 0));
    width(tile.querySelector('.track'), gpu.power_w && gpu.power_limit_w ? gpu.power_w / gpu.power_limit_w : 0);
    const rest = [];
    if (gpu.margin_k !== null && gpu.margin_k !== undefined) rest.push(word('margin', gpu.margin_k.toFixed(0)));
    if (gpu.memory_temperature_c !== null && gpu.memory_temperature_c !== undefined) rest.push(word('hbm', gpu.memory_temperature_c.toFixed(0)));
    if (gpu.limit_reason) rest.unshift(gpu.limit_reason);
    if (gpu.throttle_reasons?.length) rest.unshift(gpu.throttle_reasons.join(', '));
    text(tile.querySelector('.rest'), rest.join(' · '));
    tile.title = [gpu.name, gpu.pci_bus_id, ...rest].filter(Boolean).join('\n');
    tile.setAttribute('aria-label', gpu.missing ? `GPU ${gpu.index}: ${word('never')}`
      : word('gpu_label', gpu.index, number(gpu.temperature_c, 0), number(gpu.power_w, 0), wordOr(`state_${gpu.state}`, gpu.state)));
  });
}

const rotorLevel = { ok: 'ok', slow: 'warning', tach_lost: 'warning', stalled: 'critical', write_failed: 'critical', absent: 'quiet' };

function drawRotors(card, rotors, thermal) {
  age(card, thermal);
  // Who drives them and why is said once for the many, and again only where one differs.
  const reasons = new Map();
  for (const rotor of rotors) reasons.set(rotor.reason, (reasons.get(rotor.reason) ?? 0) + 1);
  const usual = [...reasons].sort((one, other) => other[1] - one[1])[0]?.[0] ?? '';
  text(card.querySelector('.why'), usual);
  card.querySelector('.why').title = usual;
  list(card.querySelector('ul'), rotors, r => r.name, () => make('li', 'rotor',
    make('span', 'name', make('span', 'mark'), make('span', 'word')), make('span', 'duty', make('span', ''), make('small', '', ' %')),
    make('div', 'track', make('i')), make('span', 'rpm'), make('span', 'own')), (row, rotor) => {
    const level = rotorLevel[rotor.state] ?? 'warning';
    grade(row, level);
    grade(row.querySelector('.name'), level);
    grade(row.querySelector('.track'), level === 'ok' || level === 'quiet' ? 'ok' : level);
    text(row.querySelector('.word'), rotor.name);
    text(row.querySelector('.duty span'), number(rotor.duty_percent, 0));
    const state = wordOr(`state_${rotor.state}`, rotor.state);
    text(row.querySelector('.rpm'), rotor.state === 'ok' ? `${number(rotor.rpm, 0)} rpm` : rotor.rpm === null ? state : `${state} · ${number(rotor.rpm, 0)} rpm`);
    width(row.querySelector('.track'), rotor.duty_percent / 100);
    const own = rotor.reason === usual ? '' : rotor.reason;
    text(row.querySelector('.own'), own);
    row.querySelector('.own').hidden = own === '';
    row.title = rotor.reason;
    row.setAttribute('aria-label', word('rotor_label', rotor.name, number(rotor.duty_percent, 0), number(rotor.rpm, 0), state));
  });
}

const modelLevel = { ready: 'ok', loading: 'warning', failed: 'critical', parked: 'quiet' };

function drawModel(inference) {
  age($('model'), inference);
  text('model-name', inference?.model ?? '–');
  grade($('model-tag'), inference ? modelLevel[inference.state] ?? 'quiet' : 'quiet');
  text('model-tag', inference ? wordOr(`model_${inference.state}`, inference.state) : '–');
  text('model-detail', inference ? [inference.device, inference.detail].filter(Boolean).join(' · ') : '');
  text('model-speed', number(inference?.tokens_per_second, 1));
  text('model-running', inference?.running ?? '–');
  text('model-waiting', inference?.waiting ?? '–');
  text('model-total', inference?.requests_total ?? '–');
}

function drawEvents() {
  const shown = page.events;
  list($('event-list'), shown, e => e.id, e => make('li', `event ${e.severity}`, make('span', 'mark'), make('time', ''), make('span', 'what')), (row, e) => {
    grade(row, e.severity === 'information' ? 'quiet' : e.severity);
    const stamp = row.querySelector('time');
    stamp.dateTime = e.ts;
    text(stamp, clock(e.ts, true));
    text(row.querySelector('.what'), e.text);
    row.title = `${e.kind}${e.target ? ` · ${e.target}` : ''} · ${e.source} ${e.epoch}/${e.seq}`;
  });
  let none = $('events').querySelector('.none');
  if (!shown.length && !none) $('event-list').after(none = make('p', 'none'));
  if (none) {
    none.hidden = shown.length > 0;
    text(none, word(page.severity === 'information' ? 'no_events' : 'no_events_filter'));
  }
  $('older').hidden = page.eventsBefore === null;
}

/* ---- more about one thing ---- */

function openDetails(what) {
  page.details = what;
  drawDetails();
  $('details').showModal();
}

const withUnit = (value, digits, unit) => value === null || value === undefined ? '–' : `${value.toFixed(digits)} ${unit}`;

function gpuRows(gpu) {
  const memory = gpu.memory_used_mib === null || gpu.memory_total_mib === null ? '–'
    : `${(gpu.memory_used_mib / 1024).toFixed(1)} / ${(gpu.memory_total_mib / 1024).toFixed(1)} GiB`;
  return [
    ['gpu_name', gpu.name ?? '–'], ['pci', gpu.pci_bus_id ?? '–'], ['uuid', gpu.uuid ?? '–'],
    ['power', withUnit(gpu.power_w, 1, 'W')], ['limit', [withUnit(gpu.power_limit_w, 0, 'W'), gpu.lowest_clock && word('lowest_clock'), gpu.limit_reason].filter(Boolean).join(', ')],
    ['die', withUnit(gpu.temperature_c, 0, '°C')], ['memory_heat', withUnit(gpu.memory_temperature_c, 0, '°C')], ['left', withUnit(gpu.margin_k, 0, 'K')],
    ['sm_clock', withUnit(gpu.sm_clock_mhz, 0, 'MHz')], ['utilization', withUnit(gpu.utilization_percent, 0, '%')], ['memory', memory],
    ['throttle', gpu.throttle_reasons.join(', ') || word('none')],
  ].map(([key, value]) => ({ key, name: word(key), value, note: '', level: '' }));
}

function sensorRows(thermal) {
  return thermal.sensors.map(sensor => ({
    key: sensor.name, name: sensor.name, value: withUnit(sensor.value, sensor.unit === 'C' ? 2 : 1, sensor.unit === 'C' ? '°C' : sensor.unit),
    note: wordOr(`quality_${sensor.q}`, sensor.q), level: sensor.q === 'good' ? 'ok' : sensor.q === 'suspect' ? 'warning' : 'quiet',
  }));
}

function drawDetails() {
  const snapshot = page.state?.snapshot;
  if (!page.details || !snapshot) return;
  const gpu = snapshot.gpus.find(g => g.index === page.details.gpu);
  const frame = page.details.sensors ? snapshot.thermal : gpu;
  text('details-h', page.details.sensors ? word('sensors') : `GPU ${page.details.gpu}`);
  const old = frame ? staleAge(frame) : null;
  setClass($('details'), 'stale', old !== null);
  $('details-age').hidden = old === null && !!frame;
  text('details-age', frame ? word('old', span(old ?? 0)) : word('never'));
  const rows = !frame ? [] : page.details.sensors ? sensorRows(frame) : gpuRows(frame);
  list($('details-rows'), rows, r => r.key, () => make('tr', '', make('th'), make('td', 'figure'), make('td', 'note', make('span', 'mark'), make('span'))), (row, r) => {
    row.firstElementChild.scope = 'row';
    text(row.children[0], r.name);
    text(row.children[1], r.value);
    grade(row.children[2], r.level);
    row.children[2].hidden = r.note === '';
    text(row.children[2].lastElementChild, r.note);
  });
}

function drawEmpty(state, connecting) {
  text('empty-title', connecting ? word('connecting_title') : word('empty_title', state.node));
  text('empty-text', word(connecting ? 'connecting_text' : 'empty_text'));
  text('empty-bus', connecting ? '…' : word(state.bus_connected ? 'bus_up' : 'bus_down', state.bus_address));
  text('empty-node', connecting ? '…' : state.node);
}

function draw() {
  const state = page.state;
  if (!state) {
    drawEmpty(null, true);
    $('empty').hidden = false;
    text('verdict-text', word('verdict_connecting'));
    grade($('verdict'), 'quiet');
    return;
  }
  const snapshot = state.snapshot;
  const blank = !snapshot || (!snapshot.thermal && !snapshot.gpus.length && !snapshot.inference && !snapshot.alarms.length);
  document.body.dataset.phase = blank ? 'empty' : 'live';
  $('empty').hidden = !blank;
  $('main').hidden = blank;
  drawBar(state);
  if (blank) drawEmpty(state, false);
  else {
    drawCoolant(snapshot.thermal);
    drawLoop(snapshot.thermal, snapshot.power);
    drawAlarms(snapshot.alarms, !snapshot.thermal || staleAge(snapshot.thermal) !== null);
    drawGpus(snapshot.gpus);
    drawRotors($('fans'), snapshot.thermal?.fans ?? [], snapshot.thermal);
    drawRotors($('pumps'), snapshot.thermal?.pumps ?? [], snapshot.thermal);
    drawModel(snapshot.inference);
    drawEvents();
    if ($('details').open) drawDetails();
  }
  text('foot', word('foot', state.version, state.bus_address));
}

/* ---- what comes in ---- */

async function loadHistory(node) {
  page.historyOf = node;
  const answer = await fetch(query('/api/history', { node }));
  if (!answer.ok) return;
  const samples = (await answer.json()).map(s => ({ ...s, at: Date.parse(s.ts) }));
  const newest = samples.length ? samples[samples.length - 1].at : 0;
  page.history = [...samples, ...page.history.filter(s => s.at > newest)];
}

function remember(thermal) {
  if (!thermal) return;
  const at = Date.parse(thermal.ts);
  const last = page.history[page.history.length - 1];
  if (last && at < last.at - 5000) page.history = [];
  else if (last && at - last.at < 900) return;
  page.history.push({ at, coolant_supply_c: thermal.coolant_supply_c, coolant_return_c: thermal.coolant_return_c });
  while (page.history.length && now() - page.history[0].at > chartSpan) page.history.shift();
}

let loadingEvents = false;

async function loadEvents(how) {
  if (loadingEvents) return;
  loadingEvents = true;
  try {
    const asked = { severity: page.severity, limit: how === 'new' ? 200 : 50 };
    if (how === 'new' && page.events.length) asked.after = page.eventsNewest;
    if (how === 'older') asked.before = page.eventsBefore;
    const answer = await fetch(query('/api/events', asked));
    if (!answer.ok) return;
    const found = await answer.json();
    if (how === 'older') page.events = [...page.events, ...found.events];
    else if (how === 'new' && page.events.length) page.events = [...found.events, ...page.events].slice(0, 500);
    else page.events = found.events;
    if (how !== 'new' || !page.events.length || asked.after === undefined) page.eventsBefore = found.next_before;
    page.eventsNewest = Math.max(page.eventsNewest, found.last_id);
    drawEvents();
  } finally {
    loadingEvents = false;
  }
}

function receive(state) {
  page.clockLead = Date.parse(state.now) - Date.now();
  page.receivedAt = performance.now();
  const before = page.state?.snapshot?.thermal?.ts;
  page.state = state;
  if (page.historyOf !== state.node) {
    page.history = [];
    loadHistory(state.node).catch(() => { page.historyOf = null; });
  }
  remember(state.snapshot?.thermal);
  if (state.events_last_id !== page.eventsNewest) loadEvents('new').catch(() => {});
  if (before && before !== state.snapshot?.thermal?.ts) {
    setClass($('live'), 'beat', false);
    requestAnimationFrame(() => setClass($('live'), 'beat', true));
  }
  draw();
}

let stream = null;

function connect() {
  stream?.close();
  stream = new EventSource(query('/api/stream', { node: page.node }));
  stream.onmessage = message => receive(JSON.parse(message.data));
  // EventSource reconnects by itself except after an answer it calls fatal.
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
  };
}

/* ---- language, light, filter ---- */

function applyLanguage(next) {
  setLanguage(next);
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
  for (const element of document.querySelectorAll('[data-word]')) text(element, word(element.dataset.word));
  for (const element of document.querySelectorAll('[data-word-label]')) element.setAttribute('aria-label', word(element.dataset.wordLabel));
  text('language', next === 'zh' ? 'English' : '中文');
  $('language').lang = next === 'zh' ? 'en' : 'zh-CN';
  applyTheme(document.documentElement.dataset.theme ?? null);
  draw();
}

const systemDark = matchMedia('(prefers-color-scheme: dark)');

function applyTheme(chosen) {
  if (chosen) document.documentElement.dataset.theme = chosen;
  const dark = (chosen ?? (systemDark.matches ? 'dark' : 'light')) === 'dark';
  text('theme', word(dark ? 'to_light' : 'to_dark'));
  $('theme').dataset.next = dark ? 'light' : 'dark';
}

$('language').addEventListener('click', () => {
  const next = getLanguage() === 'zh' ? 'en' : 'zh';
  localStorage.setItem('language', next);
  applyLanguage(next);
});
$('theme').addEventListener('click', () => {
  localStorage.setItem('theme', $('theme').dataset.next);
  applyTheme($('theme').dataset.next);
});
systemDark.addEventListener('change', () => applyTheme(document.documentElement.dataset.theme ?? null));
$('nodes').addEventListener('change', () => {
  page.node = $('nodes').value;
  history.replaceState(null, '', query('/', { node: page.node }));
  connect();
});
$('sensors').addEventListener('click', () => openDetails({ sensors: true }));
$('details-close').addEventListener('click', () => $('details').close());
$('details').addEventListener('click', event => { if (event.target === $('details')) $('details').close(); });
$('older').addEventListener('click', () => loadEvents('older'));
for (const button of document.querySelectorAll('[data-severity]')) {
  button.addEventListener('click', () => {
    page.severity = button.dataset.severity;
    for (const other of document.querySelectorAll('[data-severity]')) other.setAttribute('aria-pressed', String(other === button));
    page.events = [];
    page.eventsNewest = 0;
    loadEvents('first');
  });
}

applyTheme(localStorage.getItem('theme'));
applyLanguage(localStorage.getItem('language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en'));
connect();
// Ages grow while nothing arrives.
setInterval(draw, 500);
