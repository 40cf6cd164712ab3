/* Shared by the finder and the station page: large type, open states, offline, install; the rest when asked for. */
(function () {
'use strict';

var root = document.documentElement;
var box = document.getElementById('data');
var data = JSON.parse(box.textContent);
var words = data.w;
var OFFLINE_AFTER_MS = 4000;

function say(key, fields) {
  return words[key].replace(/\{(\w+)\}/g, function (_, name) { return fields[name]; });
}
// Private windows refuse storage: the choice then lasts as long as the page.
function kept(key) { try { return localStorage.getItem(key); } catch (refused) { return null; } }
function keep(key, value) { try { localStorage.setItem(key, value); } catch (refused) { return; } }

// ---------------------------------------------------------------- large type
var big = document.getElementById('big');
function paintBig(on) {
  root.classList.toggle('big', on);
  big.hidden = false;
  big.setAttribute('aria-pressed', on ? 'true' : 'false');
  big.textContent = words[on ? 'normal' : 'big'];
}
paintBig(kept('big') === '1');
big.addEventListener('click', function () {
  var on = !root.classList.contains('big');
  keep('big', on ? '1' : '0');
  paintBig(on);
});

// ---------------------------------------------------------------- open states: the phone only compares times
var DAY = 1440;
var timelines = (data.hours || []).map(function (text) {
  var at = data.t0;
  return text.match(/[ocu]\d+/g).map(function (part) {
    var run = { state: part[0], start: at, end: at + Number(part.slice(1)) };
    at = run.end;
    return run;
  });
});
function doorState(runs, minute) {
  var index = runs.findIndex(function (run) { return run.start <= minute && minute < run.end; });
  if (index < 0 || runs[index].state === 'u') { return { code: 'unknown' }; }
  var run = runs[index], next = runs[index + 1];
  if (run.state === 'o') {
    if (!next) { return { code: 'open', always: runs.length === 1 }; }
    return { code: run.end - minute <= data.soon ? 'soon' : 'open', until: run.end };
  }
  if (!next || next.state !== 'o') { return { code: 'closed' }; }
  var begins = (run.start + data.tz) % DAY, ends = (run.end + data.tz) % DAY;
  return {
    code: 'closed', opens: run.end,
    lunch: begins >= 660 && begins < ends && ends <= 930 && run.end - run.start < DAY
  };
}
function door(raw) {
  return { runs: timelines[raw[3]], serves: raw[4] === 1, closedTo: raw[5] || null, stopped: raw[6] };
}
function stateOf(row, minute) {
  if (row.serves) { return doorState(row.runs, minute); }
  if (row.closedTo && minute >= row.closedTo) { return { code: 'unknown', key: 'unknown_status' }; }
  return { code: 'stopped', key: row.stopped, until: row.closedTo };
}
function two(n) { return (n < 10 ? '0' : '') + n; }
function clock(minuteOfDay) { return two(Math.floor(minuteOfDay / 60)) + ':' + two(minuteOfDay % 60); }
function dayWords(day) {
  var when = new Date(day * DAY * 60000);
  return say('date', { m: words.months.split(' ')[when.getUTCMonth()], d: when.getUTCDate() });
}
function whenWords(target, minute) {
  var local = target + data.tz, day = Math.floor(local / DAY), time = clock(local % DAY);
  var days = day - Math.floor((minute + data.tz) / DAY);
  if (days === 1 && local % DAY === 0) { return '24:00'; }
  if (days <= 0) { return time; }
  if (days === 1) { return say('tomorrow', { time: time }); }
  var weekday = words.weekdays.split(' ')[(day + 3) % 7];
  return days <= 6 ? say('weekday_at', { day: weekday, time: time }) : say('date_at', { date: dayWords(day), time: time });
}
function stateWords(state, minute) {
  if (state.code === 'soon') { return say('closing', { n: Math.ceil(state.until - minute) }); }
  if (state.code === 'open') {
    // 到 20:00 with a space before digits, 到明天 02:00 without one
    if (state.until) { return say('open_until', { when: whenWords(state.until, minute) }).replace(/到 (?=\D)/, '到'); }
    return words[state.always ? 'open_always' : 'open_plain'];
  }
  if (state.code === 'closed') {
    if (!state.opens) { return words.closed_unknown; }
    return say(state.lunch ? 'lunch' : 'opens', { when: whenWords(state.opens, minute) });
  }
  if (state.key === 'stopped' && state.until) {
    return say('stopped_until', { when: dayWords(Math.floor((state.until - 1 + data.tz) / DAY)) });
  }
  return words[state.key || 'unknown'];
}
function isOpen(state) { return state.code === 'open' || state.code === 'soon'; }
function paint(row, state, minute) {
  var sign = state.code === 'soon' ? String(Math.ceil(state.until - minute)) :
    words.plates.split(' ')[['open', 'closed', 'unknown', 'stopped'].indexOf(state.code)];
  if (row.shown !== state.code + sign) {
    row.shown = state.code + sign;
    row.sign = sign;
    row.plate.className = 'plate ' + state.code;
    row.plate.textContent = '';
    row.plate.appendChild(document.createElement('b')).textContent = sign;
    if (state.code === 'soon') { row.plate.appendChild(document.createElement('i')).textContent = words.plate_min; }
  }
  var text = stateWords(state, minute), later = state.code === 'closed' && state.opens;
  if (row.state.textContent !== text) { row.state.textContent = text; }
  if (later && !row.shut) {
    row.shut = document.createElement('span');
    row.shut.className = 'sr';
    row.state.parentNode.insertBefore(row.shut, row.state);
  }
  if (row.shut) { row.shut.textContent = later ? words.shut_first : ''; }
}
window.doors = { door: door, stateOf: stateOf, stateWords: stateWords, isOpen: isOpen, clock: clock, paint: paint };

// The station page's own plate keeps up with the clock.
if (data.station) {
  var own = { plate: document.querySelector('.top .plate'), state: document.querySelector('.top .state span:last-child'),
    shut: document.querySelector('.top .state .sr'), door: door(data.station) };
  var tick = function () { var minute = Date.now() / 60000; paint(own, stateOf(own.door, minute), minute); };
  tick();
  setInterval(tick, 15000);
}

// ---------------------------------------------------------------- offline: says how old the facts are
function dateWords(minute) {
  var when = new Date((minute + data.tz) * 60000);
  var two = function (n) { return (n < 10 ? '0' : '') + n; };
  var day = say('date', { m: words.months.split(' ')[when.getUTCMonth()], d: when.getUTCDate() });
  return day + ' ' + two(when.getUTCHours()) + ':' + two(when.getUTCMinutes());
}
function paintOffline() {
  var banner = document.getElementById('offline');
  if (!banner) { return; }
  var days = Math.floor((Date.now() / 60000 - data.now) / 1440);
  var text = navigator.onLine === false ? say('offline', { when: dateWords(data.now) }) : '';
  if (days >= 2) { text += (text ? ' · ' : '') + say('stale', { n: days }); }
  banner.textContent = text;
  banner.hidden = !text;
}
window.addEventListener('online', paintOffline);
window.addEventListener('offline', paintOffline);
paintOffline();

if ('serviceWorker' in navigator) {
  navigator.serviceWorker.addEventListener('message', function (event) {
    if (event.data !== 'updated') { return; }
    if (!window.finder || !window.finder.ask.near) { location.reload(); return; }
    var banner = document.getElementById('offline');
    banner.textContent = words.updated;
    banner.hidden = false;
  });
  window.addEventListener('load', function () {
    setTimeout(function () {
      navigator.serviceWorker.register('/sw.js').catch(function (error) { root.dataset.offline = error.name; });
    }, OFFLINE_AFTER_MS);
  });
}

// ---------------------------------------------------------------- what is told grows old: "today" and its end
function tell() {
  var minute = Date.now() / 60000;
  var today = new Date((minute + data.tz) * 60000).toISOString().slice(0, 10);
  Array.from(document.querySelectorAll('.told, .heat')).forEach(function (box) {
    box.hidden = Number(box.dataset.until) <= minute;
    if (box.dataset.day && box.dataset.day !== today) { box.querySelector('b').textContent = box.dataset.later; }
  });
}
tell();
setInterval(tell, 30000);

// ---------------------------------------------------------------- loaded when first asked for
function lazily(asked, address, run, failed) {
  var coming = false;
  function load(target) {
    if (coming || !address) { return; }
    var script = document.createElement('script');
    coming = true;
    script.src = address;
    script.onload = function () { if (target) { run(target); } };
    script.onerror = function () { coming = false; if (target) { failed(target); } };
    document.head.appendChild(script);
  }
  document.addEventListener('click', function (event) {
    var target = event.target.closest(asked);
    if (target && address && !event.ctrlKey && !event.metaKey && run(target, event)) { load(target); }
  });
  return load;
}
var report = lazily('a.report', data.report, function (link, event) {
  if (event) { event.preventDefault(); }
  if (!window.reportSheet) { return true; }
  window.reportSheet(link);
}, function (link) { location.href = link.href; });
// What was reported without a network waits on the phone: it goes out with the next visit.
if ((kept('reports') || '[]') !== '[]') { report(null); }
// Map apps and copying; links.js hears the taps after the first by itself.
lazily('.nav > summary, [data-copy]', data.links, function (target, event) {
  if (!window.mapLinks) { return true; }
  if (!event) { window.mapLinks(target); }
}, function (target) { if (target.dataset.copy) { target.textContent = target.dataset.copy; } });
}());
