/* Shared by the finder and the station page: large type, map apps in the right order, copying, offline, install. */
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

// ---------------------------------------------------------------- map apps: the right one first
function bestApp(agent) {
  if (/MicroMessenger/i.test(agent)) { return 'tencent'; }
  if (/iPhone|iPad|Macintosh/.test(agent)) { return 'apple'; }
  return 'amap';
}
function byBike(link) {
  var modes = { amap: ['mode=walk', 'mode=ride'], baidu: ['mode=walking', 'mode=riding'], tencent: ['type=walk', 'type=bike'] };
  var pair = modes[link.dataset.app];
  var riding = root.classList.contains('riding');
  if (pair) { link.href = link.href.replace(pair[riding ? 0 : 1], pair[riding ? 1 : 0]); }
}
Array.from(document.querySelectorAll('.links [data-app="' + bestApp(navigator.userAgent) + '"]')).forEach(function (best) {
  var links = best.parentNode;
  links.insertBefore(best, links.firstChild);
  if (/MicroMessenger/i.test(navigator.userAgent)) {
    links.appendChild(document.createElement('span')).textContent = words.wechat_hint;
  }
});
document.addEventListener('click', function (event) {
  var link = event.target.closest('[data-app]');
  if (link) { byBike(link); }
}, true);

// ---------------------------------------------------------------- copying an address
function copy(text, button) {
  var done = function () { button.textContent = words.copied; };
  var failed = function () { button.textContent = say('copy_failed', { text: text }); };
  if (navigator.clipboard && window.isSecureContext) {
    navigator.clipboard.writeText(text).then(done, failed);
    return;
  }
  var field = document.body.appendChild(document.createElement('textarea'));
  field.value = text;
  field.select();
  if (document.execCommand('copy')) { done(); } else { failed(); }
  field.remove();
}
document.addEventListener('click', function (event) {
  var button = event.target.closest('[data-copy]');
  if (button) { copy(button.dataset.copy, button); }
});

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

// ---------------------------------------------------------------- reports: the sheet is loaded when first asked for
document.addEventListener('click', function (event) {
  var link = event.target.closest('a.report');
  if (!link || !data.report || event.ctrlKey || event.metaKey) { return; }
  event.preventDefault();
  if (window.reportSheet) { window.reportSheet(link); return; }
  var script = document.createElement('script');
  script.src = data.report;
  script.onload = function () { window.reportSheet(link); };
  script.onerror = function () { location.href = link.href; };
  document.head.appendChild(script);
});
}());
