/* Copy buttons: copy their own [data-copy], or the text of the element that [data-copy-target] names. */
(() => {
  "use strict";
  const SHOWN_FOR = 1600; // milliseconds

  function textOf(button) {
    if (!button.dataset.copyTarget) return button.dataset.copy;
    const source = document.querySelector(button.dataset.copyTarget);
    return source ? source.value ?? source.textContent : "";
  }

  /* Where the page came over plain HTTP from another machine, browsers have no clipboard but this old one. */
  function byHand(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return byHand(text);
    }
  }

  function say(words) {
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = words || "";
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy], [data-copy-target]");
    if (!button) return;
    const done = await copy(textOf(button));
    say(done ? button.dataset.copied : button.dataset.failed);
    button.focus();
    if (!done) return;
    button.classList.add("copied");
    setTimeout(() => { button.classList.remove("copied"); say(""); }, SHOWN_FOR);
  });
})();
