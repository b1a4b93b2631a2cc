/* Live updates of an open page over one WebSocket: pieces of HTML are drawn and acknowledged.

   Server to page: "<number>\n<HTML>", whose top elements are <template data-swap data-target>:
     morph  the target's children become the content
     rows   the rows in it replace those of the same id; data-order, where present, is the whole new order
     lines  the script of a log page reads the text: event "live:lines"
     reload the page is asked for anew (rights or the page itself changed)
   Page to server: {"ack": n, "took": milliseconds}, {"pause": true|false}, {"renew": "<query>"}. */
(() => {
  "use strict";
  const FIRST = 500, LONGEST = 2000, QUIET = 45000, PATIENCE = 10000, CALM = 2000, LIT = 1200, HIDDEN = 300, // milliseconds
        RESTART = 15000, LIMITED = 15000;
  const FEW = 5;    // rows that fade at once
  const root = document.querySelector("[data-live]");
  if (!root) return;
  let socket = null, tries = 0, timer = 0, heard = Date.now(), leaving = false;
  let refused = 0;  // how often in a row this server answered, but not the socket
  let cause = "";   // what this server said of itself where it answered, but not the socket: "database"
  let kept = [];    // what the server said of the state, while something else stands there
  let drawn = 0;    // when rows were drawn last
  let asked = false;  // whether the rows that come next were asked for here: then none of them is news
  let dimming = 0;
  const lit = new Map();  // rows that changed a moment ago, and until when they are lit
  let restarting = 0;  // since when this server has been restarting, as it said; 0 where it did not
  let lost = null;  // what was seen before this server was lost: { from: when it was last heard }

  const address = () => {
    const url = new URL(root.dataset.live, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("page", root.dataset.page);
    const rows = document.querySelector("[data-window]");
    if (rows) url.searchParams.set("window", rows.dataset.window);
    url.searchParams.set("seen", (lost?.from || heard));
    return url;
  };

  function open() {
    clearTimeout(timer);
    const before = heard, mine = socket = new WebSocket(address());
    const late = setTimeout(() => mine.close(), PATIENCE);
    mine.onmessage = (event) => { if (mine === socket) receive(event.data); };
    mine.onopen = () => { clearTimeout(late); heard = Date.now(); if (document.hidden) send({ pause: true }); };
    mine.onclose = (event) => {
      clearTimeout(late);
      if (event.code === 4430) heard = before;  // it was opened only to be told so
      if (mine === socket) closed(event.code);
    };
  }

  function send(message) {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function receive(text) {
    const from = lost?.from;
    heard = Date.now();
    tries = refused = restarting = 0;
    cause = "";
    const cut = text.indexOf("\n"), began = performance.now();
    if (cut > 0) draw(text.slice(cut + 1));
    unsay();
    document.getElementById("live-limited")?.remove();
    if (from && !document.querySelector("#live-state [data-stale]")) back();
    if (cut > 0) painted(began, (took) => send({ ack: Number(text.slice(0, cut)), took }));
    else send({ ack: Number(text) });
  }

  /* Tells the milliseconds that drawing took, styles, layout and paint included: the server paces itself by it. */
  function painted(began, tell) {
    const scripts = performance.now() - began, after = new MessageChannel();
    let late = setTimeout(() => { late = 0; tell(scripts); }, HIDDEN);
    requestAnimationFrame(() => {
      const start = performance.now();
      after.port1.onmessage = () => {
        after.port1.close();
        if (!late) return;
        clearTimeout(late);
        tell(scripts + performance.now() - start);
      };
      after.port2.postMessage(0);
    });
  }

  function draw(html) {
    const pieces = document.createElement("template");
    pieces.innerHTML = html;
    for (const piece of pieces.content.children) {
      const target = document.querySelector(piece.dataset.target || "body");
      if (piece.dataset.swap === "reload") { location.reload(); return; }
      if (!target) continue;
      if (piece.dataset.swap === "rows") rows(target, piece);
      else if (piece.dataset.swap === "lines") target.dispatchEvent(new CustomEvent("live:lines", { detail: piece.content.textContent }));
      else htmx.swap({ text: piece.innerHTML, target, swap: "innerMorph", sourceElement: target, transition: false });
    }
    stale();
    document.dispatchEvent(new CustomEvent("live:drawn"));
  }

  /* Rows of a cluster that does not answer are as of earlier, and look so; its notice names it. */
  function stale() {
    const old = new Set([...document.querySelectorAll("[data-stale-cluster]")].map((one) => one.dataset.staleCluster));
    for (const row of document.querySelectorAll("tr[data-cluster]")) row.classList.toggle("is-stale", old.has(row.dataset.cluster));
    document.getElementById("main").classList.toggle("is-stale", Boolean(document.querySelector("#live-state [data-stale]")));
    const state = document.querySelector("#live-state [data-state]")?.dataset.state;
    if (state && state !== root.dataset.said && root.dataset.said) {
      document.getElementById("announcer").textContent = document.querySelector("#live-state").textContent;
    }
    root.dataset.said = state || "";
  }

  function rows(body, piece) {
    const known = new Map();
    for (const row of body.rows) known.set(row.id, row);
    const all = [...piece.content.querySelectorAll("tr")], now = performance.now();
    const isCalm = all.length <= FEW && now - drawn > 2 * LIT;
    drawn = now;
    dim();
    for (const fresh of all) {
      const old = known.get(fresh.id);
      if (old) change(old, fresh);
      else known.set(fresh.id, fresh);
      if (!asked) light(old || fresh, fresh.className, isCalm);
      else if (old) old.className = fresh.className;
    }
    asked = false;
    if (piece.dataset.window !== undefined) body.dataset.window = piece.dataset.window;
    if (piece.dataset.order !== undefined) order(body, piece.dataset.order.split(" ").filter(Boolean), known);
  }

  function change(old, fresh) {
    if (old.cells.length !== fresh.cells.length) { old.replaceChildren(...fresh.cells); return; }
    for (let i = 0; i < old.cells.length; i++) {
      if (!mend(old.cells[i], fresh.cells[i])) old.cells[i].replaceWith(fresh.cells[i].cloneNode(true));
    }
  }

  /* Only what differs is touched: a cell that is put in anew costs its styles, and the focus that it holds. */
  function mend(old, fresh) {
    if (old.isEqualNode(fresh)) return true;
    if (old.nodeName !== fresh.nodeName || old.childNodes.length !== fresh.childNodes.length) return false;
    if (old.nodeType === Node.TEXT_NODE) { old.data = fresh.data; return true; }
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    for (let i = 0; i < fresh.childNodes.length; i++) {
      const child = old.childNodes[i];
      if (!mend(child, fresh.childNodes[i])) child.replaceWith(fresh.childNodes[i].cloneNode(true));
    }
    return true;
  }

  /* What changed is lit for a moment. It fades out on a calm page only: an animation draws sixty times a second. */
  function light(row, name, fades) {
    const wanted = `${name} ${fades ? "is-fading" : "is-lit"}`.trim();
    if (row.className !== wanted) row.className = wanted;
    lit.set(row, performance.now() + LIT);
    // On a busy page with the rows that come, so that no frame more is drawn for it.
    if (!dimming) dimming = setInterval(() => { if (performance.now() - drawn > LIT / 3) dim(); }, LIT / 3);
  }

  function dim() {
    const now = performance.now();
    for (const [row, until] of lit) {
      if (until > now) continue;
      lit.delete(row);
      row.classList.remove("is-lit", "is-fading");
    }
    if (!lit.size) dimming = clearInterval(dimming) || 0;
  }

  function order(body, ids, known) {
    const wanted = new Set(ids);
    for (const row of [...body.rows]) if (!wanted.has(row.id)) row.remove();
    let here = body.rows[0] || null;
    for (const id of ids) {
      const row = known.get(id);
      if (!row) continue;
      if (row === here) here = here.nextElementSibling;
      else body.insertBefore(row, here);
    }
  }

  function closed(code) {
    socket = null;
    if (leaving) return;
    if (code === 4401) return signedOut();
    if (code === 4409) return ask(again);
    if (code === 4429) return limited("flooded");
    if (code === 4430) return limited("crowded");
    if (code === 4012) restarting ||= Date.now();
    if (restarting && Date.now() - restarting < RESTART) planned();
    else {
      lost ||= { from: heard };
      say(cause || (refused > 1 ? "blocked" : "reconnecting"));
    }
    const pause = Math.min(LONGEST, FIRST * 2 ** tries++) * (0.5 + Math.random() / 2);
    const asks = tries > 1 && (tries < 5 || tries % 10 === 0);
    timer = setTimeout(asks ? () => ask(open) : open, pause);
  }

  /* A limit of this server was reached: try again, but seldom. */
  function limited(word) {
    say(word);
    tell(`${word}-notice`, heard);
    timer = setTimeout(open, LIMITED);
  }

  /* A restart that was announced is over in a moment, or another process takes over: nothing is said until it lasts. */
  function planned() {
    if (Date.now() - restarting > CALM) say("restarting");
  }

  const head = (address) => fetch(address, {
    method: "HEAD", redirect: "manual", cache: "no-store", headers: { "HX-Request": "true" },
    signal: AbortSignal.timeout(PATIENCE),
  });

  /* A socket that is refused tells no reason. Whether the session lives is asked at the least that this server
     answers; the page itself, which may have to ask its cluster, only where the socket is refused again and again. */
  async function ask(onward) {
    try {
      const answer = await head(document.getElementById("session-ended")?.dataset.here || location.href);
      if (answer.status === 401) return signedOut();
      cause = answer.status === 503 && answer.headers.get("Quarterdeck-Outage") ? "database" : "";
      if (answer.ok) refused++;
      if (refused > 1 && onward === open) {
        const page = await head(location.href);
        if (page.type === "opaqueredirect" || page.status === 403 || page.status === 404) return again();
      }
    } catch (error) { refused = 0; cause = ""; /* this server does not answer: try again */ }
    onward();
  }

  /* This server was lost for a while and is there again: say so, and since when what is seen is new. */
  function back() {
    const { from } = lost;
    lost = null;
    document.getElementById("live-lost")?.remove();
    if (Date.now() - from > CALM) tell("back", from);
  }

  function tell(word, from) {
    const said = document.querySelector(`template[data-say="${word}"]`);
    if (!said) return;
    const piece = said.content.cloneNode(true);
    const when = new Date(from).toISOString();
    for (const time of piece.querySelectorAll("time")) time.dateTime = when;
    for (const time of piece.querySelectorAll("time[data-clock]")) time.textContent = new Date(from).toLocaleTimeString();
    const id = piece.firstElementChild.id;
    if (document.getElementById(id)) document.getElementById(id).remove();
    document.getElementById("banner").append(piece);
    window.quarterdeckTimes?.();
  }

  function signedOut() {
    say("signed-out");
    document.dispatchEvent(new Event("quarterdeck:session-ended"));
  }

  function again() {
    if (isTyped()) say("changed"); else location.reload();
  }

  /* The server is heard again, and has nothing new to say of its state: what it said before holds. */
  function unsay() {
    const state = document.querySelector("#live-state");
    if (state?.querySelector("[data-said]")) { state.replaceChildren(...kept); stale(); }
  }

  /* Would loading the page anew lose something? The filter of a list does not count: it stands in the address. */
  function isTyped() {
    if (document.activeElement?.matches("input, textarea, select")) return true;
    return [...document.querySelectorAll("main :is(input, textarea), dialog[open] :is(input, textarea)")].some((field) =>
      !field.closest("[data-live-filter]") && !["hidden", "checkbox", "radio"].includes(field.type) && field.value !== field.defaultValue);
  }

  /* What only the browser can know: this server is gone, or the session is. */
  function say(word) {
    const said = document.querySelector(`template[data-say="${word}"]`);
    const state = document.querySelector("#live-state");
    if (said && state) {
      const piece = said.content.cloneNode(true);
      for (const time of piece.querySelectorAll("time")) time.dateTime = new Date(heard).toISOString();
      piece.firstElementChild.dataset.said = word;
      if (!state.querySelector("[data-said]")) kept = [...state.childNodes];
      state.replaceChildren(piece);
    }
    if (lost && ["reconnecting", "blocked", "database"].includes(word) && Date.now() - lost.from > CALM) tell("lost", lost.from);
    window.quarterdeckTimes?.();
    stale();
  }

  document.addEventListener("visibilitychange", () => {
    send({ pause: document.hidden });
    if (!document.hidden && !socket && !leaving) { tries = 0; open(); }
  });
  /* A laptop that slept keeps a socket that nobody is behind: the server beats every 15 seconds. */
  setInterval(() => {
    if (socket && socket.readyState === WebSocket.OPEN && Date.now() - heard > QUIET) socket.close(4000);
  }, 5000);
  document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".notice")?.remove());
  document.addEventListener("quarterdeck:look-again", () => {
    const old = socket;
    socket = null;
    old?.close();
    open();
  });
  addEventListener("pagehide", () => { leaving = true; socket?.close(); });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("quarterdeck:session-restored", () => { tries = 0; if (!socket) open(); });

  /* The filter of a list: the URL and the window follow what is typed. */
  let typing = 0;
  function renew(text) {
    const query = new URLSearchParams(location.search);
    query.delete("offset");
    if (text) query.set("q", text); else query.delete("q");
    const url = location.pathname + (query.size ? `?${query}` : "");
    history.replaceState(history.state, "", url);
    root.dataset.page = url;
    for (const link of document.querySelectorAll("a[data-with-q]")) {
      const to = new URL(link.href);
      if (text) to.searchParams.set("q", text); else to.searchParams.delete("q");
      link.href = to.pathname + to.search;
    }
    for (const field of document.querySelectorAll('input[type="hidden"][name="q"]')) field.value = text;
    asked = true;
    send({ renew: query.toString() });
  }
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !form.matches("[data-live-filter]") || event.target.name !== "q") return;
    clearTimeout(typing);
    typing = setTimeout(() => { if (socket) renew(event.target.value.trim()); else form.requestSubmit(); }, 200);
  });

  stale();
  // The first rows are painted before the rest is asked for: both would be slower beside each other.
  painted(0, () => { if (!socket && !leaving) open(); });
})();
