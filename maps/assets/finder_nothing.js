/* When nothing matches: the nearest partial match, what it lacks, and up to three ways on with their counts.
   Loaded when first needed; the finder keeps the list. */
(function () {
'use strict';

var WORDS = {
  zh: {
    near: '最接近的这个，只差 {n} 样：',
    lacks: '缺：{what}',
    closed: '没开门',
    drop: '不要“{what}”',
    later: '{time} 再去，全满足',
    stations: '{n} 个站'
  },
  en: {
    near: 'The nearest to it, {n} missing:',
    lacks: 'Lacks: {what}',
    closed: 'not open',
    drop: 'Drop “{what}”',
    later: 'All met at {time}',
    stations: '{n} stations'
  }
};
var finder = window.finder;
var ask = finder.ask, data = finder.data;
var words = WORDS[data.lang];
var DAY = 1440;
var ways = document.getElementById('ways');

function say(key, fields) {
  return words[key].replace(/\{(\w+)\}/g, function (_, name) { return fields[name]; });
}
function chipOf(code) {
  return document.querySelector('[data-need="' + code + '"],[data-flag="' + code + '"]').textContent.trim();
}
function labelOf(code) { return code === 'open' || code === 'arrival' ? words.closed : chipOf(code); }
function way(found, text, go) {
  if (!found) { return; }
  var button = ways.appendChild(document.createElement('button'));
  button.type = 'button';
  button.appendChild(document.createElement('span')).textContent = text;
  button.appendChild(document.createElement('small')).textContent = say('stations', { n: found });
  button.addEventListener('click', function () { go(); document.getElementById('count').scrollIntoView({ block: 'nearest' }); });
}
// The need whose loss helps most; where none does alone, all that the nearest station lacks.
function drop(nearest, minute) {
  var best = ask.needs.map(function (code) {
    var others = ask.needs.filter(function (one) { return one !== code; });
    return { code: code, found: finder.count(minute, others, ask.flags) };
  }).sort(function (a, b) { return b.found - a.found; })[0];
  if (best && best.found) {
    way(best.found, say('drop', { what: chipOf(best.code) }), finder.toggleNeed.bind(null, best.code));
    return;
  }
  var needs = ask.needs.filter(function (one) { return nearest.missing.indexOf(one) < 0; });
  var flags = Object.assign({}, ask.flags);
  nearest.missing.forEach(function (code) { if (code in flags) { flags[code] = false; } });
  way(finder.count(minute, needs, flags), say('drop', { what: nearest.missing.map(chipOf).join(data.w.and) }), function () {
    ask.needs = needs;
    ask.flags = flags;
    finder.changed();
  });
}
// The first quarter-hour of the rest of the day that has all.
function goLater(minute) {
  for (var later = Math.ceil(minute / 15) * 15; (later + data.tz) % DAY !== 0; later += 15) {
    var found = finder.count(later, ask.needs, ask.flags);
    if (found) {
      var time = window.doors.clock((later + data.tz) % DAY);
      way(found, say('later', { time: time }), finder.setTime.bind(null, time));
      return;
    }
  }
}
window.finderNothing = function (order, minute) {
  var nearest = order.filter(function (row) { return row.serves; })
    .reduce(function (best, row) { return !best || row.missing.length < best.missing.length ? row : best; }, null);
  ways.textContent = '';
  if (!nearest) { return; }
  document.getElementById('nothing-near').textContent = say('near', { n: nearest.missing.length });
  document.getElementById('partial').appendChild(nearest.card);
  finder.moved();
  nearest.card.hidden = false;
  nearest.lack.hidden = false;
  nearest.lack.textContent = say('lacks', { what: nearest.missing.map(labelOf).join(data.w.and) });
  drop(nearest, minute);
  if (ask.flags.open) { goLater(minute); }
  if (!ask.flags.unknown) {
    way(finder.count(minute, ask.needs, Object.assign({}, ask.flags, { unknown: true })), data.w.with_unknown,
      function () { ask.flags.unknown = true; finder.changed(); });
  }
};
}());
