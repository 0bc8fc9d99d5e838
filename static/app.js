// Conveniences only: every page works without this file.
"use strict";

const byId = (id) => document.getElementById(id);
const quiet = (text) => { const note = byId("reply-note"); if (note) note.textContent = text ?? ""; };

/* Insert into the reply, undo, copy */

let before = null;

function insert(text) {
  const reply = byId("reply");
  before = reply.value;
  reply.value = before.trim() ? `${before.trimEnd()}\n\n${text}` : text;
  reply.rows = Math.max(reply.rows, Math.min(16, reply.value.split("\n").length + 4)); // where it cannot grow by itself
  quiet(byId("reply-note").dataset.inserted);
  if (byId("from-draft")) byId("from-draft").value = "1";
  keepSoon();
  byId("undo").hidden = false;
  reply.focus();
  byId("composer").scrollIntoView({ block: "nearest" }); // the note below the words says that nothing was sent
}

function undo() {
  const reply = byId("reply");
  reply.value = before ?? "";
  byId("undo").hidden = true;
  quiet(byId("reply-note").dataset.undone);
  keepSoon();
  reply.focus();
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return; // the browser refuses without https or permission; the text can still be selected by hand
  }
  const note = byId("reply-note");
  quiet(note?.dataset.copied);
  button.setAttribute("aria-pressed", "true");
  setTimeout(() => button.removeAttribute("aria-pressed"), 1200);
}

/* What is begun is kept at the server, and colleagues on the same ticket hear of each other. Nobody waits for it. */

const KEEP_MS = 1500, TELL_MS = 30000;
let keeping = null;

function tellBegun(withText) {
  const place = byId("composer")?.dataset.begun;
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (!place || !token) return;
  const body = new URLSearchParams(withText ? { text: byId("reply").value, from_draft: byId("from-draft").value } : {});
  const headers = { "X-CSRFToken": token.value, ...(withText ? {} : { "X-Unattended": "1" }) };
  fetch(place, { method: "POST", headers, body, keepalive: body.toString().length < 60000 })
    .then((answer) => (answer.ok ? answer.text() : null))
    .then((others) => { if (others && byId("others") && byId("others").outerHTML !== others.trim()) byId("others").outerHTML = others; })
    .catch(() => {});
}

function keepSoon() {
  clearTimeout(keeping);
  keeping = setTimeout(() => { keeping = null; tellBegun(true); }, KEEP_MS);
}

document.addEventListener("input", (event) => { if (event.target.id === "reply") keepSoon(); });
document.addEventListener("submit", (event) => { if (event.target.id === "writing") clearTimeout(keeping); });
if (byId("composer")?.dataset.begun) {
  tellBegun(false);
  setInterval(() => { if (document.visibilityState === "visible") tellBegun(false); }, TELL_MS);
}

/* Using the suggestion stands in the audit log: who and which ticket. Nobody waits for it. */

function tellUse(control, mode) {
  const draft = control.closest("[data-used]");
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (!draft || !token) return;
  const body = new URLSearchParams({ mode });
  fetch(draft.dataset.used, { method: "POST", headers: { "X-CSRFToken": token.value }, body, keepalive: true }).catch(() => {});
}

const textOf = (id) => {
  const from = byId(id);
  return from instanceof HTMLTemplateElement ? from.content.textContent : from.value;
};

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-insert], [data-copy], [data-save], [data-print], #undo, [role=tab], [data-tab]");
  if (!target || target.getAttribute("aria-disabled") === "true") return;
  if (target.dataset.insert && byId("reply")) {
    event.preventDefault();
    insert(textOf(target.dataset.insert));
    tellUse(target, "inserted");
  } else if (target.dataset.copy) {
    copy(target, textOf(target.dataset.copy));
    tellUse(target, "copied");
  } else if (target.dataset.save) {
    save(target.dataset.name, textOf(target.dataset.save));
  } else if ("print" in target.dataset) {
    window.print();
  } else if (target.id === "undo") {
    undo();
  } else if (target.matches("[role=tab], [data-tab]")) {
    event.preventDefault();
    showTab(target.dataset.tab ?? target.id.replace("tab-", ""));
    if (target.dataset.tab) byId(`tab-${target.dataset.tab}`).focus();
  }
});

/* Of two links for the same frame the one that undoes what was done is shown */

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-swap]");
  const other = chosen && [...chosen.parentElement.querySelectorAll("[data-swap]")].find((one) => one !== chosen);
  if (!other) return;
  other.hidden = false;
  other.focus();
  chosen.hidden = true;
});

/* Tabs: one panel at a time, arrow keys move between them, the choice is remembered */

function showTab(name) {
  const chosen = byId(`tab-${name}`);
  if (!chosen) return;
  for (const tab of chosen.parentElement.querySelectorAll("[role=tab]")) {
    const on = tab === chosen;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).classList.toggle("later", !on);
  }
  try { sessionStorage.setItem("tab", name); } catch { /* private windows may refuse */ }
}

function recallTab() {
  let name = null;
  try { name = sessionStorage.getItem("tab"); } catch { /* as above */ }
  const asked = location.hash.startsWith("#panel-") ? location.hash.slice(7) : null;
  if (asked ?? name) showTab(asked ?? name);
}

function moveInTabs(event) {
  const tabs = [...event.target.parentElement.querySelectorAll("[role=tab]")];
  const at = tabs.indexOf(event.target);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = tabs.at(to % tabs.length);
  next.focus();
  showTab(next.id.replace("tab-", ""));
}

/* Escape closes a quote until pointer or focus leaves it (WCAG 1.4.13), or an open menu */

function escape() {
  const quotes = document.querySelectorAll(".cite-wrap:is(:hover, :focus-within):not([data-dismissed])");
  quotes.forEach((one) => one.setAttribute("data-dismissed", ""));
  if (quotes.length) return;
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

const allowQuoteAgain = (event) => {
  const wrap = event.target instanceof Element && event.target.closest(".cite-wrap[data-dismissed]");
  if (wrap && !wrap.contains(event.relatedTarget)) wrap.removeAttribute("data-dismissed");
};
document.addEventListener("pointerout", allowQuoteAgain);
document.addEventListener("focusout", allowQuoteAgain);

document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

/* Keys. Single letters act only when no field has focus, and can be switched off */

function move(step) {
  const places = [...document.querySelectorAll("[data-move]")];
  const at = places.indexOf(document.activeElement.closest("[data-move]"));
  const next = places[at < 0 ? (step > 0 ? 0 : places.length - 1) : at + step];
  if (!next) return;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => (byId("q") ?? byId("find"))?.focus(),
  a: () => byId("question")?.focus(),
  i: () => byId("insert")?.click(),
  "?": () => byId("keys")?.togglePopover(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return escape();
  if (event.target.matches?.("[role=tab]")) moveInTabs(event);
  const writing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (writing || event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.keys !== "on") return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

/* htmx: nothing moves under the hand, nothing typed is lost */

document.addEventListener("htmx:beforeRequest", (event) => {
  const calm = event.target.closest?.("[data-calm]");
  const writes = event.target.id === "draft" && document.activeElement.closest(".fb-why"); // news would take the words away
  if (writes) event.preventDefault();
  if (calm && calm === event.target && (calm.matches(":hover") || calm.contains(document.activeElement))) event.preventDefault();
});

/* A part that follows by itself: not in a tab nobody sees, and never under a finger that presses a button of it */

for (const name of ["htmx:beforeRequest", "htmx:beforeSwap"]) {
  document.addEventListener(name, (event) => {
    const part = event.target.closest?.("[data-live]");
    if (part !== event.target || !part) return;
    const away = document.visibilityState !== "visible" || Boolean(part.querySelector(":active"));
    if (away && name === "htmx:beforeRequest") event.preventDefault();
    if (away && name === "htmx:beforeSwap") event.detail.shouldSwap = false;
  });
}

let asked = false; // the reader asked for a new draft: focus goes to it
document.addEventListener("click", (event) => { asked = Boolean(event.target.closest("#draft [hx-get]")); });

document.addEventListener("htmx:load", (event) => {
  const arrived = event.detail.elt;
  if (arrived.matches(".ask .me")) arrived.scrollIntoView({ block: "start" });
  if (arrived.matches(".fb")) arrived.querySelector(".fb-why")?.scrollIntoView({ block: "nearest" });
  if (arrived.id === "panels") recallTab();
  if (arrived.id === "draft" && asked && document.activeElement === document.body) byId("draft-h").focus();
});

document.addEventListener("htmx:sendError", (event) => {
  const form = event.target.closest?.("form");
  const place = form?.closest(".fb") ?? (form && byId("ask-log"));
  if (place && !place.querySelector(":scope > [role=alert]:last-child")) place.append(byId("offline").content.cloneNode(true));
});

document.addEventListener("answered", () => {
  byId("question").value = "";
  byId("question").focus({ preventScroll: true });
});

/* A link to a message that is not on the page: the part that holds it comes into its place, and nothing typed is lost */

const MESSAGE = /^#m\d+$/;

async function bring(hash) {
  if (!MESSAGE.test(hash) || byId(hash.slice(1))) return false;
  const number = Number(hash.slice(2));
  const gap = [...document.querySelectorAll(".gap")].find(({ dataset }) => dataset.first <= number && number <= dataset.last);
  if (gap) await htmx.ajax("GET", `${gap.dataset.part}&at=${number}`, { target: gap, swap: "outerHTML" });
  return Boolean(gap && byId(hash.slice(1)));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.jump, a.no");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.pathname !== location.pathname) return;
  if (link.search === location.search && byId(link.hash.slice(1))) return; // the browser goes there itself
  event.preventDefault();
  bring(link.hash).then(() => { location.hash = link.hash; });
});

addEventListener("hashchange", () => bring(location.hash).then((came) => came && location.replace(location.hash)));
addEventListener("DOMContentLoaded", () => bring(location.hash).then((came) => came && location.replace(location.hash)));

recallTab();
