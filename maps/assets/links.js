/* Map apps, the right one first, and copying an address. Loaded with the first tap on 导航 or 复制地址, so the first
   view need not carry it. A card brings Amap's link; the others ask for the same point (all four take GCJ-02). */
(function () {
'use strict';

var WORDS = {
  zh: {
    amap: '高德地图',
    baidu: '百度地图',
    tencent: '腾讯地图',
    apple: '苹果地图',
    wechat: '微信里打不开？点右上角 ···，选“在浏览器打开”',
    no_address: '地址不详',
    copied: '地址已复制',
    failed: '没复制成，长按这行字：{text}'
  },
  en: {
    amap: 'Amap',
    baidu: 'Baidu Maps',
    tencent: 'Tencent Maps',
    apple: 'Apple Maps',
    wechat: 'Not opening? Use “Open in browser” from the ··· menu',
    no_address: 'Address not known',
    copied: 'Address copied',
    failed: 'Press and hold this line: {text}'
  }
};
var root = document.documentElement;
var words = WORDS[JSON.parse(document.getElementById('data').textContent).lang];
var wechat = /MicroMessenger/i.test(navigator.userAgent);
var apple = /iPhone|iPad|Macintosh/.test(navigator.userAgent);
var ORDER = wechat ? ['tencent', 'amap', 'baidu', 'apple'] :
  apple ? ['apple', 'amap', 'baidu', 'tencent'] : ['amap', 'baidu', 'tencent', 'apple'];
// On an iPhone people choose; elsewhere one app is the best guess.
var SHOWN = apple && !wechat ? 3 : 1;
var MODES = { amap: ['mode=walk&', 'mode=ride&'], baidu: ['mode=walking&', 'mode=riding&'], tencent: ['type=walk&', 'type=bike&'] };

function part(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, function (char) { return '%' + char.charCodeAt(0).toString(16).toUpperCase(); });
}
// The same addresses as maps/navigation.py writes.
function addresses(amap) {
  var asked = new URL(amap).searchParams, found = /^([^,]*),([^,]*),([^]*)$/.exec(asked.get('to'));
  var at = found[2] + ',' + found[1], name = part(found[3]), source = asked.get('src');
  return {
    amap: amap,
    baidu: 'https://api.map.baidu.com/direction?origin=' + part('我的位置') + '&destination=latlng:' + at + '%7Cname:' + name +
      '&mode=walking&region=' + part('西安') + '&coord_type=gcj02&output=html&src=webapp.union.' + source,
    tencent: 'https://apis.map.qq.com/uri/v1/routeplan?type=walk&to=' + name + '&tocoord=' + at + '&coord_type=2&referer=' + source,
    apple: 'https://maps.apple.com/?daddr=' + at + '&dirflg=w'
  };
}
function fill(box) {
  var first = box.querySelector('[data-app=amap]'), others = box.querySelector('.others');
  if (!first || box.dataset.filled) { return; }
  box.dataset.filled = '1';
  var known = addresses(first.href), copying = box.querySelector('[data-copy]');
  ORDER.forEach(function (app, index) {
    var link = box.querySelector('[data-app=' + app + ']') || document.createElement('a');
    link.dataset.app = app;
    link.href = known[app];
    link.rel = 'noopener noreferrer';
    link.textContent = words[app];
    link.classList.toggle('best', SHOWN === 1 && index === 0);
    link.hidden = index >= SHOWN;
    box.insertBefore(link, index < SHOWN ? others : copying);
  });
  others.setAttribute('role', 'button');
  others.setAttribute('aria-expanded', 'false');
  if (wechat) { box.appendChild(document.createElement('span')).textContent = words.wechat; }
}
function expand(others) {
  Array.from(others.parentNode.querySelectorAll('[data-app]')).forEach(function (link) { link.hidden = false; });
  others.setAttribute('aria-expanded', 'true');
}
function byBike(link) {
  var pair = MODES[link.dataset.app], riding = root.classList.contains('riding');
  if (pair) { link.href = link.href.replace(pair[riding ? 0 : 1], pair[riding ? 1 : 0]); }
}
// A card's own words are what is copied from it, also where the map shows a piece of it.
function textOf(button) {
  if (button.dataset.copy) { return button.dataset.copy; }
  var row = window.finder.rows[Number(button.closest('[data-i]').dataset.i)];
  return row.placeWords === words.no_address ? row.name : row.name + ' ' + row.placeWords;
}
function copy(button) {
  var text = textOf(button);
  var done = function () { button.textContent = words.copied; };
  var failed = function () { button.textContent = words.failed.replace('{text}', function () { return text; }); };
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
// What was tapped: 导航 fills its box, 其他地图 shows the rest, an app's link follows the way of going.
function tapped(target) {
  var box = target.closest('.nav > summary');
  if (box) { Array.from(box.parentNode.querySelectorAll('.links')).forEach(fill); }
  var button = target.closest('[data-copy]');
  if (button) { copy(button); }
}
document.addEventListener('click', function (event) {
  tapped(event.target);
  var others = event.target.closest('.others[role=button]');
  if (others) { event.preventDefault(); expand(others); }
  var link = event.target.closest('[data-app]');
  if (link) { byBike(link); }
}, true);
Array.from(document.querySelectorAll('.station .links')).forEach(fill);
window.mapLinks = tapped;
}());
