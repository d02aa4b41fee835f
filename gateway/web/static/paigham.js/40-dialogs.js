// Dialogs. A link with `data-dialog` names a dialog of the page, or leads to a page that is shown in one.

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(link);
});

async function open(link) {
  const named = link.dataset.dialog && document.getElementById(link.dataset.dialog);
  if (named) {
    named.showModal();
    return;
  }
  const answer = await fetch(link.href, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected) {
    location.assign(link.href);
    return;
  }
  const main = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  const title = main?.querySelector("h1");
  if (!title) return;
  title.remove();
  main.querySelector("[data-not-in-dialog], .help, .trail")?.remove();
  for (const form of main.querySelectorAll("form:not([action])")) form.setAttribute("action", link.href);
  const dialog = framed(title.textContent, ...main.childNodes);
  dialog.showModal();
  dialog.querySelector("[data-focus], .dialog-body :is(input:not([type=hidden]), select, textarea)")?.focus();
}

// A dialog that goes when it is closed.
function framed(title, ...children) {
  const heading = make("h2", { textContent: title, id: "dialog-title" });
  const shut = make("button", { className: "bare", type: "submit", textContent: "×", ariaLabel: words.close });
  const top = make("div", { className: "dialog-top" }, heading, make("form", { method: "dialog" }, shut));
  const dialog = make("dialog", {}, top, make("div", { className: "dialog-body" }, ...children));
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  begin(dialog);
  return dialog;
}

// Ask before something is done; resolves to whether it shall be.
function ask(question, yes) {
  return new Promise((resolve) => {
    const does = make("button", { type: "submit", value: "yes", textContent: yes || words.yes });
    const not = make("button", { type: "submit", className: "quiet", textContent: words.cancel });
    const end = make("form", { method: "dialog", className: "end" }, does, not);
    const dialog = framed(words.sure, make("p", { textContent: question }), end);
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
    dialog.showModal();
    not.focus();
  });
}
