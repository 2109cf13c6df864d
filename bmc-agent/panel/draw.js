// Small drawing aids: text that touches the page only when it changed, lists that keep their elements, the gauge and the ten-minute chart.

const svgSpace = 'http://www.w3.org/2000/svg';

export const $ = id => document.getElementById(id);

export function text(target, value) {
  const element = typeof target === 'string' ? $(target) : target;
  const next = String(value);
  if (element.textContent !== next) element.textContent = next;
}

export function number(value, digits) {
  return value === null || value === undefined ? '–' : value.toFixed(digits);
}

export function setClass(element, name, on) {
  if (element.classList.contains(name) !== on) element.classList.toggle(name, on);
}

// Exactly one of the verdict classes.
export function grade(element, level) {
  for (const name of ['ok', 'warning', 'critical', 'quiet']) setClass(element, name, name === level);
}

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// Keeps one child per key, in order; builds with create(), refreshes with update().
export function list(parent, items, keyOf, create, update) {
  const held = new Map([...parent.children].map(child => [child.dataset.key, child]));
  let before = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let child = held.get(key);
    if (child) held.delete(key);
    else {
      child = create(item);
      child.dataset.key = key;
    }
    update(child, item);
    if (child === before) before = before.nextElementSibling;
    else parent.insertBefore(child, before);
  }
  for (const gone of held.values()) gone.remove();
}

export function width(track, fraction) {
  const bar = track.firstElementChild;
  const next = `${Math.max(0, Math.min(100, fraction * 100)).toFixed(1)}%`;
  if (bar.style.width !== next) bar.style.width = next;
}

function shape(tag, attributes) {
  const element = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// A scale of twice the band on each side, the band in green, the needle where the coolant is.
export function gauge(svg, value, setpoint, band, title) {
  const low = setpoint - 5 * band, high = setpoint + 5 * band;
  const x = celsius => 14 + (Math.max(low, Math.min(high, celsius)) - low) / (high - low) * 452;
  const key = `${setpoint}/${band}`;
  if (svg.dataset.key !== key) {
    svg.dataset.key = key;
    svg.replaceChildren(svg.querySelector('title'),
      shape('rect', { class: 'scale', x: 14, y: 16, width: 452, height: 12, rx: 6 }),
      shape('rect', { class: 'band', x: x(setpoint - band), y: 16, width: x(setpoint + band) - x(setpoint - band), height: 12 }),
      shape('path', { class: 'needle', d: 'M0 30 L-11 4 L11 4 Z' }));
    for (const [celsius, edge] of [[low, 0], [setpoint - band, 1], [setpoint + band, 1], [high, 0]]) {
      const label = shape('text', { x: x(celsius), y: 46, class: edge ? 'edge' : '' });
      label.textContent = `${celsius.toFixed(0)}°`;
      svg.append(label);
    }
  }
  const needle = svg.querySelector('.needle');
  needle.setAttribute('visibility', value === null || value === undefined ? 'hidden' : 'visible');
  if (value !== null && value !== undefined) needle.setAttribute('transform', `translate(${x(value).toFixed(1)} 0)`);
  text(svg.querySelector('title'), title);
}

// Lines break where nothing was known; the axis is time, not sample count.
function line(samples, field, x, y) {
  let path = '', pen = 'M';
  let previous = null;
  for (const sample of samples) {
    const value = sample[field];
    if (value === null || value === undefined) {
      pen = 'M';
      continue;
    }
    if (previous !== null && sample.at - previous > 5000) pen = 'M';
    path += `${pen}${x(sample.at).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = 'L';
    previous = sample.at;
  }
  return path;
}

export function chart(svg, samples, now, spanMs, setpoint, band, title) {
  const values = samples.flatMap(s => [s.coolant_supply_c, s.coolant_return_c]).filter(v => v !== null && v !== undefined);
  const low = Math.min(setpoint - 2 * band, ...values.map(v => v - 1));
  const high = Math.max(setpoint + 4 * band, ...values.map(v => v + 1));
  const x = at => 480 - (now - at) / spanMs * 480;
  const y = celsius => 92 - (celsius - low) / (high - low) * 88;
  if (!svg.querySelector('.band')) {
    svg.append(shape('rect', { class: 'band', x: 0, width: 480 }), shape('path', { class: 'return' }), shape('path', { class: 'supply' }));
  }
  const bandShape = svg.querySelector('.band');
  bandShape.setAttribute('y', y(setpoint + band).toFixed(1));
  bandShape.setAttribute('height', (y(setpoint - band) - y(setpoint + band)).toFixed(1));
  svg.querySelector('.supply').setAttribute('d', line(samples, 'coolant_supply_c', x, y));
  svg.querySelector('.return').setAttribute('d', line(samples, 'coolant_return_c', x, y));
  text(svg.querySelector('title'), title);
}
