/* Offline copy of the finder. Pages: network first, the copy after three seconds or without a network.
   Assets carry their content's hash in the address, so a copy is always right. Nothing else is touched. */
'use strict';
var CONFIG = {{ config | json_block }};
var PAGES = 'pages', ASSETS = 'assets-' + CONFIG.version;
var PATIENCE_MS = 3000;

self.addEventListener('install', function (event) {
  event.waitUntil(Promise.all([
    caches.open(ASSETS).then(function (cache) { return cache.addAll(CONFIG.assets); }),
    caches.open(PAGES).then(function (cache) { return cache.addAll(CONFIG.pages); })
  ]).then(function () { return self.skipWaiting(); }));
});
self.addEventListener('activate', function (event) {
  event.waitUntil(caches.keys().then(function (names) {
    return Promise.all(names.filter(function (name) { return name !== PAGES && name !== ASSETS; })
      .map(function (name) { return caches.delete(name); }));
  }).then(function () { return self.clients.claim(); }));
});
self.addEventListener('fetch', function (event) {
  var url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin) { return; }
  if (url.pathname.indexOf('/static/') === 0) {
    event.respondWith(fromAssets(event.request));
  } else if (CONFIG.data.indexOf(url.pathname) >= 0 || url.pathname === '/') {
    event.respondWith(freshOrKept(event, pageKey(url)));
  } else if (/^\/stations\/[^/]+$/.test(url.pathname) && event.request.mode === 'navigate') {
    event.respondWith(freshOrKept(event, pageKey(url)).catch(function () {
      return Response.redirect('/#s-' + url.pathname.split('/')[2]);
    }));
  }
});
// One copy a language: filters are read by the page itself.
function pageKey(url) { return url.pathname + (url.searchParams.get('lang') === 'en' ? '?lang=en' : ''); }

function fromAssets(request) {
  return caches.match(request).then(function (kept) {
    return kept || fetch(request).then(function (answer) {
      if (answer.ok) { keep(ASSETS, request.url, answer.clone()); }
      return answer;
    });
  });
}
function keep(name, key, answer) {
  return caches.open(name).then(function (cache) { return cache.put(key, answer); });
}
function freshOrKept(event, key) {
  return caches.open(PAGES).then(function (cache) { return cache.match(key); }).then(function (kept) {
    var before = kept ? kept.clone() : null;
    var served = false;
    var fresh = fetch(event.request).then(function (answer) {
      if (!answer.ok) {
        if (answer.status < 500 || !kept) { return answer; }
        throw new Error(String(answer.status));
      }
      event.waitUntil(keep(PAGES, key, answer.clone()).then(function () {
        return served ? tellWhenNew(event.resultingClientId || event.clientId, before, key) : null;
      }));
      return answer;
    });
    if (!kept) { return fresh; }
    event.waitUntil(fresh.catch(function () { return null; }));
    var late = new Promise(function (resolve) {
      setTimeout(function () { served = true; resolve(kept); }, PATIENCE_MS);
    });
    return Promise.race([fresh.catch(function () { served = true; return kept; }), late]);
  });
}
// A late answer with another register or other assets replaces what is shown; one with the same does not.
function tellWhenNew(id, before, key) {
  return Promise.all([before.text(), caches.open(PAGES).then(function (cache) { return cache.match(key); })
    .then(function (now) { return now.text(); })]).then(function (texts) {
    var marks = texts.map(function (text) { return (text.match(/"stamp":"[^"]*"|\?v=\w+/g) || []).join(); });
    if (marks[0] === marks[1]) { return null; }
    return self.clients.get(id).then(function (client) { if (client) { client.postMessage('updated'); } });
  });
}
