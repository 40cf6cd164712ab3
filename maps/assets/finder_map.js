/* The finder's map, loaded when first opened: the list's stations as plates on our own ground, and a point on the
   map as the place to search from. The list stays under it; both show what the finder last painted. */
(function () {
'use strict';

var finder = window.finder;
var root = document.documentElement;
var calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
var WORDS = {
  zh: {
    label: '驿站地图，站点可用 Tab 键逐个走到', on: '图上 {n} 个站，和列表一样', zoom_in: '放大', zoom_out: '缩小',
    locate: '我的位置', me: '我', pick: '点一下你在哪儿，或移动地图后点“就在正中”', here: '就在正中', cancel: '不选了', close: '关闭', sample: '示例站点，请勿前往'
  },
  en: {
    label: 'Map of stations; Tab reaches every station', on: '{n} on the map, same as the list', zoom_in: 'Zoom in',
    zoom_out: 'Zoom out', locate: 'My position', me: 'Me', pick: 'Tap where you are, or move the map and choose its middle',
    here: 'The middle', cancel: 'Cancel', close: 'Close', sample: 'Sample station, do not go'
  }
};
var words = WORDS[finder.data.lang];
var map = null, stage, chosen, picking = false, me = null, seen = '';
var main = document.getElementById('main');

window.CareMap = { latLng: function (at) { return [at[1], at[0]]; } };

function make(tag, className, text, parent) {
  var node = document.createElement(tag);
  node.className = className;
  if (text) { node.textContent = text; }
  if (tag === 'button') { node.type = 'button'; }
  return parent ? parent.appendChild(node) : node;
}
function load(address) {
  return new Promise(function (resolve, reject) {
    var style = /\.css\?/.test(address);
    var node = document.createElement(style ? 'link' : 'script');
    node.onload = resolve;
    node.onerror = reject;
    if (style) { node.rel = 'stylesheet'; node.href = address; } else { node.src = address; }
    document.head.appendChild(node);
  });
}

// ---------------------------------------------------------------- the stage
function build() {
  stage = make('section', 'stage');
  stage.setAttribute('aria-label', words.label);
  var box = make('div', 'map', '', stage);
  var tools = make('p', 'tools', '', stage);
  [['zoom_in', '+', function () { map.zoomIn(1, { animate: !calm }); }],
    ['zoom_out', '−', function () { map.zoomOut(1, { animate: !calm }); }],
    ['locate', '', finder.locate]].forEach(function (one) {
    var button = make('button', '', one[1], tools);
    if (!one[1]) { button.appendChild(document.querySelector('#locate .i').cloneNode(true)); }
    button.setAttribute('aria-label', words[one[0]]);
    button.addEventListener('click', one[2]);
  });
  var bar = make('p', 'picking', '', stage);
  bar.hidden = true;
  make('b', '', words.pick, bar).setAttribute('role', 'status');
  make('button', '', words.here, bar).addEventListener('click', function () { place(map.getCenter()); });
  make('button', '', words.cancel, bar).addEventListener('click', function () { pick(false); });
  chosen = make('div', 'chosen', '', stage);
  chosen.hidden = true;
  main.insertBefore(stage, main.querySelector('.summary'));
  return box;
}
function pick(on) {
  picking = on;
  stage.classList.toggle('asking', on);
  stage.querySelector('.picking').hidden = !on;
  chosen.hidden = true;
  if (on) {
    document.getElementById('trouble').hidden = document.getElementById('search').hidden = true;
    stage.scrollIntoView({ block: 'nearest' });
    stage.querySelector('.picking button').focus({ preventScroll: true });
  }
}
function place(at) {
  pick(false);
  finder.setNear({ lon: Number(at.lng.toFixed(5)), lat: Number(at.lat.toFixed(5)), name: finder.data.w.near_chosen });
  main.focus({ preventScroll: true });
}

// ---------------------------------------------------------------- stations, as the list has them
function sign(row) {
  var plate = make('span', 'door-plate ' + row.code, row.sign + (row.code === 'soon' ? '′' : ''));
  plate.setAttribute('aria-hidden', 'true');
  return plate;
}
function show(row) {
  if (row.marker) { return; }
  row.marker = L.marker([row.lat, row.lon], {
    icon: L.divIcon({ className: 'mk mk-sign', html: sign(row), iconSize: [48, 52], iconAnchor: [24, 50] }), riseOnHover: true
  }).on('click', choose.bind(null, row)).addTo(map);
  row.marker.getElement().addEventListener('keydown', function (event) {
    if (event.key === ' ' || event.key === 'Enter') { event.preventDefault(); event.stopPropagation(); choose(row); }
  });
}
function choose(row) {
  if (picking) { place(row.marker.getLatLng()); return; }
  chosen.textContent = '';
  chosen.appendChild(sign(row));
  var box = make('p', '', '', chosen);
  make('b', '', row.state.textContent, box);
  var link = make('a', '', row.name, box);
  link.href = row.card.querySelector('h3 a').href;
  make('span', '', row.dist.textContent, box);
  if (row.card.querySelector('.acts .warn')) { make('small', '', words.sample, box); }
  // The card's own 导航, with its warning where there is one.
  var way = row.card.querySelector('.acts .nav').cloneNode(true);
  way.open = false;
  var close = make('button', '', '×', chosen);
  close.setAttribute('aria-label', words.close);
  close.addEventListener('click', function () { chosen.hidden = true; row.marker.getElement().focus({ preventScroll: true }); });
  chosen.appendChild(way);
  chosen.dataset.i = row.card.dataset.i;
  chosen.hidden = false;
  link.focus({ preventScroll: true });
}
function paint() {
  if (!map || !root.classList.contains('mapping')) { return; }
  var shown = finder.rows.filter(function (row) { return row.match && row.lon !== null; });
  finder.rows.forEach(function (row) {
    if (row.marker && shown.indexOf(row) < 0) { row.marker.remove(); row.marker = null; }
  });
  shown.forEach(function (row) {
    show(row);
    var element = row.marker.getElement();
    var label = row.name + finder.data.w.comma + row.state.textContent;
    if (element.getAttribute('aria-label') === label) { return; }
    element.setAttribute('aria-label', label);
    element.title = label;
    element.replaceChild(sign(row), element.firstChild);
  });
  stage.querySelector('.on-map').textContent = words.on.replace('{n}', shown.length);
  paintMe();
  fit(shown);
}
function paintMe() {
  var near = finder.ask.near;
  if (me) { me.remove(); me = null; }
  if (!near) { return; }
  me = L.layerGroup().addTo(map);
  if (near.accuracy) {
    L.circle([near.lat, near.lon], { radius: near.accuracy, interactive: false, color: '#0b5fff', weight: 1, fillOpacity: .12 }).addTo(me);
  }
  L.marker([near.lat, near.lon], {
    icon: L.divIcon({ className: 'me', html: make('span', '', words.me), iconSize: [30, 30] }), keyboard: false, interactive: false, zIndexOffset: 1000
  }).addTo(me);
}
// The view moves only when what is looked for has changed.
function fit(shown) {
  var near = finder.ask.near;
  var key = near ? [near.lon, near.lat].join() : 'all';
  if (key === seen) { return; }
  seen = key;
  var sorted = near ? shown.slice().sort(function (a, b) { return a.metres - b.metres; }).slice(0, 4) : shown;
  var points = sorted.map(function (row) { return [row.lat, row.lon]; });
  if (near) { points.push([near.lat, near.lon]); }
  if (points.length) { map.fitBounds(points, { paddingTopLeft: [28, 56], paddingBottomRight: [64, 28], maxZoom: 16, animate: false }); }
}

// ---------------------------------------------------------------- the ground
function ground(layers) {
  layers.forEach(function (layer) {
    var group = L.featureGroup();
    Object.keys(layer.panes).forEach(function (name) {
      if (!map.getPane(name)) { map.createPane(name).style.zIndex = layer.panes[name]; }
    });
    layer.features.forEach(function (feature) {
      var style = Object.assign({}, layer.styles[feature.properties.style]);
      if (finder.data.tiles.length && style.fill) { style.fillOpacity = 0; }
      L.geoJSON(feature, { style: style, pane: feature.properties.pane, interactive: false }).addTo(group);
    });
    CareMap.labels(map, group, layer.labels, layer.features);
    group.addTo(map);
  });
}
function start(found) {
  var box = build();
  map = L.map(box, {
    zoomControl: false, attributionControl: false, zoomSnap: 0.25, minZoom: 9, maxZoom: 18, zoomAnimation: !calm,
    fadeAnimation: !calm, markerZoomAnimation: !calm, inertia: !calm
  }).setView([found.middle[1], found.middle[0]], 12);
  map.getContainer().setAttribute('tabindex', '-1');
  finder.data.tiles.forEach(function (tile) { L.tileLayer(tile[0], tile[1]).addTo(map); });
  ground(found.layers);
  L.control.scale({ imperial: false, maxWidth: 90 }).addTo(map);
  make('p', 'on-map', '', stage).setAttribute('role', 'status');
  main.insertBefore(make('p', 'fine map-credits', found.credit), stage.nextSibling);
  map.on('zoomend', function () { stage.classList.toggle('far', map.getZoom() < 13); });
  map.on('click', function (event) { if (picking) { place(event.latlng); } });
  window.addEventListener('finder:painted', paint);
  document.addEventListener('keydown', function (event) { if (event.key === 'Escape') { chosen.hidden = true; pick(false); } });
  paint();
  CareMap.arrange(map);
}
var ready = null;
function open(wanted) {
  ready = ready || Promise.all([
    fetch(finder.data.ground + (finder.data.lang === 'en' ? '?lang=en' : '')).then(function (answer) { if (!answer.ok) { throw new Error(answer.status); } return answer.json(); }),
    load(finder.data.leaflet[0]), load(finder.data.map_css),
    load(finder.data.leaflet[1]).then(function () { return load(finder.data.map_labels); })
  ]).then(function (loaded) { start(loaded[0]); });
  ready.then(function () {
    map.invalidateSize({ animate: false });
    paint();
    pick(Boolean(wanted));
    if (!wanted) { stage.scrollIntoView({ block: 'nearest' }); }
  }, function () { ready = null; finder.mapFailed(); });
}
window.addEventListener('finder:map', function (event) { if (root.classList.contains('mapping')) { open(event.detail); } });
window.finderMap = { open: open };
}());
