/* Theme switch, light or dark: the form works without this; with it the page changes in place. */
(() => {
  "use strict";
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest?.("[data-theme-form]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const chosen = event.submitter.value;
    if (chosen) document.documentElement.dataset.theme = chosen;
    else delete document.documentElement.dataset.theme;
    for (const button of form.querySelectorAll("button[name=theme]")) {
      button.setAttribute("aria-pressed", String(button.value === chosen));
    }
    await fetch(form.action, {
      method: "POST",
      body: new FormData(form, event.submitter),
      headers: { "X-Requested-With": "fetch" },
    });
  });
})();
