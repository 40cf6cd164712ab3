/* What is shown is kept in the address, and in every link and form that leads to another page of the planner. */
(function () {
  "use strict";

  function put(address, now) {
    var url = new URL(address, window.location.href);
    Object.keys(now).forEach(function (name) {
      if (now[name]) { url.searchParams.set(name, now[name]); } else { url.searchParams.delete(name); }
    });
    return url.pathname + url.search.replace(/%2C/g, ",") + url.hash;
  }

  function fill(form, name, value) {
    var field = form.querySelector("input[type=hidden][name=" + name + "]");
    if (!value) { if (field) { field.remove(); } return; }
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      form.prepend(field);
    }
    field.value = value;
  }

  window.CareKept = function (now) {
    window.history.replaceState(window.history.state, "", put(window.location.href, now));
    document.querySelectorAll("a[href^='/planner'], a[href^='/data']").forEach(function (link) {
      link.setAttribute("href", put(link.getAttribute("href"), now));
    });
    document.querySelectorAll("form[action^='/planner']").forEach(function (form) {
      Object.keys(now).forEach(function (name) { fill(form, name, now[name]); });
    });
  };
}());
