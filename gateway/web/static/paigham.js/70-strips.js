// Tabs on a phone and the menu on a low screen are longer than their place: bring the present entry into it, and leave
// the page where it is.
for (const present of document.querySelectorAll(".tabs [aria-current], .side nav [aria-current]")) {
  const strip = present.closest(".tabs ul, nav");
  const inner = present.getBoundingClientRect();
  const outer = strip.getBoundingClientRect();
  if (inner.left < outer.left || inner.right > outer.right) {
    strip.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
  }
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    strip.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
  }
}
