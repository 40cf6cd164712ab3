/* Very many cells as a picture of what is in view and a margin around it, pixel for pixel, so nothing is stretched.
   A new one is asked for when the view leaves it. On paper, where nothing can be waited for, all cells are shown. */
(function () {
  "use strict";
  var STEP = 64, MARGIN = 0.3, MOST_PX = 12e6, SHARP_FROM = 1.25;

  function overlay(picture, bounds, name) {
    return L.imageOverlay(picture, bounds, { pane: "cells", className: "cells-picture " + name, alt: "" });
  }

  /* The rectangle of world pixels to ask for: the view, its margin, nothing beyond the cells. */
  function around(map, all, margin) {
    var view = map.getPixelBounds(), more = map.getSize().multiplyBy(margin);
    var cells = L.bounds(map.project(all.getNorthWest()), map.project(all.getSouthEast()));
    var from = view.min.subtract(more), to = view.max.add(more);
    var box = L.bounds(
      L.point(Math.max(from.x, cells.min.x), Math.max(from.y, cells.min.y)).divideBy(STEP).floor().multiplyBy(STEP),
      L.point(Math.min(to.x, cells.max.x), Math.min(to.y, cells.max.y)).divideBy(STEP).ceil().multiplyBy(STEP)
    );
    return from.x < cells.max.x && to.x > cells.min.x && from.y < cells.max.y && to.y > cells.min.y ? box : null;
  }

  function inside(map, all) {
    var view = map.getPixelBounds();
    return L.bounds(
      L.point(Math.max(view.min.x, all.min.x), Math.max(view.min.y, all.min.y)),
      L.point(Math.min(view.max.x, all.max.x), Math.min(view.max.y, all.max.y))
    );
  }

  function address(url, zoom, box, fine) {
    var size = box.getSize();
    return url + (url.indexOf("?") < 0 ? "?" : "&") + "zoom=" + (zoom + Math.log2(fine)) +
      "&left=" + box.min.x * fine + "&top=" + box.min.y * fine +
      "&width=" + size.x * fine + "&height=" + size.y * fine;
  }

  CareMap.picture = function (map, group, given) {
    var all = L.latLngBounds(given.bounds.map(CareMap.latLng));
    var now = null, aim = null, paper = null;

    function corners(one) {
      return L.latLngBounds(map.unproject(one.box.min, one.zoom), map.unproject(one.box.max, one.zoom));
    }

    function show(one, url) {
      var image = new Image();
      aim = one;
      image.alt = "";
      image.onload = function () {
        if (aim !== one) { return; }
        one.layer = overlay(image, corners(one), "cells-now").addTo(group);
        if (now) { group.removeLayer(now.layer); }
        now = one;
        if (!one.whole && !paper) {
          paper = overlay(given.url, all, "cells-paper").addTo(group);
          paper.bringToBack();
        }
      };
      image.src = url;
    }

    function look() {
      var zoom = map.getZoom(), fine = window.devicePixelRatio > SHARP_FROM ? 2 : 1;
      var box = around(map, all, MARGIN), size;
      if (!box || !map.hasLayer(group)) { return; }
      if (aim && aim.zoom === zoom && (aim.whole || aim.box.contains(inside(map, box)))) { return; }
      size = box.getSize();
      if (size.x * size.y * fine * fine > MOST_PX) {
        fine = 1;
        box = around(map, all, 0) || box;
      }
      show({ box: box, zoom: zoom, whole: corners({ box: box, zoom: zoom }).contains(all) },
        address(given.url, zoom, box, fine));
    }

    if (given.url.indexOf("data:") === 0) { overlay(given.url, all, "cells-now").addTo(group); return; }
    map.on("moveend resize", look);
    group.on("add", look);
    group.on("remove", function () { aim = now; });
    window.setTimeout(look, 0);  // the page's script sets the first view after its layers
  };
}());
