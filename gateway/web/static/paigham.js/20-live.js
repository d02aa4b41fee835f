// Living parts: asked for again and again, by a page that somebody looks at, and less often while nothing changes.
// An answer that is as it was costs a few bytes (304).

const SLOWER = 1.5; // each time that nothing changed
const SLOWEST = 8; // times the part's own pace …
const LONGEST = 120; // … and never more seconds than this
const APART = 0.1; // so that pages that were opened together do not ask together

class Living {
  constructor(part) {
    this.part = part;
    this.pace = Number(part.dataset.every) || 30;
    this.wait = this.pace;
    this.tag = "";
    part.refresh = () => this.soon();
    this.later();
    follow(part);
  }

  later() {
    clearTimeout(this.timer);
    const seconds = this.wait * (1 + APART * (2 * Math.random() - 1));
    this.timer = setTimeout(() => this.turn(), seconds * 1000);
  }

  turn() {
    if (!this.part.isConnected) return;
    if (document.hidden) this.asleep = true;
    else this.ask();
  }

  // Somebody looks again, or did something: what they see should be fresh.
  soon() {
    this.wait = this.pace;
    this.asleep = false;
    clearTimeout(this.timer);
    return this.ask();
  }

  async ask() {
    try {
      const headers = { Accept: "text/html", ...(this.tag && { "If-None-Match": this.tag }) };
      const answer = await fetch(this.part.dataset.live, { headers, cache: "no-store" });
      if (answer.redirected) {
        location.reload(); // The session is over: the sign-in page comes.
        return;
      }
      await this.take(answer);
    } catch {
      this.slower(true); // The network is away; the next turn tries again.
    }
    this.later();
  }

  async take(answer) {
    if (answer.status === 200) {
      this.tag = answer.headers.get("ETag") ?? "";
      put(this.part, await answer.text());
      this.wait = this.pace;
      stale(false);
    } else this.slower(answer.status !== 304);
  }

  slower(failed) {
    this.wait = Math.min(this.wait * (failed ? 2 : SLOWER), this.pace * SLOWEST, LONGEST);
    stale(failed);
  }
}

const living = new Set();

beginnings.push((root) => {
  for (const part of root.querySelectorAll("[data-live]")) living.add(new Living(part));
});

document.addEventListener("visibilitychange", () => {
  for (const one of living) if (one.asleep && !document.hidden) one.soon();
});

function refreshAll() {
  const connected = [...living].filter((one) => one.part.isConnected);
  return Promise.all(connected.map((one) => one.soon()));
}

// Say beside a living part when it cannot be brought up to date.
function stale(is) {
  for (const note of document.querySelectorAll("[data-live-note]")) {
    note.dataset.before ??= note.textContent;
    note.textContent = is ? words.stale : note.dataset.before;
  }
}

// Replace a living part, and keep the keyboard and what was opened where they were.
function put(part, text) {
  const held = part.contains(document.activeElement) ? document.activeElement : null;
  const place = held && (held.value || held.getAttribute("href"));
  const opened = new Set([...part.querySelectorAll("details[open] > summary")].map((item) => item.textContent));
  const atEnd = part.scrollHeight - part.scrollTop - part.clientHeight < 80;
  part.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  for (const item of part.querySelectorAll("details > summary")) {
    if (opened.has(item.textContent)) item.parentElement.open = true;
  }
  if (place) {
    const same = [...part.querySelectorAll("a, button")].find((item) => (item.value || item.getAttribute("href")) === place);
    (same || part).focus({ preventScroll: true });
  }
  if (atEnd) follow(part);
}

function follow(part) {
  if ("follow" in part.dataset) part.scrollTop = part.scrollHeight;
}
