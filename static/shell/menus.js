/* Menus close on Esc, on a click elsewhere, when the focus leaves, when another one opens. */
(() => {
  "use strict";
  const open = () => [...document.querySelectorAll("details.menu[open]")];
  const closeAllBut = (kept) => open().forEach((menu) => { if (!menu.contains(kept)) menu.open = false; });

  document.addEventListener("click", (event) => closeAllBut(event.target));
  document.addEventListener("focusin", (event) => closeAllBut(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const menu = open().at(-1);
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
    event.preventDefault();
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.menu[open]")) event.target.querySelector("[data-menu-filter]")?.focus();
  }, true);

  /* A box above a long menu: only entries that hold the words stay. */
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("[data-menu-filter]")) return;
    const words = event.target.value.toLowerCase().split(/\s+/);
    for (const entry of event.target.closest(".menu-panel").querySelectorAll(".menu-list > li")) {
      const text = entry.textContent.toLowerCase();
      entry.hidden = !words.every((word) => text.includes(word));
    }
  });
})();
