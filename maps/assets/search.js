/* Place search of the finder, loaded when the search is first opened: names, pinyin initials, stations. */
(function () {
'use strict';

var WORDS = {
  zh: {
    empty: '没找到“{q}”，试试路名或街道',
    failed: '地名没取到，按街道看',
    found: '找到 {n} 处'
  },
  en: {
    empty: 'Nothing for “{q}”, try a road or street',
    failed: 'Places did not load; browse by street',
    found: '{n} found'
  }
};
var finder = window.finder;
var words = WORDS[finder.data.lang];
var field = document.getElementById('q');
var list = document.getElementById('found');
var status = document.getElementById('q-count');
var MOST = 12;
var entries = [];

function plain(text) { return text.toLowerCase().replace(/[\s（）()]/g, ''); }

fetch(document.getElementById('search').dataset.places).then(function (answer) {
  if (!answer.ok) { throw new Error(String(answer.status)); }
  return answer.json();
}).then(function (found) {
  var rows = {};
  finder.rows.forEach(function (row) { rows[row.id] = row; });
  entries = found.places.map(function (raw) {
    return { name: raw[0], key: plain(raw[0]), initials: plain(raw[1]), lon: raw[2], lat: raw[3] };
  }).concat(found.stations.filter(function (raw) { return rows[raw[0]]; }).map(function (raw) {
    var row = rows[raw[0]];
    return { name: row.name, key: plain(row.name), initials: plain(raw[1]), lon: row.lon, lat: row.lat, card: row.card };
  }));
  search();
}).catch(function () { status.className = 'fine'; status.textContent = words.failed; });

function rank(entry, text) {
  if (entry.key.startsWith(text)) { return 0; }
  if (entry.initials.startsWith(text)) { return 1; }
  if (entry.key.includes(text)) { return 2; }
  return entry.initials.includes(text) ? 3 : 9;
}
function search() {
  var text = plain(field.value);
  list.textContent = '';
  status.textContent = '';
  if (!text || !entries.length) { return; }
  var hits = entries.map(function (entry) { return [rank(entry, text), entry]; })
    .filter(function (pair) { return pair[0] < 9; })
    .sort(function (a, b) { return a[0] - b[0]; }).slice(0, MOST);
  hits.forEach(function (pair) {
    var button = list.appendChild(document.createElement('li')).appendChild(document.createElement('button'));
    button.type = 'button';
    button.textContent = pair[1].name;
    button.addEventListener('click', choose.bind(null, pair[1]));
  });
  status.className = hits.length ? 'sr' : 'fine';
  status.textContent = hits.length ? words.found.replace('{n}', hits.length) :
    words.empty.replace('{q}', function () { return field.value; });
}
function choose(entry) {
  document.getElementById('search').hidden = true;
  document.getElementById('trouble').hidden = true;
  document.getElementById('search-open').setAttribute('aria-expanded', 'false');
  if (entry.lon === null) { entry.card.scrollIntoView(); return; }
  finder.setNear({ lon: entry.lon, lat: entry.lat, name: finder.say('near_place', { name: entry.name }) });
  document.getElementById('main').focus({ preventScroll: true });
}
field.addEventListener('input', search);
field.addEventListener('keydown', function (event) {
  if (event.key === 'Enter' && list.firstChild) { list.querySelector('button').click(); }
});
}());
