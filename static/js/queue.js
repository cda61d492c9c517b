/* Keys for a list: j next, k before, Enter opens, x selects, / searches. The list is a table with data-queue; what is
   selected is counted in the form around it. */
"use strict";

(() => {
  const rows = () => [...document.querySelectorAll("[data-queue] [data-queue-row]")];

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex((row) => row.contains(document.activeElement));
    const next = now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + step, 0), all.length - 1);
    all[next].querySelector("[data-queue-link]").focus(); // Enter then follows the link by itself
    all[next].scrollIntoView({ block: "nearest" });
  }

  /** Tick the row on which the focus is; the focus stays, so that j goes on from there. */
  function select() {
    document.activeElement.closest("[data-queue-row]")?.querySelector("[data-queue-pick]")?.click();
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    x: select,
    "/": () => document.querySelector("input[type=search]")?.focus(),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });

  // --- How many are selected, for the eye and for the screen reader ---

  function count(form) {
    const place = form.querySelector("[data-queue-count]");
    const number = String(form.querySelectorAll("[data-queue-pick]:checked").length);
    if (place.textContent === number) return;
    place.textContent = number;
    globalThis.portal?.announce(place.parentElement.textContent.trim());
  }

  const form = document.querySelector("[data-queue-form]");
  if (!form) return;
  form.addEventListener("change", () => count(form));
  form.addEventListener("reset", () => setTimeout(() => count(form), 0)); // once the boxes are empty
  addEventListener("pageshow", () => {
    if (form.querySelector("[data-queue-pick]:checked")) count(form);
  });
})();
