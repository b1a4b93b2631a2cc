/* Session check before a form is sent: where the user is signed out or the server cannot save, a dialog says so over the page, so
that what was typed is not lost.

Others say so by document.dispatchEvent(new Event("quarterdeck:session-ended")), as after a socket's close code 4401,
and listen to "quarterdeck:session-restored". */
(() => {
  "use strict";
  const dialog = document.getElementById("session-ended");
  if (!dialog) return;
  const cannotSend = document.getElementById("cannot-send");
  const PATIENCE = 8000; // milliseconds
  let waiting = null; // the form or htmx source to be sent again
  let asking = null; // the form that is held back while the server is asked
  let passing = null; // the form that may go now

  function ask() {
    if (!dialog.open) dialog.showModal();
  }

  /* "alive" (and fresh tokens in all forms), "ended", "other" (somebody else signed in), "unsaved" (nothing can be
  saved now); throws where the server does not answer. */
  async function state() {
    const answer = await fetch(dialog.dataset.here, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(PATIENCE) });
    if (answer.headers.get("Quarterdeck-Outage")) return "unsaved";
    if (answer.status === 401) return "ended";
    if (!answer.ok) return "alive"; // a broken server is not a session that has ended
    const here = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("here");
    if (!here) return "ended";
    if (here.dataset.person !== dialog.dataset.person) return "other";
    const token = here.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (token) document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token; });
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
    sendWaiting();
  }

  function sendWaiting() {
    const [form, submitter] = waiting || [];
    waiting = null;
    if (form?.isConnected) form.requestSubmit(submitter?.isConnected ? submitter : undefined);
  }

  /* Held back: the server is gone, or cannot save. */
  function hold(found) {
    for (const line of cannotSend.querySelectorAll("[data-if]")) line.hidden = line.dataset.if !== found;
    if (!cannotSend.open) cannotSend.showModal();
  }

  /* A form that would be lost by a redirect to sign-in, or by the browser's page of an error, is held back until it is
  known that it can be taken. */
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-no-session]")) return;
    if (passing === form) { passing = null; return; }
    event.preventDefault();
    if (asking === form) return;
    asking = form;
    const found = await state().catch(() => "lost");
    asking = null;
    if (found === "alive") { passing = form; form.requestSubmit(event.submitter); return; }
    waiting = [form, event.submitter];
    if (found === "lost" || found === "unsaved") { hold(found); return; }
    say(found === "other" ? found : "");
    ask();
  });

  cannotSend?.addEventListener("click", (event) => {
    if (event.target.closest("[data-send-again]")) { cannotSend.close(); sendWaiting(); }
  });
  cannotSend?.addEventListener("cancel", () => { waiting = null; });

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
