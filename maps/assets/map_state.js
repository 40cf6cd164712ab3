/* The theme and the layers shown, as the address has them: what differs from the map as it opens by itself. */
(function () {
  "use strict";
  var data = CareMap.data, usual = data.usual;

  function now(map) {
    function shown(key) { return map.hasLayer(CareMap.layers[key]); }
    var theme = Object.keys(CareMap.layers).find(function (key) {
      return data.layers[key].kind === "cells" && shown(key);
    }) || "none";
    var turned = usual.layers.filter(function (one) { return shown(one[0]) !== one[1]; });
    return {
      theme: theme === usual.theme ? "" : theme,
      layers: turned.map(function (one) { return (one[1] ? "-" : "") + one[0]; }).join(",")
    };
  }

  CareMap.keep = function (map) {
    var due = 0;
    function keep() {
      var told = now(map);
      window.CareKept(told);
      if (window.parent !== window) { window.parent.postMessage({ shown: told }, window.location.origin); }
    }
    Object.keys(CareMap.layers).forEach(function (key) {
      CareMap.layers[key].on("add remove", function () {
        window.clearTimeout(due);
        due = window.setTimeout(keep, 0);
      });
    });
  };
}());
