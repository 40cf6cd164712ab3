/* Comfort in the matrix: one tab stop, arrow keys from cell to cell, and a note that says what a cell means. */
(function () {
  "use strict";
  var grid = document.getElementById("grid");
  var tell = document.getElementById("tell");
  var rows = Array.prototype.map.call(grid.querySelectorAll("tr"), function (row) {
    return Array.prototype.slice.call(row.querySelectorAll("button.c"));
  }).filter(function (cells) { return cells.length; });
  var current = null;

  rows.forEach(function (cells, y) {
    cells.forEach(function (cell, x) {
      cell.tabIndex = x === 0 && y === 0 ? 0 : -1;
      cell.gridX = x;
      cell.gridY = y;
    });
  });
  function go(y, x) {
    var cells = rows[Math.max(0, Math.min(rows.length - 1, y))];
    var cell = cells[Math.max(0, Math.min(cells.length - 1, x))];
    cell.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  grid.addEventListener("keydown", function (event) {
    var cell = event.target.closest("button.c");
    if (!cell) { return; }
    var steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -99], End: [0, 99] };
    var step = steps[event.key];
    if (event.key === "Escape") { hide(); }
    if (step) {
      event.preventDefault();
      go(cell.gridY + step[0], cell.gridX + step[1]);
    }
  });

  function link(href, words) {
    var made = document.createElement("a");
    made.href = href;
    made.textContent = words;
    return made;
  }
  function hide() { tell.hidden = true; current = null; }
  function show(cell) {
    if (current === cell) { return; }
    current = cell;
    var words = cell.getAttribute("aria-label");
    var cut = words.search(/[。.](\s|$|[^0-9])/) + 1;
    var head = document.createElement("b");
    var rest = document.createElement("p");
    head.textContent = words.slice(0, cut);
    rest.textContent = words.slice(cut);
    tell.replaceChildren(head, rest);
    var station = cell.closest("tr").getAttribute("data-station");
    if (station) {
      tell.append(link("/stations/" + encodeURIComponent(station) + tell.dataset.suffix, tell.dataset.open));
      tell.append(link("/planner/compare?station=" + encodeURIComponent(station) + tell.dataset.suffix.replace("?", "&"), tell.dataset.plan));
    }
    tell.hidden = false;
    if (window.innerWidth < 900) { tell.className = "tell"; return; }
    place(cell);
  }
  function place(cell) {
    var box = cell.getBoundingClientRect();
    var left = Math.min(box.left, window.innerWidth - tell.offsetWidth - 12);
    var below = box.bottom + 6 + tell.offsetHeight < window.innerHeight;
    tell.style.left = Math.max(8, left) + "px";
    tell.style.top = (below ? box.bottom + 6 : box.top - tell.offsetHeight - 6) + "px";
  }
  grid.addEventListener("focusin", function (event) {
    var cell = event.target.closest("button.c");
    if (!cell) { return; }
    grid.querySelectorAll("button.c[tabindex='0']").forEach(function (one) { one.tabIndex = -1; });
    cell.tabIndex = 0;
    show(cell);
  });
  grid.addEventListener("click", function (event) {
    var cell = event.target.closest("button.c");
    if (cell) { cell.focus(); current = null; show(cell); }
  });
  grid.addEventListener("scroll", function () { if (current && window.innerWidth >= 900) { place(current); } });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("button.c") && !tell.contains(event.target)) { hide(); }
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { hide(); } });
}());
