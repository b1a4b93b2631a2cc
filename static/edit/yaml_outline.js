/* Where in a YAML document the cursor is: by indentation, so that it holds while a line is half written. */
(() => {
  "use strict";
  const KEY = /^("[^"]*"|'[^']*'|[^\s#"'&*!|>{}[\],][^:#]*?)\s*:(?:\s+(.*))?$/;
  const ITEM = "[]"; // in a path: an item of a sequence
  const MAX_LINES = 20000; // looked at upward and downward from the cursor

  /* A line as {columns of its dashes, column of what follows, key, value}; nothing for blank lines and comments. */
  function readLine(text) {
    if (/^\s*(#|$)/.test(text)) return null;
    let column = text.search(/\S/);
    const dashes = [];
    let rest = text.slice(column);
    while (/^-(\s|$)/.test(rest)) {
      dashes.push(column);
      const width = 1 + (/^-(\s*)/.exec(rest)[1].length || 1);
      column += width;
      rest = rest.slice(width);
    }
    const pair = KEY.exec(rest);
    const key = pair && pair[1].replace(/^(["'])(.*)\1$/, "$2");
    return { dashes, column, rest, key, value: pair ? (pair[2] || "").trim() : "" };
  }

  const isBoundary = (text) => /^(---|\.\.\.)(\s|$)/.test(text);

  /* The lines of the document that holds a line: [first, last], numbers from 1. */
  function documentRange(doc, number) {
    let first = number;
    let last = number;
    while (first > 1 && number - first < MAX_LINES && !isBoundary(doc.line(first).text)) first--;
    while (last < doc.lines && last - number < MAX_LINES && !isBoundary(doc.line(last + 1).text)) last++;
    return [first, last];
  }

  /* Its apiVersion and kind, as far as they are written at its top level. */
  function kindAt(doc, number) {
    const [first, last] = documentRange(doc, number);
    const found = { apiVersion: "", kind: "" };
    for (let n = first; n <= last; n++) {
      const match = /^(apiVersion|kind):\s*["']?([\w./-]+)/.exec(doc.line(n).text);
      if (match) found[match[1]] = match[2];
      if (found.apiVersion && found.kind) break;
    }
    return found;
  }

  function climb(path, line, from) {
    for (const dash of [...line.dashes].reverse()) {
      path.unshift(ITEM);
      from = { column: dash, isItem: true };
    }
    return from;
  }

  /* The path of the mapping that holds `line`, read upward; null within a block of text. */
  function pathAbove(doc, number, line) {
    const path = [];
    let from = climb(path, line, { column: line.column, isItem: false });
    for (let n = number - 1, looked = 0; n >= 1 && looked < MAX_LINES; n--, looked++) {
      if (from.column === 0 && !from.isItem) break;
      const text = doc.line(n).text;
      if (isBoundary(text)) break;
      const above = readLine(text);
      if (!above) continue;
      const isParent = from.isItem ? above.column <= from.column : above.column < from.column;
      if (isParent && above.key !== null) {
        if (/^[|>]/.test(above.value)) return null;
        path.unshift(above.key);
        from = climb(path, above, { column: above.column, isItem: false });
      } else if (!from.isItem && above.column === from.column && above.dashes.length) {
        from = climb(path, above, from);
      }
    }
    return path;
  }

  /* The keys that stand beside a line in its mapping. */
  function siblings(doc, number, column) {
    const keys = new Set();
    for (const step of [-1, 1]) {
      for (let n = number + step, looked = 0; n >= 1 && n <= doc.lines && looked < MAX_LINES; n += step, looked++) {
        const text = doc.line(n).text;
        if (isBoundary(text)) break;
        const line = readLine(text);
        if (!line || line.column > column) continue;
        if (line.column < column || (step > 0 && line.dashes.length)) break;
        if (line.key !== null) keys.add(line.key);
        if (line.dashes.length) break;
      }
    }
    return keys;
  }

  /* What is being written at `position`: {path, key, typed, from, siblings}; `key` where it is the value of one. */
  function contextAt(doc, position) {
    const at = doc.lineAt(position);
    const before = at.text.slice(0, position - at.from);
    const line = readLine(before) || { dashes: [], column: before.length, rest: "", key: null, value: "" };
    if (before.includes("#")) return null;
    const path = pathAbove(doc, at.number, line);
    if (path === null) return null;
    const typed = line.key === null ? line.rest : line.value;
    return {
      path,
      key: line.key,
      typed,
      from: position - typed.length,
      column: line.column,
      number: at.number,
      siblings: siblings(doc, at.number, line.column),
    };
  }

  window.quarterdeckYaml = { ITEM, contextAt, documentRange, kindAt };
})();
