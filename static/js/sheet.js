/* The sheet beside Microsoft's form: which fields are done survives a reload, in this browser only. A field counts as
   done once it was copied or ticked; without script there are no marks, and the page works as before. */
"use strict";

(() => {
  const sheet = document.querySelector("[data-sheet]");
  if (!sheet) return;
  const key = `sheet:${sheet.dataset.sheet}`;
  const marks = () => [...sheet.querySelectorAll("[data-done]")];

  function read() {
    try {
      const kept = JSON.parse(localStorage.getItem(key));
      return Array.isArray(kept) ? kept : [];
    } catch {
      return []; // no storage, or not ours
    }
  }

  function keep() {
    try {
      localStorage.setItem(key, JSON.stringify(marks().filter((mark) => mark.checked).map((mark) => mark.dataset.done)));
    } catch {
      // no storage: the marks last until the page is left
    }
  }

  function count() {
    const place = sheet.querySelector("[data-done-count]");
    const done = marks().filter((mark) => mark.checked).length;
    place.textContent = place.dataset.doneCount.replace("{done}", done).replace("{all}", marks().length);
  }

  function changed() {
    keep();
    count();
  }

  const kept = read();
  marks().forEach((mark) => { mark.checked = kept.includes(mark.dataset.done); });
  count();

  sheet.addEventListener("change", (event) => { if (event.target.matches("[data-done]")) changed(); });
  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    const mark = button?.closest(".sheet-field")?.querySelector("[data-done]");
    if (!mark || mark.checked) return;
    mark.checked = true;
    changed();
  });

  document.querySelector("[data-narrow-window]")?.addEventListener("click", () => {
    open(location.href, "sheet", "popup,width=380,height=900");
  });
})();
