// The editor of a flow. What is typed is sent as it stands a moment later, with the version that it rests on; the
// answer is the page as it is then, and its parts (`data-part`) come into this one. While the line is away the newest
// state of the form waits, also for the next page of this tab.

const PAUSE = 700; // milliseconds without a key

const WIDE = matchMedia("(min-width: 90rem)");
const editForm = () => document.getElementById("step-form");

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-edit]");
  if (!form) return;
  form.dirty = true;
  clearTimeout(form.timer);
  if (event.target.id !== "name") form.timer = setTimeout(() => saveEdits(form), PAUSE);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-edit]");
  if (!form) return;
  form.dirty = true;
  saveEdits(form, { whole: event.target.matches("select, [type=checkbox], [list], #name") });
});

// Before the handler that sends all other forms: it leaves alone what is prevented.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches?.("form[data-edit], form[data-edit-button]") || event.defaultPrevented || form.stale) return;
    if (event.submitter?.dataset.confirm && !form.confirmed) return;
    event.preventDefault();
    form.confirmed = false;
    if (form.matches("[data-edit-button]")) flushEdits();
    saveEdits(form, { whole: true, submitter: event.submitter });
  },
  true,
);

// Another step is opened: what is not sent yet goes first, or waits for the next page.
addEventListener("pagehide", flushEdits);

function flushEdits() {
  const form = editForm();
  if (form?.dirty) saveEdits(form);
}

function saveEdits(form, { whole = false, submitter, more = {} } = {}) {
  clearTimeout(form.timer);
  if (form.blocked) return;
  form.dirty = false;
  const data = new FormData(form, submitter);
  data.set("auto", "1");
  data.set("show", editForm()?.elements.step.value ?? "");
  for (const [name, value] of Object.entries(more)) data.set(name, value);
  const last = waiting.at(-1);
  const body = new URLSearchParams(data).toString();
  if (last?.edits === form && !submitter && !more.do && !last.act && (waiting.length > 1 || !flushing)) {
    // The same form, not yet on its way: its newest state is all that counts.
    Object.assign(last, { body, whole: last.whole || whole });
  } else {
    waiting.push({
      url: form.getAttribute("action") ?? location.pathname,
      body,
      keep: true,
      edits: form,
      act: Boolean(submitter || more.do),
      whole,
      done: (answer, entry) => edited(answer, entry),
    });
  }
  saying(words.saving);
  keep();
  flush();
}

async function edited(answer, entry) {
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!next.querySelector("[data-editor]")) {
    toast(words.refused, "bad");
    return;
  }
  const form = editForm();
  const typing = form?.dirty && form.isConnected;
  if (answer.ok) {
    takeVersion(next);
    if (form && entry.act) form.blocked = false;
  }
  else if (answer.status === 409 && form) form.blocked = true;
  const newer = waiting.some((other) => other !== entry && other.edits === form);
  if (entry.whole && answer.ok && !typing && !newer) takeWhole(next);
  else takeParts(next);
  talkAgain();
  if (typing && entry.act && answer.ok) saveEdits(form);
  if (!answer.ok) document.querySelector("#conflict [data-focus]")?.focus();
}

function takeVersion(next) {
  const version = next.querySelector("[data-version]")?.value;
  for (const field of document.querySelectorAll("[data-version]")) field.value = version ?? field.value;
  const here = document.getElementById("here");
  const live = next.getElementById("here")?.dataset.live;
  if (here && live) here.dataset.live = live;
}

// All of the editor, where the shape of the form may have changed; the keyboard stays where it was.
function takeWhole(next) {
  for (const id of ["here", "beside"]) {
    const kept = document.getElementById(id);
    if (kept) next.getElementById(id)?.replaceWith(kept);
  }
  const held = place();
  const opened = new Set([...document.querySelectorAll("#step details[open] > summary")].map((item) => item.textContent));
  const added = next.querySelector("#step-form [name=step]")?.value;
  const before = editForm()?.elements.step.value;
  document.querySelector("[data-editor]").replaceWith(next.querySelector("[data-editor]"));
  for (const item of document.querySelectorAll("#step details > summary")) {
    if (opened.has(item.textContent)) item.parentElement.open = true;
  }
  if (added !== undefined && added !== before) {
    const to = new URL(location);
    to.searchParams.set("step", added);
    history.replaceState(null, "", to);
    standsAt = location.pathname + location.search;
    document.querySelector("#step textarea, #step select")?.focus();
  } else back(held);
  beginEditor();
}

function takeParts(next) {
  const held = document.activeElement;
  for (const part of document.querySelectorAll("[data-editor] [data-part]")) {
    const fresh = next.getElementById(part.id);
    if (!fresh || (part.contains(held) && held !== document.body && part.id !== "conflict")) continue;
    const open = [...part.querySelectorAll("details")].map((item) => item.open);
    part.replaceWith(fresh);
    [...fresh.querySelectorAll("details")].forEach((item, number) => (item.open = open[number] ?? item.open));
  }
  beginEditor();
}

function place() {
  const held = document.activeElement;
  const step = held?.closest?.("[data-step]")?.dataset.step;
  return { id: held?.id, step, value: held?.matches?.("button") && held.value, at: held?.selectionStart };
}

function back({ id, step, value, at }) {
  const again =
    (step && document.querySelector(`[data-step="${CSS.escape(step)}"] a`)) ||
    (id && document.getElementById(id)) ||
    (value && [...document.querySelectorAll("#step button")].find((item) => item.value === value && !item.disabled)) ||
    null;
  again?.focus({ preventScroll: true });
  if (again && typeof at === "number" && again.setSelectionRange && again.type !== "number") again.setSelectionRange(at, at);
}

function saying(text) {
  const saved = document.getElementById("saved");
  if (saved && text) saved.textContent = text;
}

// --- Steps are moved by keys and by dragging

document.addEventListener("keydown", (event) => {
  const line = event.target.closest?.("[data-steps] [data-step]");
  if (!line || !event.altKey || event.ctrlKey || event.metaKey) return;
  const rtl = document.documentElement.dir === "rtl";
  const where = { ArrowUp: "up", ArrowDown: "down", ArrowRight: rtl ? "out" : "in", ArrowLeft: rtl ? "in" : "out" }[event.key];
  if (!where) return;
  event.preventDefault();
  moveStep(line, { do: `move:${where}` });
});

function moveStep(line, more) {
  flushEdits();
  const form = document.querySelector("form[data-edit-button]");
  saveEdits(form, { whole: true, more: { step: line.dataset.step, ...more } });
}

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-steps] [data-step]") ?? null;
  if (dragged) event.dataTransfer.effectAllowed = "move";
});

document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest?.("[data-steps] [data-step]");
  if (!over) return;
  event.preventDefault();
  mark(over, isUpper(event, over) ? "before" : "behind");
});

document.addEventListener("drop", (event) => {
  const over = dragged && event.target.closest?.("[data-steps] [data-step]");
  if (!over || over === dragged) return;
  event.preventDefault();
  moveStep(dragged, { do: "put", ...target(over, isUpper(event, over)) });
});

document.addEventListener("dragend", () => {
  mark(null);
  dragged = null;
});

function isUpper(event, over) {
  const box = over.getBoundingClientRect();
  return event.clientY < box.top + box.height / 2;
}

function mark(over, where) {
  for (const line of document.querySelectorAll("[data-steps] [data-drop]")) delete line.dataset.drop;
  if (over) over.dataset.drop = where;
}

// Behind a step, into a group as its first, or before a step: behind the one before it in the same group.
function target(over, upper) {
  if (!upper && over.matches(".kind-group, .kind-repeat")) return { parent: over.dataset.step, after: "" };
  if (!upper) return { parent: over.dataset.parent, after: over.dataset.step };
  const same = [...document.querySelectorAll("[data-steps] [data-step]")].filter(
    (line) => line.dataset.parent === over.dataset.parent && line !== dragged,
  );
  return { parent: over.dataset.parent, after: same[same.indexOf(over) - 1]?.dataset.step ?? "" };
}

// --- What colleagues do

// What the page before this one could not send any more went out from here.
document.addEventListener("late", lookAgain);

async function lookAgain() {
  if (!document.querySelector("[data-editor]")) return;
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const form = editForm();
  const busy = form && (form.dirty || form.blocked || form.contains(document.activeElement) || waiting.length);
  if (busy || !next.querySelector("[data-editor]")) takeParts(next);
  else {
    takeVersion(next);
    takeWhole(next);
  }
}

function beginEditor() {
  const box = document.querySelector("[data-editor]");
  if (!box) return;
  for (const button of box.querySelectorAll("[data-plain-save]")) button.hidden = true;
  const opener = box.querySelector("[data-open-beside]");
  if (opener) {
    opener.hidden = !WIDE.matches;
    opener.ariaExpanded = String(!document.getElementById("beside").hidden);
  }
  const here = document.getElementById("here");
  if (!here || here.watched) return;
  here.watched = new MutationObserver(() => {
    const changed = here.querySelector("[data-changed]")?.dataset.changed;
    if (changed && changed !== here.known) {
      here.known = changed;
      lookAgain();
    }
  });
  here.watched.observe(here, { childList: true });
  here.refresh?.();
}

beginnings.push(beginEditor);

// --- The rehearsal beside the step: the same page's phone, played anew after each change of the draft

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-open-beside]");
  if (!opener) return;
  const beside = document.getElementById("beside");
  beside.hidden = !beside.hidden;
  opener.ariaExpanded = String(!beside.hidden);
  if (!beside.hidden) talkOn(beside.dataset.beside);
});

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const beside = form.closest?.("#beside");
    if (!beside) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    talkOn(beside.dataset.beside, new FormData(form, event.submitter), true);
  },
  true,
);

function talkAgain() {
  const form = document.querySelector("#beside:not([hidden]) form.say");
  if (!form) return;
  const data = new FormData(form);
  data.delete("text");
  talkOn(form.closest("#beside").dataset.beside, data);
}

async function talkOn(url, data, focused = false) {
  const beside = document.getElementById("beside");
  const options = data ? { method: "POST", body: new URLSearchParams(data) } : {};
  const answer = await fetch(url, { ...options, cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected) {
    toast(words.stale, "warn");
    return;
  }
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const written = beside.querySelector("textarea")?.value ?? "";
  beside.replaceChildren(...next.querySelectorAll("main .device, main .actions-form, main .empty"));
  const field = beside.querySelector("textarea");
  if (field && focused) field.focus({ preventScroll: true });
  else if (field) field.value = written;
  const talk = beside.querySelector("[data-follow]");
  if (talk) follow(talk);
}

// A rehearsal shows what was said last.
beginnings.push((root) => {
  for (const part of root.querySelectorAll("[data-follow]")) follow(part);
});
