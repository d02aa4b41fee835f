// What is to be said of a translation is asked anew while somebody writes, and shown below the field. Ctrl and Enter
// saves and goes on.

const LOOK_AFTER = 500; // milliseconds without a key

beginnings.push((root) => {
  for (const field of root.querySelectorAll("textarea[data-look]")) {
    let timer = 0;
    let asked = 0;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const mine = ++asked;
        const text = await lookAt(field);
        const place = document.getElementById("findings");
        if (text !== null && mine === asked && place) {
          place.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
        }
      }, LOOK_AFTER);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      field.form.requestSubmit(field.form.querySelector("[data-ctrl-enter]"));
    });
  }
});

async function lookAt(field) {
  const body = new URLSearchParams({ target: field.value, form_token: field.form.elements.form_token.value });
  try {
    const answer = await fetch(field.dataset.look, { method: "POST", body, cache: "no-store" });
    return answer.ok && !answer.redirected ? await answer.text() : null;
  } catch {
    return null; // The line is away: what is said below is a little old, and saving asks again.
  }
}
