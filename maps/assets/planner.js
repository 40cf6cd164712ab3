/* Comfort on the dashboard: a choice is sent at once, a gap zooms the map without loading it again. */
(function () {
  "use strict";
  var frame = document.getElementById("map");
  var list = document.getElementById("gap-list");
  var copy = document.getElementById("copy");
  var status = document.getElementById("computing");
  var waiting = 0;

  document.querySelectorAll(".pick select").forEach(function (select) {
    select.addEventListener("change", function () { select.form.requestSubmit(); });
  });
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form === list) { return; }
    /* A default is left out of the address, so that the same question has one address. */
    form.querySelectorAll("input, select").forEach(function (field) {
      if (field.value === "") { field.disabled = true; }
    });
    window.clearTimeout(waiting);
    waiting = window.setTimeout(function () {
      if (status) { status.textContent = status.getAttribute("data-words"); }
    }, 300);
  });
  window.addEventListener("pageshow", function () {
    window.clearTimeout(waiting);
    if (status) { status.textContent = ""; }
    document.querySelectorAll("form input:disabled, form select:disabled").forEach(function (field) { field.disabled = false; });
  });

  function mark(rank) {
    document.querySelectorAll(".gap").forEach(function (row) {
      row.setAttribute("aria-pressed", String(row.value === String(rank)));
    });
  }

  if (list && frame) {
    list.addEventListener("click", function (event) {
      var row = event.target.closest(".gap");
      if (!row) { return; }
      event.preventDefault();
      mark(row.value);
      frame.contentWindow.postMessage({ gap: Number(row.value) }, window.location.origin);
      if (window.innerWidth < 900) { frame.scrollIntoView({ block: "center" }); }
    });
    window.addEventListener("message", function (event) {
      if (event.origin === window.location.origin && event.source === frame.contentWindow && event.data &&
        "gap" in event.data) { mark(event.data.gap); }
    });
  }

  if (frame) {
    window.addEventListener("message", function (event) {
      if (event.origin === window.location.origin && event.source === frame.contentWindow && event.data &&
        event.data.shown) { window.CareKept(event.data.shown); }
    });
  }

  /* A gap's sheet is a page of its own; here it opens over the dashboard. */
  function sheet(href) {
    fetch(href).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.text();
    }).then(function (text) {
      var found = new DOMParser().parseFromString(text, "text/html").getElementById("gap-sheet");
      var dialog = document.createElement("dialog");
      var close = document.createElement("button");
      dialog.className = "gap-dialog";
      dialog.setAttribute("aria-labelledby", "gap-title");
      close.type = "button";
      close.textContent = "×";
      close.setAttribute("aria-label", list.getAttribute("data-close"));
      close.addEventListener("click", function () { dialog.close(); });
      dialog.addEventListener("close", function () { dialog.remove(); });
      dialog.addEventListener("click", function (event) { if (event.target === dialog) { dialog.close(); } });
      dialog.append(close, document.adoptNode(found));
      document.body.append(dialog);
      dialog.showModal();
    }).catch(function () { window.location.href = href; });
  }

  if (list && window.HTMLDialogElement) {
    list.addEventListener("click", function (event) {
      var link = event.target.closest(".g-more");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) { return; }
      event.preventDefault();
      sheet(link.href);
    });
  }

  if (copy && navigator.clipboard) {
    var words = copy.textContent;
    copy.hidden = false;
    copy.addEventListener("click", function () {
      navigator.clipboard.writeText(window.location.href).then(function () {
        copy.textContent = copy.getAttribute("data-done");
        window.setTimeout(function () { copy.textContent = words; }, 2000);
      });
    });
  }
}());
