/* What every page needs: copy buttons, dialogs, calm refreshes, countdowns. Pages work without it. */
"use strict";

(() => {
  let announced = "";

  /** Tell a screen reader something without moving the focus. */
  function announce(words) {
    const region = document.getElementById("announcer");
    if (!region || words === announced) return;
    announced = words;
    region.textContent = "";
    setTimeout(() => { region.textContent = words; }, 50);
  }

  // --- Copy buttons: <button data-copy="id of the text" data-copied="Copied"> ---

  function select(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      select(source); // no right to the clipboard: the text is selected, ready for Ctrl-C
      return;
    }
    const word = button.querySelector("[data-copy-word]");
    const before = word.textContent;
    word.textContent = button.dataset.copied;
    announce(button.dataset.copied);
    setTimeout(() => { word.textContent = before; }, 2000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-dialog], [data-dialog-close]");
    if (!button) return;
    if (button.dataset.copy) copy(button);
    else if (button.dataset.dialog) document.getElementById(button.dataset.dialog).showModal();
    else button.closest("dialog").close();
  });

  // --- A form is sent once; coming back by the browser's button makes it sendable again ---

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.querySelectorAll("button[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
  });

  addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
    });
  });

  // --- Refreshes: what a person has opened stays open; a sign-in page never lands inside another page ---

  const TRY_AGAIN_MS = 4000;
  let opened = [];

  function isChanged(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  }

  /** Tell whether somebody is writing or deciding inside, so that a refresh would take words away. */
  function isBusy(target) {
    const fields = [...target.querySelectorAll("textarea, input:not([type=hidden])")];
    const active = document.activeElement;
    return target.querySelector("dialog[open]") !== null || fields.some((field) => field === active || isChanged(field));
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = event.detail;
    const news = /(\S+-changed) from:body/.exec(target.getAttribute?.("hx-trigger") ?? "")?.[1];
    if (news && isBusy(target)) {
      event.detail.shouldSwap = false; // the page follows when the person is done
      setTimeout(() => htmx.trigger(document.body, news), TRY_AGAIN_MS);
      return;
    }
    opened = [...target.querySelectorAll("details[id]")].map(({ id, open }) => ({ id, open }));
  });

  document.addEventListener("htmx:afterSwap", () => {
    for (const { id, open } of opened) {
      const details = document.getElementById(id);
      if (details) details.open = open;
    }
    opened = [];
  });

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, pathInfo } = event.detail;
    const asked = new URL(pathInfo.finalRequestPath, location.href).pathname;
    if (xhr.responseURL && new URL(xhr.responseURL).pathname !== asked) {
      event.preventDefault();
      location.reload();
    }
  });

  // --- A fragment may carry words for the screen reader: <… data-announce="…"> ---

  document.addEventListener("htmx:load", (event) => {
    const source = event.detail.elt.closest("[data-announce]") ?? event.detail.elt.querySelector?.("[data-announce]");
    if (source?.dataset.announce) announce(source.dataset.announce);
  });

  // --- Countdowns: counted down between two answers of the server; without script the page says when the end is ---

  const SAY_AT = [300, 60]; // seconds; nothing else is spoken, so that a screen reader is left in peace

  /** Find the end once, by the clock of this PC; the server's own clock is not compared with it. */
  function endOf(countdown) {
    countdown.dataset.endsAt ??= String(Date.now() + Number(countdown.dataset.countdown) * 1000);
    return Number(countdown.dataset.endsAt);
  }

  function show(countdown) {
    const left = Math.max(Math.round((endOf(countdown) - Date.now()) / 1000), 0);
    const before = Number(countdown.dataset.left ?? countdown.dataset.countdown);
    if (left === before && countdown.dataset.left) return;
    countdown.dataset.left = String(left);
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    countdown.querySelector("[data-countdown-clock]").textContent = clock;
    countdown.querySelector("[data-countdown-bar]").value = left;
    const due = SAY_AT.find((seconds) => before > seconds && left <= seconds);
    if (due) announce(countdown.getAttribute(`data-say-${due}`));
    if (left === 0) end(countdown);
  }

  function end(countdown) {
    if ("isOver" in countdown.dataset) return;
    countdown.dataset.isOver = "";
    countdown.querySelector("[data-countdown-word]").textContent = countdown.dataset.over;
    announce(countdown.dataset.over);
  }

  function tick() {
    document.querySelectorAll("[data-countdown]").forEach(show);
  }

  tick(); // the end is found at once, also where the page lies in the background
  setInterval(tick, 250);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener("htmx:load", tick);

  globalThis.portal = { announce };
})();
