// Every word the panel says, in both languages. Texts of alarms and events come from the box in English; their titles are known here.

const english = {
  skip: 'Skip to the values', node: 'Node', broker: 'Message bus', expected: 'Expected node', try: 'Look at',
  supply: 'Coolant supply', supply_short: 'supply', return_short: 'return', now: 'now', minutes_ago: '{0} min ago', seconds_ago: '{0} s ago',
  loop: 'Cooling loop', return: 'Return', flow: 'Flow', room: 'Room', dew: 'Dew point', heat: 'Heat', of: 'of',
  alarms: 'Alarms', calm: 'No alarms', next: 'Next step', since: 'since {0}', acknowledged: 'acknowledged',
  gpus: 'GPUs', fans: 'Fans', pumps: 'Pumps', model: 'Model', speed: 'Tokens/s', running: 'Running', waiting: 'Waiting', answered: 'Requests',
  events: 'Events', severity: 'Severity', all: 'All', warnings: 'Warnings', criticals: 'Critical', older: 'Older events',
  no_events: 'No events yet.', no_events_filter: 'No events of this kind.',
  readonly: 'This panel shows; it does not control.', to_dark: 'Dark', to_light: 'Light',
  in_band: 'in band', above_band: '{0} K above the band', below_band: '{0} K below the band', unknown: 'not known',
  gauge: 'Coolant supply {0} °C; the band is {1} to {2} °C', chart: 'Coolant supply and return over the last {0} minutes',
  headroom: '{0} kW headroom', no_headroom: '{0} kW more than the loop can remove', capacity_unknown: 'Capacity is not known yet.',
  box_power: 'box draws {0} kW', dry: 'No leak', level: 'level {0} %', leak: 'LEAK DETECTED',
  last_known: 'last known', old: '{0} old', never: 'no data', margin: '{0} K left', hbm: 'HBM {0} °C',
  verdict_ok: 'Normal', verdict_warning: 'Warning', verdict_critical: 'Critical', verdict_lost: 'Lost', verdict_stale: 'No fresh data',
  verdict_waiting: 'Waiting', verdict_connecting: 'Connecting', verdict_starting: 'Starting', verdict_updating: 'Updating', verdict_off: 'Stopped',
  live: 'live', behind: 'last data {0} ago', panel_gone: 'panel connection lost {0} ago',
  banner_lost: '{0} is lost since {1}. Below is what was last known. Next step: run appliance status on the box.',
  banner_off: '{0} was stopped at {1}. Below is what was last known.',
  banner_bus: 'The message bus at {0} cannot be reached: nothing new arrives. Below is what was last known.',
  banner_panel: 'This page has lost its connection to bmc-agent. It keeps trying; values age below.',
  banner_stale: 'No telemetry from {0} for {1}. Below is what was last known.',
  empty_title: 'Waiting for the first message of {0}',
  empty_text: 'Nothing has been received yet, so nothing is shown. Values appear here by themselves as soon as the box reports.',
  connecting_title: 'Connecting to bmc-agent', connecting_text: 'The page is loaded; the values are on their way.',
  bus_up: 'connected, {0}', bus_down: 'NOT reachable, {0}',
  mode_boot: 'starting up', mode_running: 'cooling under control', mode_manual: 'manual control', mode_overheat: 'overheat: full cooling',
  mode_shutdown: 'shutting down', mode_failsafe: 'failsafe: full cooling',
  state_ok: 'ok', state_warning: 'warning', state_lost: 'lost', state_unreadable: 'unreadable', state_stalled: 'stalled', state_slow: 'slow',
  state_tach_lost: 'no tacho', state_write_failed: 'write failed', state_absent: 'absent',
  model_loading: 'loading', model_ready: 'ready', model_failed: 'failed', model_parked: 'parked',
  gpu_label: 'GPU {0}: {1} °C, {2} W, {3}', rotor_label: '{0}: {1} %, {2} rpm, {3}',
  foot: 'bmc-agent {0} · bus {1}',
  guide: 'Guide', sensors: 'Sensors', close: 'Close', quality_good: 'good', quality_stale: 'stale', quality_suspect: 'suspect', quality_absent: 'absent',
  gpu_name: 'Model', pci: 'PCI address', uuid: 'UUID', power: 'Power', limit: 'Power limit', lowest_clock: 'lowest clock', die: 'Die temperature', memory_heat: 'Memory temperature',
  left: 'Margin to throttling', sm_clock: 'SM clock', utilization: 'Utilization', memory: 'Memory in use', throttle: 'Throttle reasons', none: 'none',
};

const chinese = {
  skip: '跳到数值', node: '节点', broker: '消息总线', expected: '预期节点', try: '请查看',
  supply: '冷却液供液温度', supply_short: '供液', return_short: '回液', now: '现在', minutes_ago: '{0} 分钟前', seconds_ago: '{0} 秒前',
  loop: '冷却回路', return: '回液', flow: '流量', room: '室温', dew: '露点', heat: '热负荷', of: '／',
  alarms: '告警', calm: '无告警', next: '下一步', since: '自 {0}', acknowledged: '已确认',
  gpus: 'GPU', fans: '风扇', pumps: '水泵', model: '模型', speed: '词元/秒', running: '运行中', waiting: '排队', answered: '请求数',
  events: '事件', severity: '级别', all: '全部', warnings: '警告', criticals: '严重', older: '更早的事件',
  no_events: '尚无事件。', no_events_filter: '没有此级别的事件。',
  readonly: '此面板仅显示，不作控制。', to_dark: '深色', to_light: '浅色',
  in_band: '在目标范围内', above_band: '高于范围 {0} K', below_band: '低于范围 {0} K', unknown: '未知',
  gauge: '供液温度 {0} °C，目标范围 {1} 至 {2} °C', chart: '最近 {0} 分钟的供液与回液温度',
  headroom: '余量 {0} kW', no_headroom: '超出回路散热能力 {0} kW', capacity_unknown: '散热能力尚未知。',
  box_power: '整机功耗 {0} kW', dry: '无泄漏', level: '液位 {0} %', leak: '检测到泄漏',
  last_known: '最后已知', old: '{0}前', never: '无数据', margin: '余量 {0} K', hbm: 'HBM {0} °C',
  verdict_ok: '正常', verdict_warning: '警告', verdict_critical: '严重', verdict_lost: '失联', verdict_stale: '无新数据',
  verdict_waiting: '等待中', verdict_connecting: '连接中', verdict_starting: '启动中', verdict_updating: '更新中', verdict_off: '已停止',
  live: '实时', behind: '最近数据在 {0}前', panel_gone: '面板连接已断开 {0}',
  banner_lost: '{0} 自 {1} 起失联。以下为最后已知的数值。下一步：在设备上运行 appliance status。',
  banner_off: '{0} 已于 {1} 停止。以下为最后已知的数值。',
  banner_bus: '无法连接消息总线 {0}，没有新数据。以下为最后已知的数值。',
  banner_panel: '本页面与 bmc-agent 的连接已断开，正在重试；以下数值会逐渐过期。',
  banner_stale: '{0} 已有 {1} 没有遥测数据。以下为最后已知的数值。',
  empty_title: '等待 {0} 的第一条消息', empty_text: '尚未收到任何数据，因此不显示任何数值。设备一上报，数值会自动出现。',
  connecting_title: '正在连接 bmc-agent', connecting_text: '页面已加载，数值即将到达。',
  bus_up: '已连接，{0}', bus_down: '无法连接，{0}',
  mode_boot: '启动中', mode_running: '冷却受控', mode_manual: '手动控制', mode_overheat: '过热：全力冷却',
  mode_shutdown: '正在关机', mode_failsafe: '故障安全：全力冷却',
  state_ok: '正常', state_warning: '警告', state_lost: '失联', state_unreadable: '无法读取', state_stalled: '停转', state_slow: '转速偏低',
  state_tach_lost: '无转速', state_write_failed: '写入失败', state_absent: '未安装',
  model_loading: '加载中', model_ready: '就绪', model_failed: '失败', model_parked: '已停驻',
  gpu_label: 'GPU {0}：{1} °C，{2} W，{3}', rotor_label: '{0}：{1} %，{2} 转/分，{3}',
  foot: 'bmc-agent {0} · 总线 {1}',
  guide: '手册', sensors: '传感器', close: '关闭', quality_good: '正常', quality_stale: '过期', quality_suspect: '可疑', quality_absent: '无',
  gpu_name: '型号', pci: 'PCI 地址', uuid: 'UUID', power: '功率', limit: '功率上限', lowest_clock: '时钟最低', die: '芯片温度', memory_heat: '显存温度',
  left: '距降频余量', sm_clock: 'SM 频率', utilization: '利用率', memory: '已用显存', throttle: '降频原因', none: '无',
};

let language = 'en';

export function setLanguage(next) {
  language = next;
}

export function getLanguage() {
  return language;
}

export function word(key, ...values) {
  const text = (language === 'zh' ? chinese : english)[key] ?? english[key] ?? key;
  return text.replace(/\{(\d)\}/g, (_, index) => values[index]);
}

export function wordOr(key, fallback) {
  return key in english ? word(key) : fallback;
}

export function span(seconds) {
  const zh = language === 'zh';
  if (seconds < 99.5) return `${Math.max(0, Math.round(seconds))} ${zh ? '秒' : 's'}`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} ${zh ? '分钟' : 'min'}`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} ${zh ? '小时' : 'h'}`;
  return `${Math.round(seconds / 86400)} ${zh ? '天' : 'days'}`;
}

export const dictionaries = { english, chinese };
