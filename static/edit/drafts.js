/* Drafts: sends what is typed in form[data-draft] to be kept on the server, at most once in data-draft-interval seconds
   (longer texts more seldom), and again when the page is left. Nothing is kept in the browser's own storage. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const state = form.querySelector("[data-draft-state]");
  const interval = Number(form.dataset.draftInterval) * 1000;
  const LONGEST_WAIT = 60000; // milliseconds, after errors
  const PATIENCE = 10000; // milliseconds
  const MAX_KEEPALIVE = 60000; // bytes that a browser sends for a page that is gone (64 KiB, with the fields)
  let timer = 0;
  let isSending = false;
  let failures = 0;
  let kept = read().get("text"); // what the server has
  let sent = kept; // what it was sent, and may have refused
  let isLeaving = false; // by a button of the form

  function read() {
    return new FormData(form); // the editor sets what is typed in it
  }

  const isChanged = () => read().get("text") !== kept;

  function wait() {
    const slower = 1 + form.elements.text.value.length / 100000;
    return Math.min(LONGEST_WAIT, interval * slower * 2 ** Math.min(failures, 5));
  }

  function schedule() {
    if (timer || isSending) return;
    timer = setTimeout(() => { timer = 0; send(); }, wait());
  }

  async function send(isLast = false) {
    const fields = read();
    const text = fields.get("text");
    if (text === sent || (isSending && !isLast)) return;
    isSending = true;
    try {
      const keepalive = isLast && text.length + fields.get("base").length < MAX_KEEPALIVE;
      const answer = await fetch(form.dataset.draft, {
        method: "POST", body: fields, headers: { "HX-Request": "true" }, redirect: "error", keepalive,
        signal: isLast ? undefined : AbortSignal.timeout(PATIENCE),
      });
      // signed out, or in again elsewhere, so that the token of this form is of no use
      if (answer.status === 401 || answer.status === 403) document.dispatchEvent(new Event("quarterdeck:session-ended"));
      if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
      state.textContent = (await answer.json()).message;
      sent = text;
      if (answer.ok) kept = text;
      failures = 0;
    } catch {
      failures += 1;
      state.textContent = state.dataset.lost;
    } finally {
      isSending = false;
      if (read().get("text") !== sent) schedule();
    }
  }

  form.addEventListener("input", schedule);
  // after session.js has said whether the form may go
  window.addEventListener("submit", (event) => { isLeaving = event.target === form && !event.defaultPrevented; });
  document.addEventListener("quarterdeck:session-restored", () => { failures = 0; send(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) send(true); });
  window.addEventListener("pageshow", () => { isLeaving = false; });
  window.addEventListener("beforeunload", (event) => {
    if (isLeaving || !isChanged()) return;
    send(true);
    // what could not be kept is lost with the page
    if (failures || read().get("text") === sent) event.preventDefault();
  });
})();
