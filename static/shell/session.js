/* Is the person still signed in? If not, a dialog asks over the page, so that what was typed is not lost.

Others say so by document.dispatchEvent(new Event("quarterdeck:session-ended")), as after a socket's close code 4401,
and listen to "quarterdeck:session-restored". */
"use strict";
(() => {
  const dialog = document.getElementById("session-ended");
  if (!dialog) return;
  const SURE_FOR = 30000; // milliseconds that an answer is believed
  let sureUntil = Date.now() + SURE_FOR;
  let waiting = null; // the form or htmx source to be sent again

  function ask() {
    if (!dialog.open) dialog.showModal();
  }

  /* "alive" (and fresh tokens in all forms), "ended" or "other" (somebody else signed in); throws without network. */
  async function state() {
    const answer = await fetch(dialog.dataset.here, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) return "ended";
    if (!answer.ok) return "alive"; // a broken server is not a session that has ended
    const here = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("here");
    if (!here) return "ended";
    if (here.dataset.person !== dialog.dataset.person) return "other";
    const token = here.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (token) document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token; });
    sureUntil = Date.now() + SURE_FOR;
    return "alive";
  }

  function say(found) {
    dialog.querySelector("[data-session-still]").hidden = found !== "ended";
    dialog.querySelector("[data-session-other]").hidden = found !== "other";
  }

  async function tryAgain() {
    const found = await state().catch(() => "ended");
    say(found);
    if (found !== "alive") return;
    dialog.close();
    document.dispatchEvent(new Event("quarterdeck:session-restored"));
    const [form, submitter] = waiting || [];
    waiting = null;
    if (form?.isConnected) form.requestSubmit(submitter?.isConnected ? submitter : undefined);
  }

  /* A form that would be lost by a redirect to sign-in is held back until the session is known to live. */
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-no-session]")) return;
    if (Date.now() < sureUntil) return;
    event.preventDefault();
    const found = await state().catch(() => "alive"); // without network the browser's own page says so
    sureUntil = found === "alive" ? Date.now() + SURE_FOR : 0;
    if (found === "alive") return form.requestSubmit(event.submitter);
    waiting = [form, event.submitter];
    say(found === "other" ? found : "");
    ask();
  });

  document.addEventListener("htmx:before:response", (event) => {
    const { response, sourceElement } = event.detail.ctx;
    if (response.status !== 401) return;
    event.preventDefault();
    waiting = sourceElement?.tagName === "FORM" ? [sourceElement, null] : null;
    ask();
  });

  document.addEventListener("quarterdeck:session-ended", ask);
  document.addEventListener("visibilitychange", () => { if (dialog.open && !document.hidden) tryAgain(); });
  dialog.addEventListener("click", (event) => { if (event.target.closest("[data-session-retry]")) tryAgain(); });
  dialog.addEventListener("cancel", () => { waiting = null; });
})();
