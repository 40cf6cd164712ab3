/* The finder on the phone: distance, open states, filters, order. ES2017, runs in old WebViews.
   Rows arrive rendered; this script only moves, hides and updates them. */
(function () {
'use strict';

var root = document.documentElement;
var data = JSON.parse(document.getElementById('data').textContent);
var words = data.w;
var DAY = 1440;
var KEEP_MS = 10000;

function $(id) { return document.getElementById(id); }
function all(selector, from) { return Array.from((from || document).querySelectorAll(selector)); }
function say(key, fields) {
  return words[key].replace(/\{(\w+)\}/g, function (_, name) { return fields[name]; });
}
function setText(node, text) { if (node.textContent !== text) { node.textContent = text; } }

// ---------------------------------------------------------------- distance on the WGS-84 ellipsoid
// Vincenty's inverse formula (1975): within 0.1 mm of the exact geodesic except for nearly antipodal points,
// where it does not converge and the mean sphere answers (no station is on the other side of the Earth).
function distanceM(lon1, lat1, lon2, lat2) {
  var a = 6378137, f = 1 / 298.257223563, b = a * (1 - f), rad = Math.PI / 180;
  var L = (lon2 - lon1) * rad;
  var u1 = Math.atan((1 - f) * Math.tan(lat1 * rad)), u2 = Math.atan((1 - f) * Math.tan(lat2 * rad));
  var s1 = Math.sin(u1), c1 = Math.cos(u1), s2 = Math.sin(u2), c2 = Math.cos(u2);
  var lambda = L, before, sinS, cosS, sigma, cos2A, cos2M;
  for (var turn = 0; turn < 100; turn++) {
    var sinL = Math.sin(lambda), cosL = Math.cos(lambda);
    sinS = Math.hypot(c2 * sinL, c1 * s2 - s1 * c2 * cosL);
    if (sinS === 0) { return 0; }
    cosS = s1 * s2 + c1 * c2 * cosL;
    sigma = Math.atan2(sinS, cosS);
    var sinA = c1 * c2 * sinL / sinS;
    cos2A = 1 - sinA * sinA;
    cos2M = cos2A ? cosS - 2 * s1 * s2 / cos2A : 0;
    var C = f / 16 * cos2A * (4 + f * (4 - 3 * cos2A));
    before = lambda;
    lambda = L + (1 - C) * f * sinA * (sigma + C * sinS * (cos2M + C * cosS * (2 * cos2M * cos2M - 1)));
    if (Math.abs(lambda - before) < 1e-13) {
      var uu = cos2A * (a * a - b * b) / (b * b);
      var A = 1 + uu / 16384 * (4096 + uu * (-768 + uu * (320 - 175 * uu)));
      var B = uu / 1024 * (256 + uu * (-128 + uu * (74 - 47 * uu)));
      var q = cos2M * cos2M;
      var ds = B * sinS * (cos2M + B / 4 * (cosS * (2 * q - 1) -
        B / 6 * cos2M * (4 * sinS * sinS - 3) * (4 * q - 3)));
      return b * A * (sigma - ds);
    }
  }
  return 6371008.8 * sigma;
}

// ---------------------------------------------------------------- open states are told by worker.js
var doors = window.doors;
var stateOf = doors.stateOf, stateWords = doors.stateWords, isOpen = doors.isOpen, clock = doors.clock;

// ---------------------------------------------------------------- rows
var rows = data.stations.map(function (raw, index) {
  return {
    index: index, id: raw[0], lon: raw[1], lat: raw[2], door: doors.door(raw), letters: raw[7], flags: raw[8],
    serves: raw[4] === 1, metres: null, minutes: null
  };
});
all('.card[data-i]').forEach(function (card) {
  var row = rows[Number(card.dataset.i)];
  row.card = card;
  row.home = card.parentNode;
  row.name = card.querySelector('h3').textContent;
  row.plate = card.querySelector('.plate');
  row.shut = card.querySelector('.state .sr');
  row.state = card.querySelector('.state span:last-child');
  row.dist = card.querySelector('.dist');
  row.placeWords = row.dist.textContent;
  row.arrive = card.querySelector('.arrive');
  row.lack = card.querySelector('.lack');
});

// ---------------------------------------------------------------- what is asked for
var FLAGS = ['open', 'arrival', 'allday', 'night', 'unknown'];
var ask = { needs: [], flags: {}, mode: 'walk', at: '', near: null };

function readAddress() {
  var query = new URLSearchParams(location.search);
  ask.needs = (query.get('amenities') || '').split(',').filter(function (code) { return data.groups.indexOf(code) >= 0; });
  FLAGS.forEach(function (flag) { ask.flags[flag] = query.get(flag) === '1'; });
  ask.map = query.get('view') === 'map';
  ask.mode = query.get('mode') === 'ebike' || (!query.get('mode') && kept('mode') === 'ebike') ? 'ebike' : 'walk';
  ask.at = /^([01]\d|2[0-3]):[0-5]\d$/.test(query.get('time') || '') ? query.get('time') : '';
  readFragment();
}
function readFragment() {
  var found = /^#near=(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(location.hash);
  if (!found) { return; }
  var lon = Number(found[1]), lat = Number(found[2]);
  if (Math.abs(lon) <= 180 && Math.abs(lat) <= 90) { ask.near = { lon: lon, lat: lat, name: words.near_chosen }; }
}
function writeAddress() {
  var query = new URLSearchParams();
  if (data.lang === 'en') { query.set('lang', 'en'); }
  if (ask.needs.length) { query.set('amenities', ask.needs.join(',')); }
  FLAGS.forEach(function (flag) { if (ask.flags[flag]) { query.set(flag, '1'); } });
  if (ask.mode === 'ebike') { query.set('mode', 'ebike'); }
  if (ask.at) { query.set('time', ask.at); }
  if (ask.map) { query.set('view', 'map'); }
  var text = query.toString().replace(/%2C/g, ',').replace(/%3A/g, ':');
  var chosen = ask.near && !ask.near.me ? '#near=' + ask.near.lon + ',' + ask.near.lat : '';
  history.replaceState(null, '', location.pathname + (text ? '?' + text : '') + chosen);
}
// Private windows refuse storage: the choice then lasts as long as the page.
function kept(key) { try { return localStorage.getItem(key); } catch (refused) { return null; } }
function keep(key, value) { try { localStorage.setItem(key, value); } catch (refused) { return; } }

function askedMinute() {
  var now = Date.now() / 60000;
  if (!ask.at) { return now; }
  var midnight = Math.floor((now + data.tz) / DAY) * DAY - data.tz;
  var minute = midnight + Number(ask.at.slice(0, 2)) * 60 + Number(ask.at.slice(3));
  return minute < now - 1 ? minute + DAY : minute;
}
function travelMin(metres, mode) { return metres * data.detour / data.speed[mode] / 60; }

// ---------------------------------------------------------------- matching
function lacking(row, minute, needs, flags) {
  var missing = needs.filter(function (code) { return row.letters[data.groups.indexOf(code)] !== 'y'; });
  var passes = function (state) { return isOpen(state) || (flags.unknown && state.code === 'unknown'); };
  var late = flags.arrival ? row.minutes || 0 : 0;
  if (flags.open && !passes(stateOf(row.door, minute))) { missing.push('open'); }
  if (flags.arrival && !passes(stateOf(row.door, minute + late))) { missing.push('arrival'); }
  if (flags.allday && !(row.door.runs.length === 1 && row.door.runs[0].state === 'o')) { missing.push('allday'); }
  if (flags.night && !passes(stateOf(row.door, nightMinute(minute)))) { missing.push('night'); }
  return missing;
}
// 夜间: open at 02:00 of the night that is on or comes next
function nightMinute(minute) {
  var midnight = Math.floor((minute + data.tz) / DAY) * DAY - data.tz;
  return minute - midnight < 240 ? midnight + 120 : midnight + DAY + 120;
}
function ranked(row) { return row.serves && row.lon !== null; }
function count(minute, needs, flags) {
  return rows.filter(function (row) {
    return row.serves && (!ask.near || ranked(row)) && !lacking(row, minute, needs, flags).length;
  }).length;
}
function anyFilter() { return ask.needs.length > 0 || FLAGS.some(function (flag) { return flag !== 'unknown' && ask.flags[flag]; }); }
function askedWords() {
  var parts = all('[data-need],[data-flag]').filter(function (button) {
    return button.getAttribute('aria-pressed') === 'true' && button.dataset.flag !== 'unknown';
  }).map(function (button) { return button.textContent.trim(); });
  if (ask.at) { parts.push(say('at_time', { time: ask.at })); }
  return parts.join(words.and);
}

// ---------------------------------------------------------------- painting
function far(metres) {
  if (metres < 995) { return say('metres', { n: Math.max(10, Math.round(metres / 10) * 10) }); }
  return say('km', { n: (metres / 1000).toFixed(1) });
}
function distWords(row) {
  var min = Math.max(1, Math.round(row.minutes));
  if (min > 60 && ask.mode === 'walk') {
    return say('dist_far', { min: min, far: far(row.metres), ride: Math.max(1, Math.round(travelMin(row.metres, 'ebike'))) });
  }
  return say('dist', { min: min, far: far(row.metres) });
}
function paintRow(row, minute) {
  var state = stateOf(row.door, minute), arrival = '';
  row.code = state.code;
  doors.paint(row, state, minute);
  var measured = ask.near && row.metres !== null;
  setText(row.dist, measured ? distWords(row) : ask.near ? words.no_location : row.placeWords);
  if (measured && state.code === 'soon') {
    var left = Math.floor(state.until - minute - row.minutes);
    arrival = left > 0 ? say('arrive_ok', { n: left }) : words.arrive_shut;
  } else if (measured && state.code === 'closed' && isOpen(stateOf(row.door, minute + row.minutes))) {
    arrival = words.arrive_open;
  }
  row.arrive.hidden = !arrival;
  setText(row.arrive.querySelector('span'), arrival);
  row.reach = row.serves && isOpen(state) && arrival !== words.arrive_shut;
  row.openNow = isOpen(state);
}
function measure() {
  rows.forEach(function (row) {
    if (!ask.near || row.lon === null) { row.metres = row.minutes = null; return; }
    row.metres = distanceM(ask.near.lon, ask.near.lat, row.lon, row.lat);
    row.minutes = travelMin(row.metres, ask.mode);
  });
}
function byDistance(a, b) { return a.metres - b.metres || (a.id < b.id ? -1 : 1); }

var placed = 'street';
function arrange(order, rest) {
  var key = ask.near ? order.concat(rest).map(function (row) { return row.index; }).join() : 'street';
  if (key === placed) { return; }
  placed = key;
  if (!ask.near) {
    rows.forEach(function (row) { row.home.appendChild(row.card); });
    return;
  }
  var first = document.createDocumentFragment(), last = document.createDocumentFragment();
  order.forEach(function (row) { first.appendChild(row.card); });
  rest.forEach(function (row) { last.appendChild(row.card); });
  $('nearest').appendChild(first);
  $('unranked').querySelector('ul').appendChild(last);
}
function update() {
  var minute = askedMinute(), filtered = anyFilter(), located = Boolean(ask.near);
  measure();
  rows.forEach(function (row) {
    paintRow(row, minute);
    row.missing = lacking(row, minute, ask.needs, ask.flags);
    row.match = (row.serves || !filtered) && !row.missing.length;
    row.card.hidden = !row.match;
    row.card.classList.remove('go');
    row.lack.hidden = true;
  });
  var order = rows.filter(ranked);
  if (located) { order.sort(byDistance); }
  var rest = rows.filter(function (row) { return !ranked(row); });
  root.classList.toggle('located', located);
  root.classList.toggle('riding', ask.mode === 'ebike');
  arrange(order, rest);
  all('#by-street .street').forEach(function (street) { street.hidden = !street.querySelector('.card:not([hidden])'); });
  $('by-street').hidden = located;
  $('nearest').hidden = !located;
  $('unranked').hidden = !located || !rest.some(function (row) { return row.match; });
  var matches = (located ? order : rows).filter(function (row) { return row.match; });
  var first = matches.find(function (row) { return row.reach; });
  if (located && first) { first.card.classList.add('go'); }
  paintCount(matches, minute, filtered);
  paintNothing(located ? order : rows, matches, minute, filtered);
  paintHelp(order, minute);
  window.dispatchEvent(new Event('finder:painted'));
}
function paintCount(matches, minute, filtered) {
  var where = ask.near ? 'near' : 'street';
  var text = filtered || ask.at ?
    say('count_match_' + where, { what: askedWords(), n: matches.length }) :
    say('count_' + where, { n: rows.length, open: matches.filter(function (row) { return row.openNow; }).length });
  if ((ask.flags.open || ask.flags.arrival || ask.flags.night) && !ask.flags.unknown) {
    var more = count(minute, ask.needs, Object.assign({}, ask.flags, { unknown: true })) - matches.length;
    if (more > 0 && matches.length) { text += ' · ' + say('count_unknown', { n: more }); }
  }
  setText($('count'), text);
}
// Nothing matches: the box with the nearest partial match and the ways on is loaded when first needed.
function paintNothing(order, matches, minute, filtered) {
  var none = filtered && !matches.length;
  $('nothing').hidden = !none;
  if (!none) { return; }
  if (window.finderNothing) { window.finderNothing(order, minute); return; }
  lazily(data.nothing, function () { update(); });
}
var asked = {};
function lazily(address, done) {
  if (asked[address]) { return; }
  asked[address] = true;
  var script = document.createElement('script');
  script.src = address;
  script.onload = done;
  script.onerror = function () { asked[address] = false; };
  document.head.appendChild(script);
}
// The nearest that is open on arrival; else the nearest, said to be shut now.
function nearestWith(order, flag, minute) {
  var having = order.filter(function (row) { return row.flags.indexOf(flag) >= 0; });
  return having.find(function (row) { return isOpen(stateOf(row.door, minute + row.minutes)); }) || having[0];
}
function paintHelp(order, minute) {
  [['help_aed', 'help-aed', 'a'], ['help_first_aid', 'help-first-aid', 'f']].forEach(function (one) {
    var row = ask.near && nearestWith(order, one[2], minute);
    $(one[1]).hidden = !row;
    if (!row) { return; }
    var where = row.name + words.comma + far(row.metres) + words.comma + stateWords(stateOf(row.door, minute), minute);
    setText($(one[1]), say(one[0], { where: where }));
  });
  var heat = $('heat');
  if (!heat) { return; }
  var cool = ask.near && nearestWith(order, 'c', minute);
  cool = cool && isOpen(stateOf(cool.door, minute + cool.minutes)) ? cool : null;
  var text = cool ? say('heat_near', { n: data.heat, min: Math.max(1, Math.round(cool.minutes)) }) : say('heat', { n: data.heat });
  setText(heat.querySelector('b'), text);
}

// ---------------------------------------------------------------- changes
function pressButtons() {
  all('[data-need]').forEach(function (button) { press(button, ask.needs.indexOf(button.dataset.need) >= 0); });
  all('[data-flag]').forEach(function (button) { press(button, ask.flags[button.dataset.flag]); });
  all('[data-mode]').forEach(function (button) { press(button, button.dataset.mode === ask.mode); });
  $('at').value = ask.at;
  $('at-clear').hidden = !ask.at;
  var hidden = all('#more-box [aria-pressed=true]').length;
  var label = $('more-count');
  label.dataset.word = label.dataset.word || label.textContent;
  setText(label, label.dataset.word + (hidden ? ' ' + hidden : ''));
}
function press(button, on) { button.setAttribute('aria-pressed', on ? 'true' : 'false'); }
function changed() { pressButtons(); writeAddress(); update(); }
function toggleNeed(code) {
  var at = ask.needs.indexOf(code);
  if (at >= 0) { ask.needs.splice(at, 1); } else { ask.needs.push(code); }
  changed();
}
function setTime(text) { ask.at = text; changed(); }
function setNear(near) {
  ask.near = near;
  paintPlace();
  changed();
}
function paintPlace() {
  var near = ask.near;
  $('place').hidden = !near;
  $('hero').hidden = Boolean(near);
  if (!near) { $('note').hidden = $('note-pick').hidden = true; return; }
  setText($('place-name'), near.name);
  setText($('place-more'), near.accuracy ? say('accuracy', { n: Math.round(near.accuracy) }) : '');
  var note = '';
  $('note-pick').hidden = !(near.accuracy > 200);
  if (near.accuracy > 200) { note = say('inaccurate', { far: far(near.accuracy) }); }
  var box = data.bounds;
  if (near.lon < box[0] || near.lat < box[1] || near.lon > box[2] || near.lat > box[3]) {
    var nearest = Math.min.apply(null, rows.filter(ranked).map(function (row) {
      return distanceM(near.lon, near.lat, row.lon, row.lat);
    }));
    if (isFinite(nearest)) { note = say('outside', { far: far(nearest) }); }
  }
  $('note').hidden = !note;
  setText($('note'), note);
}

// ---------------------------------------------------------------- position: asked for by a tap, never sent
function locate() {
  var label = $('locate').querySelector('b');
  label.dataset.word = label.dataset.word || label.textContent;
  if (!navigator.geolocation || window.isSecureContext === false) { trouble('no_position', 'insecure'); return; }
  setText(label, words.locating);
  navigator.geolocation.getCurrentPosition(function (position) {
    var here = position.coords;
    setText(label, label.dataset.word);
    $('trouble').hidden = $('search').hidden = true;
    setNear({ me: true, lon: here.longitude, lat: here.latitude, accuracy: here.accuracy, name: words.near_me });
  }, function (error) {
    setText(label, label.dataset.word);
    var denied = error.code === 1;
    trouble(denied ? 'denied' : error.code === 3 ? 'timed_out' : 'no_position', denied && 'denied_how');
  }, { enableHighAccuracy: true, timeout: KEEP_MS, maximumAge: 60000 });
}
function trouble(key, how) {
  setText($('trouble-title'), words[key]);
  $('trouble-how').hidden = !how;
  setText($('trouble-how'), how ? words[how] : '');
  $('again').hidden = key === 'no_position';
  $('trouble').hidden = false;
  openSearch(false);
}
function openSearch(focus) {
  $('search').hidden = false;
  $('search-open').setAttribute('aria-expanded', 'true');
  lazily(data.search);
  if (focus) { $('q').focus(); }
}
// ---------------------------------------------------------------- map: loaded when first opened
function openMap(on, pick) {
  ask.map = on;
  root.classList.toggle('mapping', on);
  all('.bar a').slice(0, 2).forEach(function (link, index) {
    if (Boolean(index) === on) { link.setAttribute('aria-current', 'page'); } else { link.removeAttribute('aria-current'); }
  });
  writeAddress();
  update();
  if (!on || window.finderMap) { window.dispatchEvent(new CustomEvent('finder:map', { detail: pick })); return; }
  var script = document.createElement('script');
  script.src = data.map;
  script.onload = function () { window.finderMap.open(pick); };
  script.onerror = mapFailed;
  document.head.appendChild(script);
}
function mapFailed() {
  openMap(false);
  $('note').hidden = false;
  setText($('note'), words.map_failed);
}

// ---------------------------------------------------------------- wiring
document.addEventListener('click', function (event) {
  var button = event.target.closest('button');
  if (!button) { return; }
  if (button.dataset.need) { toggleNeed(button.dataset.need); }
  if (button.dataset.flag) { ask.flags[button.dataset.flag] = !ask.flags[button.dataset.flag]; changed(); }
  if (button.dataset.mode) { ask.mode = button.dataset.mode; keep('mode', ask.mode); changed(); }
});
$('locate').addEventListener('click', locate);
$('again').addEventListener('click', locate);
$('search-open').addEventListener('click', function () {
  if ($('search').hidden) { openSearch(true); return; }
  $('search').hidden = true;
  $('search-open').setAttribute('aria-expanded', 'false');
});
$('change').addEventListener('click', function () { setNear(null); openSearch(true); });
$('more').addEventListener('click', function () {
  $('more-box').hidden = !$('more-box').hidden;
  $('more').setAttribute('aria-expanded', $('more-box').hidden ? 'false' : 'true');
});
$('at').addEventListener('change', function () { setTime($('at').value); });
$('bar-map').addEventListener('click', function (event) { event.preventDefault(); openMap(true); });
$('bar-list').addEventListener('click', function () { openMap(false); });
all('.pick').forEach(function (button) { button.addEventListener('click', function () { openMap(true, true); }); });
$('bar-night').addEventListener('click', function (event) {
  event.preventDefault();
  ask.flags.night = !ask.flags.night;
  changed();
  window.scrollTo(0, 0);
});
$('at-clear').addEventListener('click', function () { setTime(''); });
window.addEventListener('hashchange', function () {
  readFragment();
  paintPlace();
  pressButtons();
  // A jump inside the page (列表, 求助) took the place of the chosen place in the address: back with it.
  if (ask.near && !ask.near.me) { writeAddress(); }
  update();
});
var ticked = Math.floor(Date.now() / 60000);
setInterval(function () {
  var minute = Math.floor(Date.now() / 60000);
  if (minute !== ticked) { ticked = minute; update(); }
}, 1000);

window.finder = { data: data, rows: rows, ask: ask, say: say, setNear: setNear, distanceM: distanceM, keep: keep, kept: kept, update: update, far: far, locate: locate, mapFailed: mapFailed,
  count: count, toggleNeed: toggleNeed, setTime: setTime, changed: changed, moved: function () { placed = ''; } };
readAddress();
paintPlace();
pressButtons();
update();
if (ask.map) { openMap(true); }
}());
