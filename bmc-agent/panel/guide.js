// The field guide as a page: empty, it lists everything by subject; asked, it shows the nearest entries. All of it comes from this agent.

const words = {
  en: { title: 'Field guide', back: '← Panel', label: 'Ask the guide', hint: 'Ask in your own words: "fan 3 is loud", "XID 79", "how do I stop the box"',
    all: '{0} entries. Type to search.', found: 'Nearest entries', none: 'Not in the guide.', unsure: 'Not sure; the nearest entries:', gone: 'bmc-agent does not answer.' },
  zh: { title: '现场手册', back: '← 面板', label: '查询手册', hint: '用自己的话提问："风扇 3 很吵"、"XID 79"、"怎么停机"',
    all: '共 {0} 条。输入即可搜索。', found: '最接近的条目', none: '手册未涉及。', unsure: '不确定，最接近的条目：', gone: 'bmc-agent 没有响应。' },
};

const $ = id => document.getElementById(id);
let language = localStorage.getItem('language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
let asked = 0;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** What stands in backticks becomes code; nothing is ever read as markup. */
function answer(text) {
  const paragraph = element('p');
  text.split('`').forEach((part, index) => paragraph.append(index % 2 ? element('code', '', part) : part));
  return paragraph;
}

function item(entry, best) {
  const li = element('li', best ? 'best' : '');
  li.append(element('h2', '', entry.question), answer(entry.answer), element('small', '', entry.id));
  return li;
}

function show(reply) {
  const list = $('entries');
  const say = words[language];
  if (!reply.question) {
    $('said').textContent = say.all.replace('{0}', reply.entries.length);
    let source = '';
    list.replaceChildren(...reply.entries.flatMap(entry => {
      const head = entry.source === source ? [] : [element('li', 'subject', entry.source.replace('.md', ''))];
      source = entry.source;
      return [...head, item(entry, false)];
    }));
    return;
  }
  $('said').textContent = reply.verdict === 'found' ? say.found : reply.verdict === 'unsure' ? say.unsure : say.none;
  list.replaceChildren(...reply.entries.map((entry, index) => item(entry, reply.verdict === 'found' && index === 0)));
}

async function ask() {
  const question = $('question').value.trim();
  const mine = ++asked;
  history.replaceState(null, '', question ? `/guide?q=${encodeURIComponent(question)}` : '/guide');
  try {
    const response = await fetch(`/api/guide?lang=${language}&q=${encodeURIComponent(question)}`);
    const reply = await response.json();
    if (mine === asked) response.ok ? show(reply) : ($('said').textContent = reply.error);
  } catch {
    if (mine === asked) $('said').textContent = words[language].gone;
  }
}

function speak(next) {
  language = next;
  const say = words[language];
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = say.title;
  $('title').textContent = say.title;
  $('back').textContent = say.back;
  $('label').textContent = say.label;
  $('question').placeholder = say.hint;
  $('language').textContent = language === 'zh' ? 'English' : '中文';
  ask();
}

$('ask').addEventListener('submit', event => { event.preventDefault(); ask(); });
let pause;
$('question').addEventListener('input', () => { clearTimeout(pause); pause = setTimeout(ask, 150); });
$('language').addEventListener('click', () => {
  const next = language === 'zh' ? 'en' : 'zh';
  localStorage.setItem('language', next);
  speak(next);
});
const theme = localStorage.getItem('theme');
if (theme) document.documentElement.dataset.theme = theme;
$('question').value = new URLSearchParams(location.search).get('q') ?? '';
speak(language);
