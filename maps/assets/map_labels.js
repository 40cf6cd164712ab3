/* Names on the map without overlap: stations keep their place, then streets, then places by rank.
   A street's name is moved up to 70 px or set over symbols, never dropped; a place without room within 42 px is. */
(function () {
  "use strict";
  var all = [];
  var ring = [[0, 1], [1, 0], [-1, 0], [0, -1], [1, 1], [-1, 1], [1, -1], [-1, -1]];

  function element(label) {
    var box = document.createElement("span");
    var text = document.createElement("span");
    box.className = "label l-" + label["class"];
    text.lang = "zh-CN";
    text.textContent = label.text;
    box.appendChild(text);
    return box;
  }

  function box(x, y, width, height) { return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]; }

  function hits(one, taken) {
    return taken.some(function (other) {
      return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
    });
  }

  /* Where the middle of a name may stand, relative to its point, best first. */
  function spots(kind, width, height) {
    var found = [];
    if (kind === "place") {
      [0, 8, 20].forEach(function (more) {
        found.push([width / 2 + 5 + more, 0], [-width / 2 - 5 - more, 0],
          [0, height / 2 + 4 + more], [0, -height / 2 - 4 - more],
          [width / 2 + 3, height / 2 + more], [-width / 2 - 3, -height / 2 - more]);
      });
      return found;
    }
    found.push([0, 0]);
    [14, 28, 42, 56, 70].forEach(function (far) {
      ring.forEach(function (to) { found.push([to[0] * far, to[1] * far]); });
    });
    return found;
  }

  /* Is the layer point inside the ring of [lon, lat]? A street's name must not wander into its neighbour. */
  function holds(ring, map, x, y) {
    var inside = false;
    var points = ring.map(function (at) { return map.latLngToLayerPoint(CareMap.latLng(at)); });
    points.forEach(function (one, index) {
      var two = points[index ? index - 1 : points.length - 1];
      if (one.y > y !== two.y > y && x < (two.x - one.x) * (y - one.y) / (two.y - one.y) + one.x) { inside = !inside; }
    });
    return inside;
  }

  function stationBoxes(map) {
    var taken = [];
    map.eachLayer(function (layer) {
      if (!(layer instanceof L.Marker) || !/^(mk|badge)\b/.test(layer.options.icon.options.className)) { return; }
      var at = map.latLngToLayerPoint(layer.getLatLng());
      var sign = layer.options.icon.options.className.indexOf("mk-sign") >= 0;
      var far = map.getContainer().closest(".far");
      var badge = layer.options.icon.options.className === "badge";
      var wide = badge ? 26 : 17;
      if (badge && layer.nudge) { at = at.add(layer.nudge); }
      taken.push(sign && !far ? [at.x - 20, at.y - 48, at.x + 20, at.y] : box(at.x, at.y, wide, wide));
    });
    return taken;
  }

  function arrange(map) {
    var zoom = map.getZoom();
    map.getContainer().classList.toggle("small-names", zoom < 11.5);
    var marks = stationBoxes(map);
    var taken = marks.slice();
    var view = L.bounds(map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(map.getSize()));
    var order = { street: 0, near: 1, place: 2 };
    all.filter(function (one) { return map.hasLayer(one.marker); })
      .sort(function (a, b) {
        return order[a.label["class"]] - order[b.label["class"]] || a.label.rank - b.label.rank;
      })
      .forEach(function (one) {
        var text = one.element.firstChild;
        var kind = one.label["class"];
        var width = text.offsetWidth, height = text.offsetHeight - 2;
        var at = map.latLngToLayerPoint(one.marker.getLatLng());
        var choice = zoom < (one.label.zoom || 0) ? [] : spots(kind, width, height).filter(function (to) {
          return !hits(box(at.x + to[0], at.y + to[1], width, height), taken);
        });
        var free = choice.find(function (to) {
          if (one.label.ring) { return holds(one.label.ring, map, at.x + to[0], at.y + to[1]); }
          return view.contains([at.x + to[0] - width / 2, at.y]) && view.contains([at.x + to[0] + width / 2, at.y]);
        });
        if (!free && !view.contains(at)) { free = choice[0]; }
        if (!free && kind !== "place") {
          free = choice.find(function (to) { return Math.abs(to[0]) + Math.abs(to[1]) <= 42; }) || [0, 0];
        }
        one.element.classList.toggle("none", !free);
        one.element.classList.toggle("bare", hits(box(at.x, at.y, 4, 4), marks));
        if (!free) { return; }
        text.style.transform = "translate(-50%, -50%) translate(" + free[0] + "px, " + free[1] + "px)";
        taken.push(box(at.x + free[0], at.y + free[1], width + 6, height));
        if (kind === "place") { taken.push(box(at.x, at.y, 6, 6)); }
      });
  }

  CareMap.labels = function (map, group, labels, features) {
    labels.forEach(function (label) {
      var shape = "of" in label ? features[label.of].geometry : null;
      var latLng = CareMap.latLng;
      if (shape && shape.type === "Polygon") { label.ring = shape.coordinates[0]; }
      var span = element(label);
      var icon = L.divIcon({ className: "label-at", html: span, iconSize: [0, 0] });
      var marker = L.marker(latLng(label.at), { icon: icon, pane: "labels", interactive: false, keyboard: false });
      marker.on("add", function () { marker.getElement().setAttribute("aria-hidden", "true"); });
      all.push({ label: label, element: span, marker: marker });
      marker.addTo(group);
    });
  };

  /* However often it is called, the work is done once, with the next picture. */
  CareMap.soon = function (work) {
    var due = 0;
    return function () {
      window.cancelAnimationFrame(due);
      due = window.requestAnimationFrame(work);
    };
  };

  CareMap.arrange = function (map) {
    var soon = CareMap.soon(function () { arrange(map); });
    arrange(map);
    map.on("zoomend resize", soon);
    map.on("layeradd layerremove", function (event) {
      if (event.layer instanceof L.FeatureGroup) { soon(); }
    });
  };
}());
