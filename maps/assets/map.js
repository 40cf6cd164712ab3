/* Fills the Folium layers from the page's JSON block and works the page around them: legend, ticks, tools.
   Text reaches the page as text or as clones of what the server escaped; never as markup from here. */
(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("map-data").textContent);
  var words = data.words;
  var layers = {};
  var opened = null;
  var zooming = false;
  var calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function latLng(at) { return L.latLng(at[1], at[0]); }

  function say(key, fields) {
    return words[key].replace(/\{(\w+)\}/g, function (all, name) { return fields[name]; });
  }

  function symbol(name) {
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    var use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "sym");
    svg.setAttribute("viewBox", "0 0 20 20");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", "#" + name);
    svg.appendChild(use);
    return svg;
  }

  function plate(state, text) {
    var box = document.createElement("span");
    box.className = "door-plate " + state;
    box.textContent = state === "soon" ? text + "′" : text;
    return box;
  }

  function sign(state, text) {
    var both = document.createElement("span");
    both.className = "both";
    both.appendChild(plate(state, text));
    both.appendChild(symbol("state-" + state));
    return both;
  }

  /* The panel stands over the map: a pop-up is moved clear of it where there is room beside it. */
  function clear(popup) {
    var panel = document.getElementById("panel");
    var stage = document.getElementById("stage").getBoundingClientRect();
    var at = panel.getBoundingClientRect();
    var left = at.right - stage.left;
    var right = stage.right - at.left;
    var wide = panel.open && stage.width - Math.min(left, right) >= 300;
    popup.options.autoPanPaddingTopLeft = [wide && left < right ? left + 8 : 8, 64];
    popup.options.autoPanPaddingBottomRight = [wide && right <= left ? right + 8 : 8, 64];
  }

  function popup(id, marker) {
    var box = document.createElement("div");
    box.appendChild(document.getElementById(id).content.cloneNode(true));
    if (CareMap.beside) { CareMap.beside(marker, box); }
    if (document.getElementById("panel")) { clear(marker.getPopup()); }
    return box;
  }

  var draw = {
    areas: function (map, group, layer) {
      Object.keys(layer.panes).forEach(function (name) {
        if (!map.getPane(name)) { map.createPane(name).style.zIndex = layer.panes[name]; }
      });
      layer.features.forEach(function (feature) {
        var style = Object.assign({}, layer.styles[feature.properties.style]);
        if (data.tiles && style.fill) { style.fillOpacity = 0; }
        L.geoJSON(feature, { style: style, pane: feature.properties.pane, interactive: false }).addTo(group);
      });
      CareMap.labels(map, group, layer.labels, layer.features);
    },

    dots: function (map, group, layer) {
      var canvas = L.canvas({ padding: 0.3 });
      var styles = layer.styles.map(function (style) {
        return Object.assign({ renderer: canvas, radius: 3.5, fillOpacity: 1, interactive: false }, style);
      });
      layer.dots.forEach(function (dot) { L.circleMarker(latLng(dot), styles[dot[2]]).addTo(group); });
    },

    stations: function (map, group, layer) {
      layer.stations.forEach(function (row) {
        var big = layer.style === "sign";
        var aside = layer.style === "plan" && row[3] !== "new";
        var icon = L.divIcon({
          className: "mk mk-" + layer.style + " " + row[3],
          html: big ? sign(row[3], row[5]) : symbol((layer.style === "plan" ? "plan-" : "state-") + row[3]),
          iconSize: big ? [48, 52] : [24, 24],
          iconAnchor: big ? [24, 50] : aside ? [2, 22] : [12, 12]
        });
        var over = layer.style === "plan" ? 8000 : 0;
        var marker = L.marker(latLng([row[1], row[2]]), {
          icon: icon, riseOnHover: true, keyboard: true, zIndexOffset: over
        });
        marker.nudge = aside ? L.point(10, -10) : null;
        marker.label = row[4];
        marker.on("add", function () { name(marker, row[4]); });
        marker.bindPopup(function () { return popup((layer.popup || "popup-") + row[0], marker); }, {
          maxWidth: 290, minWidth: 230, offset: big ? [0, -42] : [0, -4], closeButton: true,
          autoPanPadding: [16, 64]
        });
        marker.on("popupopen", function (event) { enter(event.popup, marker); });
        marker.on("popupclose", function () { leave(marker); });
        marker.addTo(group);
      });
    }
  };

  /* Leaflet makes a marker focusable; a button also needs a name and the space bar. */
  function name(marker, label) {
    var element = marker.getElement();
    element.setAttribute("aria-label", label);
    element.setAttribute("aria-haspopup", "dialog");
    element.title = label;
    element.addEventListener("keydown", function (event) {
      if (event.key === " " || event.key === "Enter") {
        event.preventDefault();
        event.stopPropagation();
        marker.openPopup();
      }
    });
  }

  function enter(pop, marker) {
    var box = pop.getElement();
    var heading = box.querySelector("h2");
    var close = box.querySelector(".leaflet-popup-close-button");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", heading ? heading.textContent : "");
    close.setAttribute("aria-label", words.close);
    opened = marker;
    document.getElementById("stage").classList.add("asking");
    if (marker.getElement() === document.activeElement) {
      window.setTimeout(function () { close.focus({ preventScroll: true }); }, 0);
    }
    marker.getElement().classList.add("chosen");
  }

  function leave(marker) {
    var element = marker.getElement();
    opened = null;
    document.getElementById("stage").classList.remove("asking");
    if (!element) { return; }
    element.classList.remove("chosen");
    if (document.activeElement === document.body || document.activeElement.closest(".leaflet-popup")) {
      element.focus({ preventScroll: true });
    }
  }

  /* A view set while a zoom is still moving would be undone at its end. */
  function reset(map) {
    map.closePopup();
    if (zooming) { map.once("zoomend", function () { fit(map); }); } else { fit(map); }
  }

  function fit(map) {
    var free = data.padding;
    var narrow = window.innerWidth < 600;
    if (!data.bounds) { return; }
    map.fitBounds([latLng(data.bounds[0]), latLng(data.bounds[1])], {
      paddingTopLeft: narrow ? [28, 44] : [free[0], free[1]],
      paddingBottomRight: narrow ? [28, 28] : [free[2], free[3]],
      maxZoom: 15, animate: false
    });
  }

  function ticks(map) {
    document.querySelectorAll(".ticks input[data-layer]").forEach(function (box) {
      var key = box.getAttribute("data-layer");
      function follow() {
        document.querySelectorAll(".legend[data-layer='" + key + "']").forEach(function (block) {
          block.hidden = !box.checked;
        });
      }
      box.addEventListener("change", function () {
        if (box.checked) { layers[key].addTo(map); } else { layers[key].remove(); }
      });
      layers[key].on("add remove", function () {
        box.checked = map.hasLayer(layers[key]);
        follow();
      });
      if (box.checked !== map.hasLayer(layers[key])) { box.dispatchEvent(new Event("change")); }
      follow();
    });
  }

  function list() {
    var table = document.getElementById("table");
    table.open = true;
    table.scrollIntoView({ behavior: calm ? "auto" : "smooth" });
    table.querySelector("summary").focus({ preventScroll: true });
  }

  function tools(map) {
    var stage = document.getElementById("stage");
    var acts = {
      "in": function () { map.zoomIn(1, { animate: !calm }); },
      out: function () { map.zoomOut(1, { animate: !calm }); },
      reset: function () { reset(map); },
      print: function () { window.print(); },
      list: list,
      full: function () {
        if (document.fullscreenElement) { document.exitFullscreen(); } else { stage.requestFullscreen(); }
      }
    };
    document.querySelectorAll("[data-act]").forEach(function (button) {
      var act = acts[button.getAttribute("data-act")];
      if (button.getAttribute("data-act") === "full" && !document.fullscreenEnabled) { button.hidden = true; }
      if (act) { button.addEventListener("click", act); }
    });
    if (window.location.hash === "#table") { list(); }
    document.addEventListener("fullscreenchange", function () {
      var button = document.querySelector("[data-act=full]");
      button.textContent = document.fullscreenElement ? words.full_end : words.full;
      map.invalidateSize({ animate: false });
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && opened) { opened.closePopup(); }
    });
  }

  function scale(map) {
    var Scale = L.Control.Scale.extend({
      _updateMetric: function (most) {
        var metres = this._getRoundNum(most);
        var text = metres < 1000 ? say("metres", { n: metres }) : say("km", { n: metres / 1000 });
        this._updateScale(this._mScale, text, metres / most);
      }
    });
    var control = new Scale({ imperial: false, maxWidth: 90 });
    var place = document.getElementById("measure");
    control.addTo(map);
    place.appendChild(control.getContainer());
  }

  function printing(map) {
    var panel = document.getElementById("panel");
    var wasOpen = panel.open;
    window.addEventListener("beforeprint", function () {
      wasOpen = panel.open;
      panel.open = true;
      document.documentElement.classList.add("printing");
      map.invalidateSize({ animate: false });
      fit(map);
    });
    window.addEventListener("afterprint", function () {
      panel.open = wasOpen;
      document.documentElement.classList.remove("printing");
      map.invalidateSize({ animate: false });
      fit(map);
    });
  }

  window.CareMap = {
    data: data,
    latLng: latLng,
    say: say,
    fit: fit,
    kinds: draw,
    layers: layers,
    draw: function (map, group, key) {
      layers[key] = group;
      draw[data.layers[key].kind](map, group, data.layers[key]);
    },
    start: function (map) {
      var panel = document.getElementById("panel");
      map.getContainer().setAttribute("tabindex", "-1");
      if (window.innerWidth < (document.body.classList.contains("embed") ? 440 : 600) || window.innerHeight < 500) { panel.open = false; }
      map.on("zoomanim", function () { zooming = true; });
      map.on("zoomend", function () { zooming = false; });
      fit(map);
      scale(map);
      ticks(map);
      tools(map);
      printing(map);
      CareMap.map = map;
      if (CareMap.ready) { CareMap.ready(map, layers); }
      if (CareMap.locator) { CareMap.locator(map); }
      if (CareMap.targets) { CareMap.targets(map); }
      if (CareMap.keep) { CareMap.keep(map); }
      CareMap.arrange(map);
    }
  };
}());
