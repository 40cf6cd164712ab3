/* The report sheet: two taps, no login. A report waits ten seconds for an undo, then is sent; without a network
   it stays on the phone and is sent when there is one. Loaded when first asked for. */
(function () {
'use strict';

var words = JSON.parse(document.getElementById('data').textContent).w;
var UNDO_MS = 10000;
var QUEUE = 'reports';
var ICONS = { locked: 'lock', no_water: 'no-water', broken: 'wrench', wrong_place: 'pin-wrong', other: 'dots' };
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
  svg.appendChild(document.createElementNS(space, 'use')).setAttribute('href', '#i-' + name);
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
  var card = link.closest('.card');
  var station = link.dataset.station || card.id.slice(2);
  opener = link;
  var part = open(words.report_title);
  part.box.appendChild(make('p', '', link.dataset.name || card.querySelector('h3').textContent));
  part.box.appendChild(part.heading);
  var choices = part.box.appendChild(make('p', 'choices'));
  Object.keys(ICONS).forEach(function (kind) {
    var button = choices.appendChild(make('button'));
    button.appendChild(icon(ICONS[kind]));
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
