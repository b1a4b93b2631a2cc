/* Screen of a terminal: xterm.js under a strict CSP, in the page's colors, with what a program cannot do switched off.

   Output comes from a container and is hostile: it may draw, and nothing else. Titles, links, the clipboard, colors of the
   palette and reports about the terminal (whose answer would be typed into the shell) have no effect. */
const TerminalScreen = (() => {
  "use strict";
  const SIZES = [10, 11, 12, 13, 14, 16, 18, 20, 24], DEFAULT = 14, LINES = 5000, SETTLED = 250;  // milliseconds, after which colors that change have changed
  const REPORTS = [
    { final: "c" }, { prefix: ">", final: "c" }, { prefix: "=", final: "c" }, { final: "n" }, { prefix: "?", final: "n" },
    { final: "t" }, { prefix: ">", final: "t" }, { final: "x" }, { prefix: ">", final: "q" }, { prefix: "?", final: "u" },
    { intermediates: "$", final: "p" }, { prefix: "?", intermediates: "$", final: "p" }, { prefix: "?", final: "S" },
  ];

  function open(element) {
    const screen = new Xterm.Terminal({
      fontSize: read(), fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"), scrollback: LINES, lineHeight: 1.2,
      cursorBlink: false, minimumContrastRatio: 4.5, theme: theme(element), allowProposedApi: false, linkHandler: { activate() {} },
    });
    const fit = new Xterm.FitAddon(), search = new Xterm.SearchAddon();
    screen.loadAddon(fit);
    screen.loadAddon(search);
    silence(screen.parser);
    withNonce(element.dataset.nonce, () => screen.open(element));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      setTimeout(() => { screen.options.theme = theme(element); }, SETTLED);
    });
    return { screen, fit, search };
  }

  /* Each of these handlers says that it has dealt with the sequence, so that none of xterm's own is called. */
  function silence(parser) {
    const nothing = () => true;
    for (let code = 0; code < 200; code++) parser.registerOscHandler(code, nothing);
    for (const code of [633, 777, 1337]) parser.registerOscHandler(code, nothing);
    for (const one of REPORTS) parser.registerCsiHandler(one, nothing);
    for (const sign of ["$", "+"]) parser.registerDcsHandler({ intermediates: sign, final: "q" }, nothing);
    parser.registerEscHandler({ final: "Z" }, nothing);
  }

  /* xterm makes style elements while it opens, and knows no nonce. */
  function withNonce(nonce, work) {
    const create = document.createElement;
    document.createElement = function (name, ...rest) {
      const made = create.call(document, name, ...rest);
      if (String(name).toLowerCase() === "style") made.nonce = nonce;
      return made;
    };
    try { work(); } finally { delete document.createElement; }
  }

  function theme(element) {
    const style = getComputedStyle(element), ink = style.color;
    return { background: style.backgroundColor, foreground: ink, cursor: ink, cursorAccent: style.backgroundColor };
  }

  function read() {
    const size = Number(localStorage.getItem("terminal-text"));
    return SIZES.includes(size) ? size : DEFAULT;
  }

  function zoom(screen, step) {
    const at = SIZES.indexOf(screen.options.fontSize), size = SIZES[Math.min(Math.max(at + step, 0), SIZES.length - 1)];
    screen.options.fontSize = size;
    localStorage.setItem("terminal-text", size);
  }

  return { open, zoom };
})();
