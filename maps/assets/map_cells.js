/* The planner's own layers: cells in their classes, gap areas with their badges, one theme at a time.
   Style is read from the class of each cell. Up to 1,500 cells are SVG, up to 5,000 a canvas, above a picture. */
(function () {
  "use strict";
  var data = CareMap.data;
  var cells = data.cells;
  var say = CareMap.say;
  var gaps = {};
  var chosen = null;
  var renderer = null;
  var centres = null;

  function hatch() {
    var tile = document.createElement("canvas");
    var pen = tile.getContext("2d");
    tile.width = tile.height = 7;
    pen.fillStyle = "#f3f2ee";
    pen.fillRect(0, 0, 7, 7);
    pen.strokeStyle = "#7a8087";
    pen.lineWidth = 1.5;
    pen.beginPath();
    [-7, 0, 7].forEach(function (x) { pen.moveTo(x - 1, 8); pen.lineTo(x + 8, -1); });
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  }

  /* Centres travel as steps of 0.00001 degrees from one cell to the next. */
  function places() {
    if (centres) { return centres; }
    var x = cells.start[0], y = cells.start[1];
    centres = [[x / 1e5, y / 1e5]];
    cells.x.forEach(function (step, n) {
      x += step;
      y += cells.y[n];
      centres.push([x / 1e5, y / 1e5]);
    });
    return centres;
  }

  function rings(n, at) {
    var scale = cells.sizes[cells.size[n]];
    var cut = cells.clipped[n];
    if (cut) { return cut.map(function (ring) { return ring.map(CareMap.latLng); }); }
    return cells.hexagon.map(function (corner) {
      return L.latLng(at[1] + scale * corner[1], at[0] + scale * corner[0]);
    });
  }

  function lines(n) {
    var found = [say("cell_demand", { n: cells.demand[n] })];
    if (cells.reach) { found.push(say("cell_share", { a: cells.share[n], b: cells.most[n] })); }
    if (cells.after) { found.push(say("cell_change", { a: cells.before[n], b: cells.after[n] })); }
    if (cells.minutes[n] !== null) { found.push(say("cell_minutes", { n: cells.minutes[n] })); }
    return found;
  }

  function percent(share) { return Math.floor(share * 100 + 0.5); }

  function block(texts) {
    var box = document.createElement("div");
    box.className = "cell-tip";
    texts.forEach(function (text) {
      var line = document.createElement("p");
      line.textContent = text;
      box.appendChild(line);
    });
    return box;
  }

  function pane(map) {
    if (!map.getPane("cells")) { map.createPane("cells").style.zIndex = 250; }
    if (!renderer && cells.path !== "picture") {
      renderer = cells.path === "svg" ? L.svg({ pane: "cells", padding: 0.4 }) : L.canvas({ pane: "cells", padding: 0.4 });
    }
  }

  function fill(group, layer) {
    var styles = layer.styles.map(function (style) {
      var own = Object.assign({ renderer: renderer, pane: "cells" }, style);
      if (own.fillColor === "hatch") { own.fillColor = cells.path === "svg" ? "url(#hatch)" : hatch(); }
      return own;
    });
    places().forEach(function (at, n) {
      var shape = L.polygon(rings(n, at), Object.assign({ number: n }, styles[layer.classes[n]]));
      shape.addTo(group);
    });
    group.bindTooltip(function (shape) { return block(lines(shape.options.number)); }, { sticky: true, direction: "top" });
  }

  function drawCells(map, group, layer) {
    var filled = false;
    if (!cells.count) { return; }
    pane(map);
    group.on("add", function () {
      if (filled) { return; }
      filled = true;
      if (layer.picture) { CareMap.picture(map, group, layer.picture); } else { fill(group, layer); }
    });
    /* One question at a time: showing a theme puts the others away. */
    group.on("add", function () { only(map, "cells", group); });
  }

  function only(map, kind, group) {
    Object.keys(CareMap.layers).forEach(function (key) {
      var other = CareMap.layers[key];
      var same = kind === "cells" ? data.layers[key].kind === "cells" : ["service", "verdict"].indexOf(key) >= 0;
      if (same && other !== group && map.hasLayer(other)) { other.remove(); }
    });
  }

  /* The figures of the cell under the finger, from the same API that anybody may ask. */
  function ask(map) {
    map.on("click", function (event) {
      var shown = Object.keys(data.layers).some(function (key) {
        return data.layers[key].kind === "cells" && map.hasLayer(CareMap.layers[key]);
      });
      if (!data.cell_api || !shown) { return; }
      var at = event.latlng;
      var place = "lon=" + at.lng.toFixed(6) + "&lat=" + at.lat.toFixed(6);
      fetch(data.cell_api + (data.cell_api.indexOf("?") < 0 ? "?" : "&") + place).then(function (answer) {
        return answer.json();
      }).then(function (cell) {
        var texts = cell.cell ? [say("cell_demand", { n: Number(cell.demand.toPrecision(3)) })]
          .concat(cells.reach ? [say("cell_share", { a: percent(cell.share), b: percent(cell.share_if_unknown_open) })] : [])
          .concat(cell.difference ? [say("cell_change", { a: percent(cell.difference.share_before), b: percent(cell.difference.share_after) })] : [])
          .concat(cell.nearest_min === null ? [] : [say("cell_minutes", { n: Math.floor(cell.nearest_min + 0.5) })]) :
          [say("cell_none")];
        L.popup({ maxWidth: 300 }).setLatLng(at).setContent(block(texts)).openOn(map);
      });
    });
  }

  function drawGaps(map, group, layer) {
    if (!map.getPane("outlines")) { map.createPane("outlines").style.zIndex = 330; }
    layer.gaps.forEach(function (gap) {
      var ring = gap.ring.map(CareMap.latLng);
      var parts = L.featureGroup([
        L.polygon(ring, { pane: "outlines", fill: false, color: "#ffffff", weight: 3.6, interactive: false }),
        L.polygon(ring, { pane: "outlines", fill: false, color: "#1b1f23", weight: 1.3, interactive: false })
      ]);
      var icon = L.divIcon({ className: "badge", html: String(gap.rank), iconSize: [24, 24], iconAnchor: [12, 12] });
      var badge = L.marker(CareMap.latLng(gap.at), { icon: icon, keyboard: true, zIndexOffset: 5000 - gap.rank });
      badge.rank = gap.rank;
      badge.on("add", function () {
        var element = badge.getElement();
        element.setAttribute("aria-label", gap.label);
        element.setAttribute("aria-pressed", "false");
        element.title = gap.label;
        if (chosen === gap.rank) { paint(gap.rank, true); }
      });
      badge.on("click keypress", function (event) {
        var key = event.originalEvent && event.originalEvent.key;
        if (event.type === "click" || key === "Enter" || key === " ") { choose(map, gap.rank, false); }
      });
      parts.addLayer(badge);
      gaps[gap.rank] = { gap: gap, parts: parts, badge: badge, ring: ring };
    });
    function place() {
      layer.gaps.forEach(function (gap) {
        var shown = gap.first || map.getZoom() >= 12.5 || chosen === gap.rank;
        if (shown) { group.addLayer(gaps[gap.rank].parts); } else { group.removeLayer(gaps[gap.rank].parts); }
      });
    }
    place();
    map.on("zoomend", place);
  }

  function paint(rank, on) {
    var one = gaps[rank];
    var lines = one.parts.getLayers();
    var element = one.badge.getElement();
    lines[0].setStyle({ weight: on ? 4.6 : 3.6 });
    lines[1].setStyle({ color: on ? "#b3121d" : "#1b1f23", weight: on ? 2.4 : 1.3 });
    if (on) { lines[0].bringToFront(); lines[1].bringToFront(); }
    if (element) {
      element.classList.toggle("on", on);
      element.setAttribute("aria-pressed", String(on));
    }
    one.badge.setZIndexOffset(on ? 9000 : 5000 - rank);
  }

  function card(rank) {
    var box = document.getElementById("gap-card");
    var made = rank === null ? null : document.getElementById("gap-" + rank);
    box.hidden = !made;
    box.querySelector(".card-in").replaceChildren(made ? made.content.cloneNode(true) : "");
    if (CareMap.settle) { CareMap.settle(); }
  }

  function choose(map, rank, zoom) {
    if (!gaps[rank]) { return; }
    if (chosen !== null) { paint(chosen, false); }
    chosen = rank;
    if (!map.hasLayer(CareMap.layers.gaps)) { CareMap.layers.gaps.addTo(map); }
    CareMap.layers.gaps.addLayer(gaps[rank].parts);
    paint(rank, true);
    if (zoom) { map.fitBounds(L.latLngBounds(gaps[rank].ring), { padding: [70, 70], maxZoom: 14, animate: false }); }
    card(rank);
    if (window.parent !== window) { window.parent.postMessage({ gap: rank }, window.location.origin); }
  }

  function themes(map) {
    document.querySelectorAll("[data-theme]").forEach(function (button) {
      var key = button.getAttribute("data-theme");
      var group = CareMap.layers[key];
      button.addEventListener("click", function () { group.addTo(map); });
      group.on("add remove", function () { button.setAttribute("aria-pressed", String(map.hasLayer(group))); });
    });
  }

  function asked() {
    var from = new URLSearchParams(window.location.search).get("gap") ||
      new URLSearchParams(window.location.hash.slice(1)).get("gap");
    return Number(from);
  }

  CareMap.kinds.cells = drawCells;
  CareMap.kinds.gaps = drawGaps;
  CareMap.choose = choose;
  CareMap.ready = function (map, layers) {
    ["service", "verdict"].filter(function (key) { return layers[key]; }).forEach(function (key) {
      layers[key].on("add", function () { only(map, "stations", layers[key]); });
    });
    themes(map);
    ask(map);
    choose(map, asked(), true);
    window.addEventListener("hashchange", function () { choose(map, asked(), true); });
    window.addEventListener("message", function (event) {
      if (event.origin === window.location.origin && event.data && Number(event.data.gap)) {
        choose(map, Number(event.data.gap), true);
      }
    });
    document.querySelector("#gap-card button").addEventListener("click", function () {
      if (chosen !== null) { paint(chosen, false); }
      chosen = null;
      card(null);
    });
  };
}());
