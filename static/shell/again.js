/* Retry of what did not answer: every few seconds, and then the page resumes by itself.

   [data-again]   stands on the page of an error, or on a notice of a live page
   data-probe     what to ask: 204 means that it answers; without it this page itself, by HEAD
   data-again     "ok" where a refusal is no answer either
   data-wait      seconds to wait first, where the other side named them (Retry-After) */
(() => {
  "use strict";
  const EVERY = 1000, SLOWEST = 8000, LONGEST = 8000; // milliseconds
  const DOUBTS = 3; // refusals (202) in a row until one is believed
  const first = document.querySelector("[data-again]");
  if (!first && !document.querySelector("[data-live]")) return;
  let timer = 0, pause = EVERY, refused = 0;

  async function answers(element) {
    const probe = element.dataset.probe;
    const answer = await fetch(probe || location.href, {
      method: probe ? "GET" : "HEAD", headers: { "HX-Request": "true" }, redirect: "manual", cache: "no-store",
      signal: AbortSignal.timeout(LONGEST),
    });
    if (answer.status === 401) document.dispatchEvent(new Event("quarterdeck:session-ended"));
    refused = answer.status === 202 ? refused + 1 : 0;
    if (answer.status === 202) return refused >= DOUBTS;
    if (element.dataset.again === "ok") {
      pause = Math.min(SLOWEST, pause * 1.2);
      return answer.ok || answer.type === "opaqueredirect";
    }
    return answer.status !== 429 && answer.status !== 401 && answer.status < 500;
  }

  async function look() {
    for (const element of document.hidden ? [] : document.querySelectorAll("[data-again]")) {
      if (!await answers(element).catch(() => false)) continue;
      if (!document.querySelector("[data-live]")) { location.reload(); return; }
      element.removeAttribute("data-again");
      document.dispatchEvent(new Event("quarterdeck:look-again"));
    }
    next();
  }

  function next(seconds = 0) {
    clearTimeout(timer);
    timer = setTimeout(look, 1000 * seconds + pause * (0.7 + Math.random() * 0.6));
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden && !first?.dataset.wait) next(); });
  next(Number(first?.dataset.wait || 0));
})();
