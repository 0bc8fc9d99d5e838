// Conveniences only: every page works without this file.
"use strict";
document.documentElement.classList.add("js");

const byId = (id) => document.getElementById(id);
const plain = (node) => {
  const copy = node.cloneNode(true);
  copy.querySelectorAll(".cite-wrap, .nosource").forEach((one) => one.remove());
  return [...copy.querySelectorAll("p")].map((one) => one.textContent.replace(/\s+/g, " ").trim()).filter(Boolean).join("\n\n");
};

let before = null;
document.addEventListener("click", (event) => {
  const insert = event.target.closest("[data-insert]");
  const copy = event.target.closest("[data-copy]");
  const reply = byId("reply"), note = byId("reply-note"), undo = byId("undo");
  if (insert && reply) {
    before = reply.value;
    reply.value = plain(byId(insert.dataset.insert));
    note.textContent = note.dataset.inserted;
    undo.hidden = false;
    reply.focus();
  } else if (copy) {
    const from = byId(copy.dataset.copy);
    navigator.clipboard?.writeText("value" in from ? from.value : plain(from)).then(() => { if (note) note.textContent = note.dataset.copied; });
  } else if (event.target === undo) {
    reply.value = before ?? "";
    undo.hidden = true;
    note.textContent = "";
    reply.focus();
  }
});

// Quotes close with Escape until pointer or focus leaves (WCAG 1.4.13).
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll(".cite-wrap:hover, .cite-wrap:focus-within").forEach((one) => {
    one.dataset.dismissed = "";
    const back = () => delete one.dataset.dismissed;
    one.addEventListener("pointerleave", back, { once: true });
    one.addEventListener("focusout", back, { once: true });
  });
});

// Tabs: arrow keys move, the chosen panel shows.
const tabs = [...document.querySelectorAll("[role=tab]")];
const choose = (tab) => {
  tabs.forEach((one) => {
    const on = one === tab;
    one.setAttribute("aria-selected", String(on));
    one.tabIndex = on ? 0 : -1;
    const panel = byId(one.getAttribute("aria-controls"));
    panel.classList.toggle("shown", on);
    panel.classList.toggle("away", !on);
  });
  tab.focus();
};
tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) choose(tabs[(place + step + tabs.length) % tabs.length]);
  });
});

// Queue: j and k move, Enter opens. Only when no field has focus, and only when the person left keys on.
if (document.body.dataset.keys === "on") {
  const rows = [...document.querySelectorAll(".queue-table tbody tr")];
  let place = -1;
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && byId("question")) { event.preventDefault(); byId("question").focus(); }
    if (!rows.length || !"jk".includes(event.key)) return;
    place = Math.min(Math.max(place + (event.key === "j" ? 1 : -1), 0), rows.length - 1);
    rows.forEach((row, at) => at === place ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current"));
    rows[place].querySelector("a").focus();
  });
}
