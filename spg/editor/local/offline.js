// After the first visit the page works offline: all of its files are kept, under the name of this version. The files that
// only some browsers ask for are kept when one does.

const VERSION = "THE VERSION";
const FILES = ["THE FILES"];
const LATER = ["THE LATER"];

self.addEventListener("install", (event) => event.waitUntil(caches.open(VERSION).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting())));

self.addEventListener("activate", (event) =>
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("spg-") && name !== VERSION).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  ),
);

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  event.respondWith(answered(event.request));
});

async function answered(request) {
  const cache = await caches.open(VERSION);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept) return kept;
  const came = await fetch(request);
  const later = LATER.some((name) => request.url === new URL(name, self.registration.scope).href);
  if (came.ok && later) cache.put(request, came.clone()).catch(() => {}); // where the disk is full it works, but not offline
  return came;
}
