/* Keyboard shortcuts: j k / Esc ?, and g with a letter: the letters are those of [data-goto] on the page. */
(() => {
  "use strict";
  const WAIT_FOR_LETTER = 1500; // milliseconds
  const TYPING = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, " +
    "[contenteditable]:not([contenteditable=false]), .xterm";
  let gPressed = -Infinity;
  let lastRow = null;

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const isShown = (element) => element.getClientRects().length > 0;
  const linkOf = (row) => row.querySelector("[data-row-link]") || row.querySelector("a[href]");

  function table() {
    const here = document.activeElement?.closest?.("table.live");
    return here || all("table.live").find(isShown);
  }

  function step(by) {
    const rows = all("tbody > tr", table() || document.createElement("div")).filter(linkOf);
    if (!rows.length) return false;
    const focused = rows.indexOf(document.activeElement?.closest?.("tr"));
    const at = focused >= 0 ? focused : rows.indexOf(lastRow);
    const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by));
    const back = focused < 0 && at >= 0 ? at : next;
    lastRow = rows[back];
    linkOf(lastRow).focus({ preventScroll: true });
    lastRow.scrollIntoView({ block: "nearest" });
    return true;
  }

  function toFilter() {
    const filter = all("[data-filter]").find(isShown) || all("main input[type=search]").find(isShown);
    filter?.focus();
    filter?.select?.();
    return Boolean(filter);
  }

  function leave(target) {
    if (!target.matches?.("[data-filter], input[type=search]")) return false;
    target.blur();
    if (lastRow?.isConnected) linkOf(lastRow)?.focus();
    return true;
  }

  function goTo(letter) {
    const link = all("a[data-goto]").find((one) => one.dataset.goto === letter);
    link?.click();
    return Boolean(link);
  }

  function help() {
    const dialog = document.getElementById("help");
    if (!dialog || dialog.open) return false;
    const list = dialog.querySelector("[data-goto-list]");
    const seen = new Map(all("a[data-goto]").reverse().map((link) => [link.dataset.goto, link]));
    list.replaceChildren(...[...seen].sort().map(([letter, link]) => entry(letter, link)));
    dialog.showModal();
    return true;
  }

  function entry(letter, link) {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const meaning = document.createElement("dd");
    for (const key of ["g", letter]) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      term.append(cap, " ");
    }
    meaning.textContent = link.dataset.gotoLabel || (link.querySelector(".entry-label") || link).textContent.trim();
    row.append(term, meaning);
    return row;
  }

  function act(key, now) {
    if (now - gPressed < WAIT_FOR_LETTER) {
      gPressed = -Infinity;
      return goTo(key);
    }
    if (key === "g") gPressed = now;
    if (key === "j") return step(1);
    if (key === "k") return step(-1);
    if (key === "/") return toFilter();
    if (key === "?") return help();
    return false;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const typing = event.target.closest?.(TYPING);
    if (typing ? event.key === "Escape" && leave(typing) : act(event.key, event.timeStamp)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-help]")) help();
  });
})();
