/* The report, one step at a time. Without this script the same form is one page. */
"use strict";

(() => {
  const form = document.querySelector("[data-report]");
  if (!form) return;

  const plainTitle = document.title;
  const steps = () => [...form.querySelectorAll("[data-step]")];
  const stepOf = (element) => Number(element.closest("[data-step]").dataset.step);
  const last = steps().length;
  const begin = Number(form.dataset.first); // the first step with an error, the last where the report was refused, else the first
  let present = 0;
  let reached = begin;

  function focusOn(element) {
    element?.focus();
  }

  /** Show one step; what was typed in the others stays where it is. */
  function show(number, { focus = true } = {}) {
    present = Math.min(Math.max(number, 1), reached);
    for (const step of steps()) step.hidden = Number(step.dataset.step) !== present;
    const title = document.getElementById(`step-${present}-title`);
    document.title = `${title.querySelector(".step__count").textContent.trim()} · ${plainTitle}`;
    document.getElementById("report-progress").value = present;
    if (!focus) return;
    focusOn(title);
    title.closest("[data-step]").scrollIntoView({ block: "nearest" });
  }

  function numberInAddress() {
    const found = /^#step-(\d+)$/.exec(location.hash);
    return found ? Number(found[1]) : begin;
  }

  /** Go to a step through the address bar, so that the browser's own Back works. */
  function goTo(number) {
    reached = Math.max(reached, number);
    if (numberInAddress() === number) show(number);
    else location.hash = `step-${number}`;
  }

  function sendPresentStep() {
    form.querySelector(`#step-${present} [data-continue]`)?.click();
  }

  // --- The server judges each step; it says whether to go on ---

  document.body.addEventListener("report:checked", (event) => {
    const { step, good } = event.detail;
    if (good) {
      goTo(step + 1);
      return;
    }
    reached = step;
    show(step, { focus: false });
    const wrong = form.querySelector(`#step-${step} :is([aria-invalid="true"], .cards[data-invalid])`);
    focusOn(wrong?.matches(".cards") ? (wrong.querySelector(":checked") ?? wrong.querySelector("input")) : wrong);
  });

  document.body.addEventListener("htmx:afterSwap", () => show(present, { focus: false }));

  for (const trouble of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.body.addEventListener(trouble, () => {
      const words = form.dataset.offline;
      document.getElementById("report-trouble").hidden = false;
      portal.announce(words);
    });
  }

  document.body.addEventListener("htmx:beforeRequest", () => {
    document.getElementById("report-trouble").hidden = true;
  });

  // --- Enter goes on, and sends only from the last step ---

  form.addEventListener("submit", (event) => {
    if (present === last) return;
    event.preventDefault();
    sendPresentStep();
  });

  addEventListener("hashchange", () => {
    if (/^#step-\d+$/.test(location.hash) || !location.hash) show(numberInAddress());
  });

  // --- Links of the error summary open the step of their field ---

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-field-link]");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    goTo(stepOf(field));
    setTimeout(() => focusOn(field.matches(".cards") ? field.querySelector("input") : field), 50);
  });

  // --- Examples fill in the field beside them ---

  document.addEventListener("click", (event) => {
    const example = event.target.closest("[data-fill]");
    if (!example) return;
    const field = document.getElementById(example.dataset.fill);
    field.value = example.textContent.trim();
    focusOn(field);
  });

  // --- The note about Edge is read out when it appears ---

  form.addEventListener("change", (event) => {
    if (event.target.name === "program" && event.target.value === "edge") {
      portal.announce(document.getElementById("edge-note").textContent.trim().replace(/\s+/g, " "));
    }
  });

  // --- Begin; without a step in the address, since the browser would move the focus there ---

  history.replaceState(null, "", location.pathname + location.search);
  form.dataset.ready = "yes";
  show(begin, { focus: false });
  focusOn(document.querySelector(".error-summary, [data-refused]"));
})();
