/* Terminal of a page: what is typed and drawn goes over one WebSocket, which is opened again after it broke.

   The terminal itself lives on the server: the page tells how far it has drawn, and goes on from there. The messages are
   described in dashboard/terminal/consumer.py. */
(() => {
  "use strict";
  const TYPED = 50, DRAWN = 250, RESIZE = 100, QUIET = 45000, FIRST = 300, LONGEST = 5000; // milliseconds
  const PART = 2000, ASIDE = 64 * 1024;  // characters of a message; bytes drawn, after which the server is told at once
  const element = document.getElementById("terminal-screen");
  if (!element) return;
  const { screen, fit, search } = TerminalScreen.open(element);
  const connection = document.getElementById("terminal-connection"), state = document.getElementById("terminal-state");
  let socket = null, tries = 0, heard = Date.now(), at = 0, drawn = 0, told = 0, hasEnded = false, isOver = false;
  let typed = "", typing = 0, sentAt = 0, telling = 0, sizing = 0, epoch = 0;

  function say(name) {
    const words = document.querySelector(`template[data-terminal-say="${name}"]`).content.textContent;
    connection.textContent = words;
    connection.dataset.connection = name;
  }

  function open() {
    const url = new URL(element.dataset.socket, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("from", at);
    const mine = socket = new WebSocket(url);
    mine.binaryType = "arraybuffer";
    mine.onopen = () => { heard = Date.now(); tries = 0; say(hasEnded ? "ended" : "connected"); size(); };
    mine.onmessage = (event) => { if (mine === socket) receive(event.data); };
    mine.onclose = (event) => { if (mine === socket) closed(event.code); };
  }

  function send(message) {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function receive(data) {
    heard = Date.now();
    if (typeof data !== "string") { draw(new Uint8Array(data)); return; }
    const message = JSON.parse(data);
    if (message.at !== undefined) {
      if (message.at !== at || message.cut) {
        epoch++;
        screen.reset();
        if (message.cut) screen.write(`\x1b[2m… ${document.querySelector('template[data-terminal-say="cut"]').content.textContent}\x1b[0m\r\n`);
      }
      at = drawn = message.at;
    }
    if (message.state !== undefined) {
      htmx.swap({ text: message.html, target: state, swap: "innerMorph", sourceElement: state, transition: false });
      if (message.state === "ended") {
        hasEnded = true;
        say("ended");
        screen.options.disableStdin = true;
        screen.options.cursorBlink = false;
      }
    }
  }

  function draw(bytes) {
    const mine = epoch, end = at += bytes.length;
    screen.write(bytes, () => {
      if (mine !== epoch) return;
      drawn = end;
      if (drawn - told >= ASIDE) tell();
      else telling ||= setTimeout(tell, DRAWN);
    });
  }

  function tell() {
    clearTimeout(telling);
    telling = 0;
    told = drawn;
    send({ drawn });
  }

  /* The first key goes at once, what is typed right after it together. */
  function type(text) {
    if (hasEnded || !socket || socket.readyState !== WebSocket.OPEN) return;
    typed += text;
    const wait = TYPED - (performance.now() - sentAt);
    if (!typing) { if (wait <= 0) flush(); else typing = setTimeout(flush, wait); }
  }

  function flush() {
    clearTimeout(typing);
    typing = 0;
    let end = Math.min(typed.length, PART);
    if (end < typed.length && /[\ud800-\udbff]/.test(typed[end - 1])) end--;
    send({ in: typed.slice(0, end) });
    typed = typed.slice(end);
    sentAt = performance.now();
    if (typed) typing = setTimeout(flush, TYPED);
  }

  function size() {
    fit.fit();
    send({ size: [screen.cols, screen.rows] });
  }

  async function closed(code) {
    typed = "";
    if (isOver) return;
    if (code === 4401) { over("signed-out"); return; }
    if (code === 4430) say("crowded");
    else if (code === 4429) say("flooded");
    else say("reconnecting");
    if (++tries > 1 && await isGone()) return;
    setTimeout(open, Math.min(LONGEST, FIRST * 2 ** Math.min(tries, 6)));
  }

  /* A handshake that is refused does not say why: the page itself does. */
  async function isGone() {
    try {
      const response = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
      if (response.status === 404) { over("gone"); return true; }
      if (response.type === "opaqueredirect" || response.status === 401) { over("signed-out"); return true; }
    } catch { /* this server is away: try on */ }
    return false;
  }

  function over(name) {
    isOver = hasEnded = true;
    screen.options.disableStdin = true;
    say(name);
  }

  function copy() {
    if (screen.hasSelection()) navigator.clipboard?.writeText(screen.getSelection());
  }

  const actions = {
    copy,
    larger: () => { TerminalScreen.zoom(screen, 1); size(); },
    smaller: () => { TerminalScreen.zoom(screen, -1); size(); },
    next: () => search.findNext(find.value),
    previous: () => search.findPrevious(find.value),
  };
  const find = document.getElementById("terminal-find");
  document.querySelector(".terminal-bar").addEventListener("click", (event) => {
    const button = event.target.closest("[data-terminal]");
    if (button) actions[button.dataset.terminal]();
  });
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); (event.shiftKey ? actions.previous : actions.next)(); }
    if (event.key === "Escape") screen.focus();
  });

  screen.attachCustomKeyEventHandler((event) => {
    if (event.type !== "keydown" || !event.ctrlKey || !event.shiftKey) return true;
    const work = { KeyC: copy, KeyF: () => find.focus(), Period: () => document.querySelector('[data-terminal="copy"]').focus() }[event.code];
    if (event.code === "KeyV") return false;  // the browser pastes
    if (!work) return true;
    event.preventDefault();
    work();
    return false;
  });
  screen.onData(type);
  screen.onBinary(type);
  new ResizeObserver(() => { clearTimeout(sizing); sizing = setTimeout(size, RESIZE); }).observe(element);
  setInterval(() => {
    if (!isOver && Date.now() - heard > QUIET && socket.readyState === WebSocket.OPEN) socket.close();
  }, 5000);
  fit.fit();
  open();
  screen.focus();
})();
