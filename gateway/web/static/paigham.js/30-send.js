// Forms are sent without leaving the page, so that a line that breaks loses nothing. What cannot be sent waits, in
// order, and goes once the line is back; the form's key makes it act once, whatever was lost on the way. What waits
// is kept in this page's memory. Only forms marked `data-keep`, which hold nothing of any person, are kept for the tab
// as well, and outlive a reload.

const KEPT = "paigham.waiting";
const RETRY = [2, 4, 8, 15, 30, 60]; // seconds
const PATIENCE = 45_000; // milliseconds for one try
const AWAY = new Set([502, 503, 504]); // the server is there later
const waiting = [];
let flushing = false;
let tries = 0;
let retryTimer = 0;
let waitingToast = null;
let leaving = false;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !form.confirmed) {
    event.preventDefault();
    ask(question, event.submitter?.textContent.trim()).then((yes) => {
      if (!yes) return;
      form.confirmed = true;
      form.requestSubmit(event.submitter);
    });
    return;
  }
  form.confirmed = false;
  if (!signedIn || "plain" in form.dataset || form.target || form.enctype === "multipart/form-data") {
    form.clean = true;
    return;
  }
  event.preventDefault();
  if (form.ariaBusy !== "true") take(form, event.submitter);
});

function take(form, submitter) {
  const data = new FormData(form, submitter);
  if ("say" in form.dataset && !data.get("choice") && !data.get("text")?.trim()) return;
  const entry = {
    url: submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href,
    body: new URLSearchParams(data).toString(),
    keep: "keep" in form.dataset,
    form,
    submitter,
  };
  waiting.push(entry);
  if ("say" in form.dataset) again(form);
  else form.ariaBusy = "true";
  if (entry.keep) keep();
  flush();
}

// A form that stays for the next words: empty, with a key of its own.
function again(form) {
  const field = form.querySelector("textarea");
  if (!field) return;
  for (const name of ["form_key", "key"]) {
    if (form.elements[name]) form.elements[name].value = crypto.getRandomValues(new Uint32Array(3)).join("");
  }
  field.value = "";
  field.focus();
}

async function flush() {
  if (flushing) return;
  flushing = true;
  clearTimeout(retryTimer);
  while (waiting.length && (await sent(waiting[0]))) {
    waiting.shift();
    tries = 0;
    keep();
  }
  flushing = false;
  tell();
  if (waiting.length) retryTimer = setTimeout(flush, RETRY[Math.min(tries++, RETRY.length - 1)] * 1000);
}

// Send one; true when an answer came, whatever it says.
async function sent(entry) {
  let answer;
  try {
    answer = await fetch(entry.url, {
      method: "POST",
      body: new URLSearchParams(entry.body),
      headers: { "X-Paigham-Script": "1", Accept: "text/html" },
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    return false;
  }
  if (AWAY.has(answer.status)) return false;
  await follows(entry, answer);
  return true;
}

async function follows(entry, answer) {
  const goes = answer.headers.get("X-Paigham-Goes-To") ?? (answer.redirected ? answer.url : null);
  if (entry.form) entry.form.ariaBusy = null;
  if (goes && new URL(goes, location).pathname === words.signin) signedOut(entry);
  else if (entry.done) await entry.done(answer, entry);
  else if (!entry.form?.isConnected) {
    toast(answer.ok ? words.sent : words.refused, answer.ok ? "good" : "bad");
    document.dispatchEvent(new Event("late"));
  } else if (goes && "say" in entry.form.dataset) await refreshAll();
  else if (goes) leave(goes);
  else if (answer.status === 403) whole(entry); // Asked first who this is: a page with a script of its own.
  else if (answer.headers.get("Content-Type")?.startsWith("text/html")) show(await answer.text(), entry.url);
  else await save(answer);
}

// Send a form as browsers do.
function whole({ form, submitter }) {
  leaving = true;
  if (submitter?.name) form.append(make("input", { type: "hidden", name: submitter.name, value: submitter.value }));
  HTMLFormElement.prototype.submit.call(form);
}

function leave(goes) {
  leaving = true;
  const to = new URL(goes, location);
  const here = to.pathname + to.search === location.pathname + location.search;
  if (here && to.hash) {
    location.hash = to.hash;
    location.reload();
  } else location.assign(to);
}

// The answer is a page: what is wrong with the form, or something that is shown once. It stands at the form's address,
// as it would without a script; going back from there loads the page before anew.
let standsAt = location.pathname + location.search;

function show(text, url) {
  const next = new DOMParser().parseFromString(text, "text/html");
  const main = next.querySelector("main");
  if (!main) return;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  const to = new URL(url, location);
  if (to.pathname + to.search !== standsAt) history.pushState(null, "", to);
  standsAt = to.pathname + to.search;
  document.title = next.title;
  document.querySelector("main").replaceWith(main);
  const said = next.querySelector(".toasts");
  if (said) document.querySelector(".toasts").replaceChildren(...said.childNodes);
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
  begin(main);
}

addEventListener("popstate", () => {
  if (location.pathname + location.search !== standsAt) location.reload();
});

// A file: handed to whoever asked for it.
async function save(answer) {
  const name = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "paigham";
  const address = URL.createObjectURL(await answer.blob());
  make("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}

// The session ended meanwhile. What was written stays; a token of the new session comes with the next try.
function signedOut(entry) {
  toast(words.signed_out, "warn").querySelector("p").append(
    " ",
    make("a", { href: words.signin, target: "_blank", rel: "noopener", textContent: words.sign_in }),
  );
  if (entry.form) entry.form.stale = true;
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.stale) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    freshen().then((fresh) => {
      form.stale = !fresh;
      if (fresh) form.requestSubmit(event.submitter);
      else signedOut({});
    });
  },
  true,
);

async function freshen() {
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("[name=form_token]")?.value;
  for (const field of document.querySelectorAll("[name=form_token]")) field.value = token ?? field.value;
  return Boolean(token);
}

// Say how much waits, as long as something does.
function tell() {
  waitingToast?.remove();
  waitingToast = waiting.length ? toast(count(words.waiting, waiting.length), "warn") : null;
  waitingToast?.setAttribute("data-waiting", waiting.length);
}

function keep() {
  const kept = waiting.filter((entry) => entry.keep).map(({ url, body }) => ({ url, body }));
  if (kept.length) sessionStorage.setItem(KEPT, JSON.stringify(kept));
  else sessionStorage.removeItem(KEPT);
}

addEventListener("online", () => {
  tries = 0;
  flush();
});

// Of somebody who signed out nothing stays, and nobody else sends it.
if (signedIn) {
  for (const entry of JSON.parse(sessionStorage.getItem(KEPT) ?? "[]")) waiting.push({ ...entry, keep: true });
  flush();
} else sessionStorage.removeItem(KEPT);

// --- Nothing that was written is lost by a slip

beginnings.push((root) => {
  for (const form of root.querySelectorAll("form[data-guard]")) form.before = written(form);
});

function written(form) {
  return new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")).toString();
}

addEventListener("beforeunload", (event) => {
  const forms = [...document.querySelectorAll("form[data-guard]")];
  const unsaved = forms.some((form) => !form.clean && form.before !== undefined && form.before !== written(form));
  if (!leaving && (unsaved || waiting.some((entry) => !entry.keep))) event.preventDefault();
});

// Enter sends what is written on a simulated phone, Shift and Enter begin a new line; a word that is still being
// composed is left alone.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!field.matches?.("form[data-say] textarea")) return;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    field.form.requestSubmit();
  }
});
