/* Comfort in the comparison: a choice is sent at once, a click or the arrow keys choose a place on the map, a file is read here. */
(function () {
  "use strict";
  var map = document.getElementById("map");
  var lon = document.getElementById("f-lon");
  var lat = document.getElementById("f-lat");
  var load = document.getElementById("load");
  var note = document.getElementById("load-note");
  var label = load.querySelector(".file");
  var file = label.querySelector("input");
  var text = document.getElementById("f-text");

  document.querySelectorAll("#side-a, #side-b").forEach(function (select) {
    select.addEventListener("change", function () { select.form.requestSubmit(); });
  });

  function picking() {
    var svg = map.querySelector("svg.sheet");
    var pick = document.getElementById("pick");
    var size = svg.viewBox.baseVal;
    var at = { x: size.width / 2, y: size.height / 2 };
    var pin = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    var steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

    function put(x, y) {
      at.x = Math.max(0, Math.min(size.width, x));
      at.y = Math.max(0, Math.min(size.height, y));
      lon.value = (Number(map.dataset.west) + at.x * Number(map.dataset.lon)).toFixed(6);
      lat.value = (Number(map.dataset.north) - at.y * Number(map.dataset.lat)).toFixed(6);
      pin.setAttribute("cx", at.x);
      pin.setAttribute("cy", at.y);
      svg.append(pin);
    }
    function chosen() {
      document.getElementById("add").querySelector("button").focus({ preventScroll: window.innerWidth >= 900 });
    }
    pin.setAttribute("class", "pin");
    pin.setAttribute("r", "9");
    map.classList.add("ready");
    svg.addEventListener("click", function (event) {
      var place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      put(place.x, place.y);
      chosen();
    });
    pick.hidden = false;
    pick.addEventListener("focus", function () { document.getElementById("pick-hint").hidden = false; });
    pick.addEventListener("blur", function () { document.getElementById("pick-hint").hidden = true; });
    pick.addEventListener("keydown", function (event) {
      var step = steps[event.key];
      if (!step) { return; }
      event.preventDefault();
      put(at.x + step[0] * (event.shiftKey ? 1 : 10), at.y + step[1] * (event.shiftKey ? 1 : 10));
    });
    pick.addEventListener("click", function () {
      if (!pin.parentNode) { put(at.x, at.y); return; }
      chosen();
    });
  }
  if (map) { picking(); }

  label.hidden = false;
  function tell(wrong) {
    note.hidden = !wrong;
    note.textContent = wrong ? note.dataset.words : "";
  }
  file.addEventListener("change", function () {
    if (!file.files.length) { return; }
    /* A file that cannot be a scenario is not even read: four bytes a character at most. */
    tell(file.files[0].size > text.maxLength * 4);
    if (!note.hidden) { file.value = ""; return; }
    file.files[0].text().then(function (read) {
      tell(read.length > text.maxLength);
      if (!note.hidden) { return; }
      text.value = read;
      load.requestSubmit();
    });
  });
}());
