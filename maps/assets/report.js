/* The report sheet: two taps, no login. A report waits ten seconds for an undo, then is sent; without a network
   it stays on the phone and is sent when there is one. Loaded when first asked for. */
(function () {
'use strict';

// The sheet's words and icons travel with it, so the first view need not carry them.
var WORDS = {
  zh: {
    report_title: '哪里不对？点一下就报',
    report_locked: '门锁着',
    report_no_water: '没水',
    report_broken: '坏了',
    report_wrong_place: '位置不对',
    report_other: '其他，写几个字',
    report_fine: '不登录，不记姓名。没网也能报，有网自动发。',
    report_cancel: '不报了',
    report_done: '已记下：{what}',
    report_next: '站长会核实。再有 1 人报就标“待核实”。',
    report_note: '写几个字（可不填）',
    report_which: '哪样坏了？（可不选）',
    thing_water_hot: '饮水机',
    thing_microwave: '微波炉',
    thing_charge_phone: '充电',
    thing_toilet: '厕所',
    thing_cooling: '空调',
    thing_heating: '取暖',
    report_undo: '点错了，撤回',
    report_undone: '已撤回',
    report_ok: '好了',
    report_saved: '没网，已存在手机里，有网自动发',
    report_sent: '已发出',
    report_fast: '报得太快，1 分钟后再试'
  },
  en: {
    report_title: 'What is wrong?',
    report_locked: 'Locked',
    report_no_water: 'No water',
    report_broken: 'Broken',
    report_wrong_place: 'Wrong place',
    report_other: 'Other',
    report_fine: 'No login, no name; works offline.',
    report_cancel: 'Cancel',
    report_done: 'Noted: {what}',
    report_next: 'The keeper will check; one more report marks it.',
    report_note: 'A few words (optional)',
    report_which: 'Which one? (optional)',
    thing_water_hot: 'Water',
    thing_microwave: 'Microwave',
    thing_charge_phone: 'Charging',
    thing_toilet: 'Toilet',
    thing_cooling: 'Cooling',
    thing_heating: 'Heating',
    report_undo: 'Undo',
    report_undone: 'Withdrawn',
    report_ok: 'Done',
    report_saved: 'Offline: saved, will send',
    report_sent: 'Sent',
    report_fast: 'Too fast, wait 1 minute'
  }
};
var data = JSON.parse(document.getElementById('data').textContent);
var words = WORDS[data.lang];
var UNDO_MS = 10000;
var QUEUE = 'reports';
var ICONS = {
  locked: 'M8 10V6.5a4 4 0 0 1 8 0V10M12 14.5V18M4 10h16v12h-16z',
  no_water: 'M9 3h10.5l-1.3 12m-.4 4-.3 2.5h-11L4.9 7M2 2l20 20',
  broken: 'M15 9.5a5.5 5.5 0 0 0 6.5-6.2l-3.3 3.2-2.7-.6-.6-2.7L18 0.9a5.5 5.5 0 0 0-7 7L2.8 16a2.7 2.7 0 0 0 0 3.9l1.3 1.3a2.7 2.7 0 0 0 3.9 0L15 14',
  wrong_place: 'M12 22s-8-7.2-8-12.5a8 8 0 0 1 16 0C20 14.8 12 22 12 22zM9.5 7l5 5m0-5-5 5',
  other: 'M4 12h.01M12 12h.01M20 12h.01',
  undo: 'M8 4 3 9l5 5M3 9h11a6 6 0 0 1 0 12h-4'
};
var KINDS = ['locked', 'no_water', 'broken', 'wrong_place', 'other'];
var THINGS = ['water_hot', 'microwave', 'charge_phone', 'toilet', 'cooling', 'heating'];
var sheet = null, opener = null, waiting = null;

function say(key, fields) {
  return words[key].replace(/\{(\w+)\}/g, function (_, name) { return fields[name]; });
}
function make(tag, className, text) {
  var node = document.createElement(tag);
  if (className) { node.className = className; }
  if (text) { node.textContent = text; }
  if (tag === 'button') { node.type = 'button'; }
  return node;
}
function icon(name) {
  var space = 'http://www.w3.org/2000/svg';
  var svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'i');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.appendChild(document.createElementNS(space, 'path')).setAttribute('d', ICONS[name]);
  return svg;
}

// ---------------------------------------------------------------- the queue on the phone
// Private windows refuse storage: reports then live as long as the page.
var memory = '[]';
function queue() {
  try { return JSON.parse(localStorage.getItem(QUEUE) || '[]'); } catch (refused) { return JSON.parse(memory); }
}
function store(reports) {
  memory = JSON.stringify(reports);
  try { localStorage.setItem(QUEUE, memory); } catch (refused) { return; }
}
function send() {
  var now = Date.now();
  var due = queue().filter(function (report) { return report.after <= now; })[0];
  if (!due || navigator.onLine === false) { return; }
  fetch('/api/reports', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ station: due.station, kind: due.kind, amenity: due.amenity, note: due.note })
  }).then(function (answer) {
    if (answer.status === 429) { status(words.report_fast); setTimeout(send, 60000); return; }
    if (answer.status >= 500) { status(words.report_saved); return; }
    drop(due.key);
    if (answer.ok) { status(words.report_sent); }
    send();
  }, function () { status(words.report_saved); });
}
function drop(key) { store(queue().filter(function (report) { return report.key !== key; })); }
function change(key, fields) {
  store(queue().map(function (report) { return report.key === key ? Object.assign(report, fields) : report; }));
}
function status(text) {
  var line = sheet && sheet.querySelector('[role=status]');
  if (line) { line.textContent = text; }
}
window.addEventListener('online', send);
setTimeout(send, UNDO_MS);

// ---------------------------------------------------------------- the sheet
function close() {
  if (!sheet) { return; }
  sheet.remove();
  sheet = null;
  if (opener) { opener.focus(); }
}
function open(title) {
  if (sheet) { sheet.remove(); }
  sheet = document.body.appendChild(make('div', 'scrim'));
  var box = sheet.appendChild(make('div', 'report-sheet'));
  box.setAttribute('role', 'dialog');
  box.setAttribute('aria-modal', 'true');
  box.setAttribute('aria-labelledby', 'sheet-title');
  var heading = make('h2', '', title);
  heading.id = 'sheet-title';
  heading.tabIndex = -1;
  sheet.addEventListener('click', function (event) { if (event.target === sheet) { close(); } });
  sheet.addEventListener('keydown', keepInside);
  return { box: box, heading: heading };
}
// The sheet's style stands in the station page's sheet; the finder takes it when first needed.
function style() {
  if (document.querySelector('link[data-sheet]')) { return; }
  var link = document.head.appendChild(document.createElement('link'));
  link.rel = 'stylesheet';
  link.href = data.sheet;
  link.dataset.sheet = '';
}
function keepInside(event) {
  if (event.key === 'Escape') { close(); }
  if (event.key !== 'Tab') { return; }
  var stops = sheet.querySelectorAll('button, textarea');
  var last = stops[stops.length - 1];
  var at = document.activeElement;
  if (event.shiftKey && (at === stops[0] || at.id === 'sheet-title')) { event.preventDefault(); last.focus(); }
  if (!event.shiftKey && at === last) { event.preventDefault(); stops[0].focus(); }
}
window.reportSheet = function (link) {
  style();
  var card = link.closest('.card');
  var station = link.dataset.station || card.id.slice(2);
  opener = link;
  var part = open(words.report_title);
  part.box.appendChild(make('p', '', link.dataset.name || card.querySelector('h3').textContent));
  part.box.appendChild(part.heading);
  var choices = part.box.appendChild(make('p', 'choices'));
  KINDS.forEach(function (kind) {
    var button = choices.appendChild(make('button'));
    button.appendChild(icon(kind));
    button.appendChild(make('b', '', words['report_' + kind]));
    button.addEventListener('click', function () { record(station, kind); });
  });
  part.box.appendChild(make('p', 'fine', words.report_fine));
  var cancel = part.box.appendChild(make('button', 'act', words.report_cancel));
  cancel.addEventListener('click', close);
  part.heading.focus();
};
function record(station, kind) {
  waiting = { key: String(Date.now()), station: station, kind: kind, amenity: null, note: null, after: Date.now() + UNDO_MS };
  store(queue().concat([waiting]));
  setTimeout(send, UNDO_MS + 50);
  after(kind);
}
function after(kind) {
  var key = waiting.key;
  var part = open(say('report_done', { what: words['report_' + kind] }));
  part.box.appendChild(part.heading);
  part.box.appendChild(make('p', '', words.report_next));
  if (kind === 'broken') { part.box.appendChild(things(key)); }
  if (kind === 'other') {
    var label = part.box.appendChild(make('label', '', words.report_note));
    var field = label.appendChild(make('textarea'));
    field.maxLength = 300;
    field.rows = 3;
    field.addEventListener('input', function () { change(key, { note: field.value, after: Date.now() + UNDO_MS }); });
  }
  var line = part.box.appendChild(make('p', 'fine', navigator.onLine === false ? words.report_saved : ''));
  line.setAttribute('role', 'status');
  var acts = part.box.appendChild(make('p', 'two'));
  var undo = acts.appendChild(make('button', 'act'));
  undo.appendChild(icon('undo'));
  undo.appendChild(document.createTextNode(words.report_undo));
  undo.addEventListener('click', function () {
    drop(key);
    undo.hidden = true;
    line.textContent = words.report_undone;
    done.focus();
  });
  setTimeout(function () { undo.hidden = true; }, UNDO_MS);
  var done = acts.appendChild(make('button', 'act ink', words.report_ok));
  done.addEventListener('click', close);
  part.heading.focus();
}
function things(key) {
  var box = make('div');
  box.appendChild(make('h3', '', words.report_which));
  var chips = box.appendChild(make('p', 'chips'));
  THINGS.forEach(function (code) {
    var chip = chips.appendChild(make('button', 'chip', words['thing_' + code]));
    chip.setAttribute('aria-pressed', 'false');
    chip.addEventListener('click', function () {
      Array.from(chips.children).forEach(function (other) { other.setAttribute('aria-pressed', other === chip ? 'true' : 'false'); });
      change(key, { amenity: code });
    });
  });
  return box;
}
}());
