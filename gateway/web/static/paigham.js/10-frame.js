// Optional: every page works without this script. Its parts are joined into one module, so they share names. `begin`
// is called for each stretch of page that comes new: the whole page at first, and what answers put into it.

const words = document.getElementById("words")?.dataset ?? {};
const signedIn = document.body.classList.contains("signed-in");
const beginnings = [];

function begin(root) {
  for (const beginning of beginnings) beginning(root);
}

// Say something at the edge of the page, once. It stays until the next page, or until whoever said it takes it away.
function toast(text, tone = "plain") {
  const box = make("div", { className: `toast ${tone}` }, make("p", { textContent: text }));
  document.querySelector(".toasts")?.append(box);
  return box;
}

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function count(text, number) {
  return text.replace("{n}", number.toLocaleString(words.digits || document.documentElement.lang));
}

// What is wrong with a form is read out first; its links lead to the fields.
beginnings.push((root) => root.querySelector("[data-focus]")?.focus());

// A choice of language needs no second step.
beginnings.push((root) => {
  for (const field of root.querySelectorAll("form.speak select")) {
    field.addEventListener("change", () => field.form.requestSubmit());
  }
});
