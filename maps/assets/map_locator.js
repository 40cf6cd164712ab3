/* Where in the district the view is: a rectangle in the small map beside the tools. */
(function () {
  "use strict";

  CareMap.locator = function (map) {
    var box = document.getElementById("locator");
    var rect = box && box.querySelector(".view");
    if (!rect) { return; }
    function limit(value, most) { return Math.max(1, Math.min(most - 1, value)); }
    function show() {
      var view = map.getBounds(), at = box.dataset;
      var wide = Number(at.width), high = Number(at.height);
      var left = limit((view.getWest() - Number(at.west)) / Number(at.lon), wide);
      var right = limit((view.getEast() - Number(at.west)) / Number(at.lon), wide);
      var top = limit((Number(at.north) - view.getNorth()) / Number(at.lat), high);
      var bottom = limit((Number(at.north) - view.getSouth()) / Number(at.lat), high);
      rect.setAttribute("x", left);
      rect.setAttribute("y", top);
      rect.setAttribute("width", Math.max(3, right - left));
      rect.setAttribute("height", Math.max(3, bottom - top));
    }
    show();
    map.on("moveend zoomend resize", show);
  };
}());
