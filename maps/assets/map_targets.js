/* Hit areas on the map never overlap. Of stations closer together than a finger needs only one is a button,
   and its pop-up names the others; zooming in parts them. Badges of gaps step aside for each other first. */
(function () {
  "use strict";
  var side = window.matchMedia("(pointer: coarse)").matches ? 44 : 24;
  var steps = [[0, 0]];
  [24, 34, 48].forEach(function (far) {
    for (var turn = 0; turn < 8; turn += 1) {
      steps.push([Math.round(far * Math.cos(turn * Math.PI / 4)), Math.round(far * Math.sin(turn * Math.PI / 4))]);
    }
  });

  function around(at) { return [at.x - side / 2, at.y - side / 2, at.x + side / 2, at.y + side / 2]; }

  function hits(one, taken) {
    return taken.some(function (other) {
      return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
    });
  }

  /* What lies over the map, in px of its container. */
  function overlays(map) {
    var origin = map.getContainer().getBoundingClientRect();
    var found = [];
    document.querySelectorAll(".panel, .tools, .themes, .gap-card, .locator, .credits, .measure").forEach(function (box) {
      var rect = box.getBoundingClientRect();
      if (!rect.width) { return; }
      found.push([rect.left - origin.left, rect.top - origin.top, rect.right - origin.left, rect.bottom - origin.top]);
    });
    return found;
  }

  function marked(map, kind) {
    var found = [];
    map.eachLayer(function (layer) {
      if (layer instanceof L.Marker && layer.getElement() && layer.getElement().classList.contains(kind)) { found.push(layer); }
    });
    return found;
  }

  function target(mark, on) {
    var element = mark.getElement();
    if (on) {
      element.tabIndex = 0;
      element.setAttribute("role", "button");
      element.removeAttribute("aria-hidden");
    } else {
      element.removeAttribute("tabindex");
      element.removeAttribute("role");
      element.setAttribute("aria-hidden", "true");
    }
  }

  function placeBadges(map, taken) {
    marked(map, "badge").sort(function (a, b) { return a.rank - b.rank; }).forEach(function (badge) {
      var at = map.latLngToContainerPoint(badge.getLatLng());
      var element = badge.getElement();
      var to = steps.find(function (step) { return !hits(around(at.add(step)), taken); });
      badge.nudge = L.point(to || steps[0]);
      element.style.marginLeft = badge.nudge.x - 12 + "px";
      element.style.marginTop = badge.nudge.y - 12 + "px";
      target(badge, !!to || element.classList.contains("on"));
      taken.push(around(at.add(badge.nudge)));
    });
  }

  function isStation(mark) { return !mark.getElement().classList.contains("mk-plan"); }

  function placeStations(map, taken) {
    var hosts = [], guests = [];
    marked(map, "mk-plan").concat(marked(map, "mk").filter(isStation)).forEach(function (mark) {
      var at = map.latLngToContainerPoint(mark.getLatLng()).add(mark.nudge || [0, 0]);
      var box = around(at);
      var alone = !hits(box, taken);
      mark.guests = [];
      (alone ? hosts : guests).push({ mark: mark, at: at });
      if (alone) { taken.push(box); }
      target(mark, alone);
    });
    guests.forEach(function (guest) {
      var near = hosts.reduce(function (best, host) {
        return !best || guest.at.distanceTo(host.at) < guest.at.distanceTo(best.at) ? host : best;
      }, null);
      if (near) { near.mark.guests.push(guest.mark); } else { target(guest.mark, true); }
    });
    hosts.forEach(function (host) {
      var more = host.mark.guests.length;
      var label = host.mark.label + (more ? CareMap.say("beside", { n: more }) : "");
      host.mark.getElement().setAttribute("aria-label", label);
    });
  }

  function settle(map) {
    var taken = overlays(map);
    placeBadges(map, taken);
    placeStations(map, taken);
  }

  /* The others of a crowd, each a button in the pop-up of the one that stands for them. */
  CareMap.beside = function (host, box) {
    if (!host.guests || !host.guests.length) { return; }
    var list = document.createElement("ul");
    list.className = "beside";
    list.setAttribute("aria-label", CareMap.say("beside_list", {}));
    host.guests.forEach(function (guest) {
      var item = document.createElement("li");
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = guest.label;
      button.addEventListener("click", function () { visit(guest, host); });
      item.appendChild(button);
      list.appendChild(item);
    });
    box.appendChild(list);
  };

  function visit(guest, host) {
    guest.once("popupclose", function () {
      if (host.getElement()) { host.getElement().focus({ preventScroll: true }); }
    });
    guest.openPopup();
    guest.getPopup().getElement().querySelector(".leaflet-popup-close-button").focus({ preventScroll: true });
  }

  CareMap.targets = function (map) {
    var soon = CareMap.soon(function () { settle(map); });
    settle(map);
    map.on("zoomend", function () { settle(map); });
    map.on("moveend resize", soon);
    map.on("layeradd layerremove", function (event) {
      if (event.layer instanceof L.FeatureGroup || event.layer instanceof L.Marker) { soon(); }
    });
    document.querySelectorAll("details").forEach(function (one) { one.addEventListener("toggle", soon); });
    CareMap.settle = soon;
  };
}());
