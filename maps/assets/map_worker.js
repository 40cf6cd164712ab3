/* The worker's map: list of what is in view, small plates when far out, position only when asked for. */
(function () {
  "use strict";

  function follow(map) {
    var rows = document.querySelectorAll("#table li[data-lon]");
    var count = document.getElementById("in-view");
    function seen() {
      if (!rows.length) { return; }
      var bounds = map.getBounds(), number = 0;
      rows.forEach(function (row) {
        var inside = bounds.contains(CareMap.latLng([+row.dataset.lon, +row.dataset.lat]));
        row.hidden = !inside;
        number += inside;
      });
      count.textContent = CareMap.say("in_view", { n: number });
      far(map);
    }
    map.on("zoomend", function () { far(map); });
    map.on("moveend", seen);
    seen();
  }

  /* Far out, plates would hide each other: the small marks of the same states stand instead. */
  function far(map) { document.getElementById("stage").classList.toggle("far", map.getZoom() < 13); }

  function sheet() {
    var table = document.getElementById("table");
    table.addEventListener("toggle", function () {
      document.getElementById("more-less").textContent = CareMap.say(table.open ? "collapse" : "expand", {});
      if (table.open) { table.scrollIntoView(); }
    });
  }

  function locate(map) {
    var button = document.querySelector("[data-act=locate]");
    var said = document.getElementById("said");
    var me = null;
    function failed() {
      said.textContent = CareMap.say("locate_failed", {});
      said.hidden = false;
    }
    button.addEventListener("click", function () {
      said.hidden = true;
      if (!navigator.geolocation) { failed(); return; }
      navigator.geolocation.getCurrentPosition(function (found) {
        var at = CareMap.latLng([found.coords.longitude, found.coords.latitude]);
        var face = document.createElement("span");
        if (me) { me.remove(); }
        face.textContent = CareMap.say("me", {});
        me = L.layerGroup([
          L.circle(at, { radius: found.coords.accuracy, stroke: false, fillColor: "#0b5fff", fillOpacity: 0.15, interactive: false }),
          L.marker(at, { icon: L.divIcon({ className: "me", html: face, iconSize: [30, 30] }), interactive: false, keyboard: false })
        ]).addTo(map);
        map.setView(at, Math.max(map.getZoom(), 14), { animate: false });
      }, failed, { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
    });
  }

  CareMap.ready = function (map) {
    follow(map);
    sheet();
    locate(map);
  };
}());
