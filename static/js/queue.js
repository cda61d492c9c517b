/* Keys for a list of cases: j next, k before, Enter opens, / searches. The list is a table with data-queue. */
"use strict";

(() => {
  const links = () => [...document.querySelectorAll("[data-queue] [data-queue-link]")];

  function move(step) {
    const all = links();
    if (!all.length) return;
    const now = all.indexOf(document.activeElement);
    const next = now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + step, 0), all.length - 1);
    all[next].focus(); // Enter then follows the link by itself
    all[next].closest("[data-queue-row]").scrollIntoView({ block: "nearest" });
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => document.querySelector("input[type=search]")?.focus(),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
