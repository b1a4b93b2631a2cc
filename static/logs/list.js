/* The list of log lines: only those that are seen are in the document; it stays at the end while it is there. */
(() => {
  "use strict";
  const { render } = window.quarterdeckLogText;
  const AROUND = 20; // rows above and below what is seen
  const COLORS = 6;

  class List {
    constructor(box, { describe }) {
      this.box = box;
      this.describe = describe; // texts of times, marks and sources
      this.space = box.querySelector(".log-space");
      this.rows = box.querySelector(".log-rows");
      this.shown = [];
      this.nodes = new Map();
      this.isAtEnd = true;
      this.isWrapped = false;
      this.sums = [0];
      this.frame = 0;
      box.addEventListener("scroll", () => {
        this.isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 2 * this.height;
        this.draw();
      }, { passive: true });
      new ResizeObserver(() => { this.measured = 0; this.draw(); }).observe(box);
    }

    /* Everything is drawn anew: how lines are shown has changed. */
    reset() {
      this.nodes.clear();
      this.rows.replaceChildren();
      this.sums = [0];
      this.measured = 0;
      this.draw();
    }

    show(shown) {
      if (shown !== this.shown || shown.length < this.sums.length - 1) this.sums = [0];
      this.shown = shown;
      this.draw();
    }

    draw() {
      this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.paint(); });
    }

    get height() { return this.measured || this.measure(); }

    /* The height of a row of one line, and how many characters fit beside the columns before the text. */
    measure() {
      const probe = document.createElement("div");
      probe.className = "log-line";
      probe.innerHTML = '<span class="log-text">0000000000</span>';
      this.rows.append(probe);
      const text = probe.firstChild.getBoundingClientRect();
      this.measured = probe.getBoundingClientRect().height || 20;
      const sign = document.createRange();
      sign.selectNodeContents(probe.firstChild.firstChild);
      this.fits = Math.max(20, Math.floor((this.box.clientWidth - text.left + this.box.getBoundingClientRect().left - this.before()) / (sign.getBoundingClientRect().width / 10 || 8)));
      probe.remove();
      return this.measured;
    }

    before() {
      const row = this.rows.querySelector(".log-line:not(.log-notice) .log-text");
      return row ? row.offsetLeft : 0;
    }

    /* The top of each row, where they differ: an estimate, since what is drawn flows by itself. */
    top(index) {
      if (!this.isWrapped) return index * this.height;
      void this.height;
      for (let i = this.sums.length - 1; i < this.shown.length; i++) {
        this.sums.push(this.sums[i] + this.height * Math.max(1, Math.ceil(this.shown[i].plain.length / this.fits)));
      }
      return this.sums[Math.min(index, this.shown.length)];
    }

    indexAt(top) {
      if (!this.isWrapped) return Math.floor(top / this.height);
      let low = 0, high = this.shown.length;
      void this.top(high);
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (this.sums[middle] <= top) low = middle; else high = middle - 1;
      }
      return low;
    }

    paint() {
      const { box, shown } = this;
      const total = this.top(shown.length);
      this.space.style.height = `${total}px`;
      if (this.isAtEnd) box.scrollTop = total;
      const top = this.isAtEnd ? Math.max(0, total - box.clientHeight) : box.scrollTop;
      const first = Math.max(0, Math.min(this.indexAt(top), shown.length) - AROUND);
      const last = Math.min(shown.length, this.indexAt(top + box.clientHeight) + AROUND + 1);
      this.rows.style.top = `${this.top(first)}px`;
      this.fill(shown.slice(first, last));
      if (this.isAtEnd) box.scrollTop = box.scrollHeight;
      box.dispatchEvent(new CustomEvent("log:painted"));
    }

    /* Rows that stay are not touched: a selection in them lives on. */
    fill(lines) {
      const before = this.nodes;
      this.nodes = new Map();
      let here = this.rows.firstChild;
      for (const line of lines) {
        const node = before.get(line) || this.build(line);
        before.delete(line);
        this.nodes.set(line, node);
        while (here && here !== node && !this.nodes.has(here.line)) { const gone = here; here = here.nextSibling; if (before.has(gone.line)) before.delete(gone.line); gone.remove(); }
        if (here === node) here = here.nextSibling;
        else this.rows.insertBefore(node, here);
      }
      while (here) { const gone = here; here = here.nextSibling; gone.remove(); }
    }

    build(line) {
      const row = document.createElement("div");
      row.line = line;
      row.className = `log-line${line.level ? ` is-${line.level}` : ""}${line.notice ? " log-notice" : ""}${line === this.chosen ? " is-chosen" : ""}`;
      const parts = this.describe(line);
      if (parts.number) row.append(make("span", "log-number", parts.number));
      if (parts.time) {
        const time = make("a", "log-time", parts.time);
        time.title = parts.title;
        time.href = parts.href;
        row.append(time);
      }
      if (parts.source) {
        const source = make("span", `log-source log-source-${line.stream.rank % COLORS}`, parts.source);
        source.title = parts.source;
        row.append(source);
      }
      for (const mark of parts.marks) row.append(make("span", "badge warning", mark));
      if (this.cells && line.json) { this.cells(row, line); return row; }
      const text = make("span", "log-text", "");
      render(text, line, line.marks);
      row.append(text);
      if (parts.after) row.append(make("span", "log-after", parts.after));
      return row;
    }

    /* Scrolls to the line at a place, and no longer follows the end. */
    goTo(index) {
      this.isAtEnd = false;
      this.space.style.height = `${this.top(this.shown.length)}px`; // what is not painted yet can be scrolled to
      this.box.scrollTop = Math.max(0, this.top(index) - this.box.clientHeight / 3);
      this.draw();
    }

    goToEnd() {
      this.isAtEnd = true;
      this.draw();
    }
  }

  function make(name, className, text) {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text;
    return node;
  }

  window.quarterdeckLogList = { List };
})();
