// Lists: all rows chosen at once, and how many are.

beginnings.push((root) => {
  for (const all of root.querySelectorAll("[data-choose-all]")) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes(all.form)) box.checked = all.checked;
      chosen(all.form);
    });
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-choose]")) chosen(event.target.form);
});

function boxes(form) {
  return [...(form?.querySelectorAll("[data-choose]") ?? [])];
}

function chosen(form) {
  const checked = boxes(form).filter((box) => box.checked).length;
  const all = form.querySelector("[data-choose-all]");
  if (all) {
    all.checked = checked > 0 && checked === boxes(form).length;
    all.indeterminate = checked > 0 && !all.checked;
  }
  const said = form.querySelector("[data-chosen]");
  if (said) said.textContent = checked ? count(words.chosen, checked) : "";
}
