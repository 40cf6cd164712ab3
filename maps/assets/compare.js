/* Comfort in the comparison: a choice is sent at once, a click on the map is a place, a file is read here. */
(function () {
  "use strict";
  var map = document.getElementById("map");
  var lon = document.getElementById("f-lon");
  var lat = document.getElementById("f-lat");
  var load = document.getElementById("load");
  var label = load.querySelector(".file");
  var file = label.querySelector("input");
  var text = document.getElementById("f-text");

  document.querySelectorAll("#side-a, #side-b").forEach(function (select) {
    select.addEventListener("change", function () { select.form.requestSubmit(); });
  });

  if (map) {
    var svg = map.querySelector("svg.sheet");
    var pin = null;
    map.classList.add("ready");
    svg.addEventListener("click", function (event) {
      var at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      var data = map.dataset;
      lon.value = (Number(data.west) + at.x * Number(data.lon)).toFixed(6);
      lat.value = (Number(data.north) - at.y * Number(data.lat)).toFixed(6);
      if (!pin) {
        pin = document.createElementNS("http://www.w3.org/2000/svg", "circle");
        pin.setAttribute("class", "pin");
        pin.setAttribute("r", "9");
        svg.append(pin);
      }
      pin.setAttribute("cx", at.x);
      pin.setAttribute("cy", at.y);
      document.getElementById("add").querySelector("button").focus({ preventScroll: window.innerWidth >= 900 });
    });
  }

  label.hidden = false;
  file.addEventListener("change", function () {
    if (!file.files.length) { return; }
    file.files[0].text().then(function (read) {
      text.value = read.slice(0, text.maxLength);
      load.requestSubmit();
    });
  });
}());
