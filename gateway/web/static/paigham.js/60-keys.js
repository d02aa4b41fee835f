// Keys, for those who want them: never while somebody writes, never with Ctrl, Alt or Cmd, and off where a person said
// so. What each does stands on the page that `?` opens.

const SECOND_KEY = 1500; // milliseconds
let first = "";
let firstTimer = 0;

const DOES = {
  "?": () => document.querySelector("a[data-keys]")?.click(),
  "/": () => document.querySelector("input[type=search], [data-search]")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  x: () => rowAt()?.querySelector("[data-choose]")?.click(),
  n: () => document.querySelector(".pager a[rel=next]")?.click(),
  p: () => document.querySelector(".pager a[rel=prev]")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (document.documentElement.dataset.shortcuts === "off" || !signedIn || isWriting(event)) return;
  const key = letter(event);
  const act = first === "g" ? go(key) : DOES[key];
  clearTimeout(firstTimer);
  const before = first;
  first = !before && key === "g" ? "g" : "";
  if (first) firstTimer = setTimeout(() => (first = ""), SECOND_KEY);
  if (!act) return;
  event.preventDefault();
  act();
});

function isWriting(event) {
  const field = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  return field || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]");
}

// The key's Latin letter, also on a keyboard that writes Urdu, Arabic or Burmese.
function letter(event) {
  if (/^[a-z?/]$/.test(event.key)) return event.key;
  if (event.code === "Slash") return event.shiftKey ? "?" : "/";
  return event.shiftKey ? "" : (/^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase() ?? "");
}

function go(key) {
  const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  return link && (() => link.click());
}

function rows() {
  return [...document.querySelectorAll("main table.cards tbody tr")];
}

function rowAt() {
  return document.activeElement?.closest("main table.cards tbody tr");
}

// To the next row or the one before: its link has the keyboard then, so that Enter opens it.
function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(rowAt());
  const row = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  const link = row.querySelector("th a, td a") ?? row;
  if (link === row) row.tabIndex = -1;
  link.focus();
  row.scrollIntoView({ block: "nearest" });
}
