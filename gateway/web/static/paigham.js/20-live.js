// Optional: every page works without this file. It refreshes living parts, and sends what is written on a simulated
// phone without loading the page again.
"use strict";

const living = document.querySelectorAll("[data-live]");

for (const part of living) {
  const seconds = Number(part.dataset.every);
  let before = "";
  let timer = 0;

  const refresh = async () => {
    clearTimeout(timer);
    try {
      const answer = await fetch(part.dataset.live, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (answer.redirected) {
        location.reload(); // The session is over: the sign-in page comes.
        return;
      }
      if (answer.ok) {
        const html = await answer.text();
        if (html !== before) {
          put(part, html);
          before = html;
        }
      }
    } catch {
      // The network is away; the next turn tries again.
    }
    timer = setTimeout(turn, seconds * 1000);
  };
  const turn = () => (document.hidden ? (timer = setTimeout(turn, 1000)) : refresh());

  part.refresh = refresh;
  timer = setTimeout(turn, seconds * 1000);
  follow(part);
}

// Replace a living part, and keep the keyboard where it was.
function put(part, html) {
  const held = part.contains(document.activeElement) ? document.activeElement : null;
  const place = held && (held.value || held.getAttribute("href"));
  const atEnd = part.scrollHeight - part.scrollTop - part.clientHeight < 80;
  part.innerHTML = html;
  if (place) {
    const same = [...part.querySelectorAll("a, button")].find((item) => (item.value || item.getAttribute("href")) === place);
    (same || part).focus({ preventScroll: true });
  }
  if (atEnd) follow(part);
}

function follow(part) {
  if ("follow" in part.dataset) part.scrollTop = part.scrollHeight;
}

// A message from the phone: posted in the background, then the phone is drawn anew.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("say" in form.dataset)) return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const field = form.querySelector("textarea");
  if (field && !field.value.trim()) return;
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(data) });
  if (!answer.ok) {
    location.reload();
    return;
  }
  if (field) {
    field.value = "";
    field.focus();
    form.elements.key.value = crypto.getRandomValues(new Uint32Array(2)).join("");
  }
  for (const part of living) await part.refresh();
});

// Enter sends, Shift and Enter begin a new line; a word that is still being composed is left alone.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (field.tagName === "TEXTAREA" && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    field.form.requestSubmit();
  }
});

// On a narrow screen the menu is a strip: bring the present page into it.
document.querySelector(".side [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// A choice of language needs no second step.
for (const field of document.querySelectorAll("form.speak select")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}
