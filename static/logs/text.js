/* Text of a log line: colors of ANSI escapes as classes, every other control character made visible.

   parse(text) gives { plain, runs }: the visible text, and from which place on which classes hold. */
(() => {
  "use strict";
  const COLOR = /\x1b\[([0-9;:]{0,64})m/g;
  /* Control characters but the tab, and what changes the direction or is not seen. */
  // eslint-disable-next-line no-control-regex
  const HIDDEN = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
  const HAS_HIDDEN = new RegExp(HIDDEN.source);

  function show(sign) {
    const code = sign.codePointAt(0);
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  }

  const visible = (text) => (HAS_HIDDEN.test(text) ? text.replace(HIDDEN, show) : text);

  function parse(text) {
    if (!text.includes("\x1b[")) return { plain: visible(text), runs: [] };
    const state = { style: new Set(), ink: "", ground: "" }, runs = [];
    let plain = "", last = 0;
    for (const found of text.matchAll(COLOR)) {
      plain += visible(text.slice(last, found.index));
      last = found.index + found[0].length;
      apply(state, found[1].split(/[;:]/).map(Number));
      runs.push([plain.length, [...state.style, state.ink, state.ground].filter(Boolean).join(" ")]);
    }
    return { plain: plain + visible(text.slice(last)), runs };
  }

  const STYLES = { 1: "ansi-bold", 2: "ansi-dim", 3: "ansi-italic", 4: "ansi-underline", 7: "ansi-inverse" };

  function apply(state, codes) {
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      if (code === 0) { state.style.clear(); state.ink = state.ground = ""; }
      else if (STYLES[code]) state.style.add(STYLES[code]);
      else if (code === 22) { state.style.delete(STYLES[1]); state.style.delete(STYLES[2]); }
      else if (STYLES[code - 20]) state.style.delete(STYLES[code - 20]);
      else if (code >= 30 && code <= 37) state.ink = `ansi-${code - 30}`;
      else if (code >= 90 && code <= 97) state.ink = `ansi-${code - 90}`;
      else if (code >= 40 && code <= 47) state.ground = `ansi-on-${code - 40}`;
      else if (code >= 100 && code <= 107) state.ground = `ansi-on-${code - 100}`;
      else if (code === 39) state.ink = "";
      else if (code === 49) state.ground = "";
      else if (code === 38 || code === 48) {
        const color = codes[i + 1] === 5 && codes[i + 2] < 16 ? codes[i + 2] % 8 : -1;
        if (code === 38) state.ink = color < 0 ? "" : `ansi-${color}`;
        else state.ground = color < 0 ? "" : `ansi-on-${color}`;
        i += codes[i + 1] === 5 ? 2 : codes[i + 1] === 2 ? 4 : 0;
      }
    }
  }

  /* Puts the text into `parent`; `marks` are places [from, to, from, to, ...] that are found. */
  function render(parent, { plain, runs }, marks) {
    const cuts = new Set([0, plain.length]);
    for (const [at] of runs) cuts.add(at);
    for (const at of marks) cuts.add(Math.min(at, plain.length));
    const places = [...cuts].sort((a, b) => a - b);
    const parts = [];
    let classes = "", run = 0, mark = 0;
    for (let i = 0; i + 1 < places.length; i++) {
      const from = places[i], part = plain.slice(from, places[i + 1]);
      while (run < runs.length && runs[run][0] <= from) classes = runs[run++][1];
      while (mark < marks.length && marks[mark + 1] <= from) mark += 2;
      const isMarked = mark < marks.length && marks[mark] <= from;
      if (!classes && !isMarked) { parts.push(part); continue; }
      const node = document.createElement(isMarked ? "mark" : "span");
      node.className = classes;
      node.textContent = part;
      parts.push(node);
    }
    parent.replaceChildren(...parts);
  }

  window.quarterdeckLogText = { parse, render };
})();
