/* JSON lines as columns: the fields that most of them have, to sort by and to filter by. Other lines are left out. */
(() => {
  "use strict";
  const MOST = 8, SAMPLE = 1000; // columns, and lines by which they are chosen
  const FIRST = ["msg", "message", "level", "severity", "error", "err", "logger", "caller", "status", "method", "path"];
  const TIMES = new Set(["time", "ts", "timestamp", "@timestamp"]); // the line has its own time
  const LONGEST = 200; // characters of a value by which lines are filtered

  function parse(line) {
    if (line.json === undefined) {
      line.json = null;
      if (!line.notice && line.plain[0] === "{") {
        try {
          const found = JSON.parse(line.text);
          if (found && typeof found === "object" && !Array.isArray(found)) line.json = found;
        } catch { /* no JSON, or cut */ }
      }
    }
    return line.json;
  }

  const write = (value) => (value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    return write(a).localeCompare(write(b), undefined, { numeric: true });
  }

  class Columns {
    /* `changed` is called when somebody sorts or filters. */
    constructor(box, changed) {
      this.changed = changed;
      this.isOn = false;
      this.keys = [];
      this.sort = "";     // a key, with a hyphen in front for the other direction
      this.where = new Map();
      this.head = document.createElement("div");
      this.head.className = "log-head";
      box.prepend(this.head);
      box.addEventListener("click", ({ target }) => {
        const { key, value } = target.closest("[data-key]")?.dataset || {};
        if (key === undefined) return;
        if (value === undefined) this.sort = this.sort === key ? `-${key}` : this.sort === `-${key}` ? "" : key;
        else if (this.where.get(key) === value) this.where.delete(key);
        else this.where.set(key, value.slice(0, LONGEST));
        this.changed();
      });
    }

    /* Those of `shown` that are JSON and have the values, in order. */
    select(shown) {
      const key = this.sort.replace(/^-/, ""), sign = this.sort[0] === "-" ? -1 : 1;
      const found = shown.filter((line) => parse(line) && [...this.where].every(([one, value]) => write(line.json[one]).slice(0, LONGEST) === value));
      this.choose(found);
      // A line that has no such field stands last, whatever the direction.
      if (key) found.sort((a, b) => (a.json[key] === undefined || b.json[key] === undefined ? 1 : sign) * compare(a.json[key], b.json[key]));
      return found;
    }

    choose(lines) {
      const counts = new Map();
      for (const line of lines.slice(-SAMPLE)) for (const key of Object.keys(line.json)) counts.set(key, (counts.get(key) || 0) + 1);
      const rank = (key) => (FIRST.indexOf(key) + 1 || FIRST.length + 1);
      const keys = [...counts].filter(([key]) => !TIMES.has(key)).sort((a, b) => b[1] - a[1] || rank(a[0]) - rank(b[0])).slice(0, MOST).map(([key]) => key);
      keys.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
      for (const key of this.where.keys()) if (!keys.includes(key)) keys.push(key);
      if (keys.join("\n") !== this.keys.join("\n")) { this.keys = keys; this.isNew = true; }
      this.drawHead();
    }

    drawHead() {
      const parts = this.keys.map((key) => {
        const sorted = this.sort === key ? " ▲" : this.sort === `-${key}` ? " ▼" : "";
        const button = make("button", "log-cell", key + sorted);
        button.type = "button";
        button.dataset.key = key;
        return button;
      });
      const chips = [...this.where].map(([key, value]) => {
        const chip = make("button", "chip", `${key}=${value} ✕`);
        chip.type = "button";
        Object.assign(chip.dataset, { key, value });
        return chip;
      });
      const mark = `${parts.map((one) => one.textContent).join("\n")}\n\n${chips.map((one) => one.textContent).join("\n")}`;
      if (mark === this.drawn) return;
      this.drawn = mark;
      this.head.replaceChildren(...parts, ...chips);
    }

    /* The cells of a line; a click on one shows only lines with its value. */
    fill(row, line) {
      for (const key of this.keys) {
        const value = write(line.json[key]);
        const cell = make("button", "log-cell", value);
        cell.type = "button";
        cell.title = value.slice(0, 1000);
        Object.assign(cell.dataset, { key, value: value.slice(0, LONGEST) });
        row.append(cell);
      }
    }
  }

  function make(name, className, text) {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text;
    return node;
  }

  window.quarterdeckLogColumns = { Columns };
})();
