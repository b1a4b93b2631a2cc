/* The lines that a log page holds: in order, none twice, bounded; and which of them its filter shows.

   The server's text is a JSON array of events; dashboard/logs/wire.py says what is in them. */
(() => {
  "use strict";
  const { parse } = window.quarterdeckLogText;
  const { findLevel, Matcher } = window.quarterdeckLogFilter;
  const MOST = 100000, SPARE = 10000, MOST_SIGNS = 48 * 1024 * 1024; // lines, and characters of all of them
  const MARGIN = 10000000000n; // nanoseconds before the last line from which the page is sent lines again
  const CONTINUED = /^(?:\s|Caused by|\.\.\. \d)/; // a line of a stack trace has the level of the line before it

  const isBefore = (a, b) => a.time < b.time || (a.time === b.time && (a.stream.rank < b.stream.rank || (a.stream === b.stream && a.ordinal < b.ordinal)));

  class Store {
    /* `changed` is called when there is something to draw; `failed(why)` when the filter was given up. */
    constructor({ words, worker, changed, failed }) {
      Object.assign(this, { words, worker, changed, failed });
      this.lines = [];
      this.shown = [];
      this.streams = new Map(); // by what they are, over all connections
      this.numbers = new Map(); // by their number of this connection
      this.signs = 0;
      this.dropped = 0;
      this.late = 0;
      this.count = 0;
      this.known = null;
      this.matcher = new Matcher({ include: "", exclude: "", level: "", isRegex: false });
    }

    read(text) {
      const fresh = [];
      for (const event of JSON.parse(text)) {
        if (event[0] === "b") this.begin();
        else if (event[0] === "s") this.open(event);
        else if (event[0] === "n") fresh.push(this.note(event));
        else {
          const line = this.make(event);
          if (line) fresh.push(line);
        }
      }
      this.add(fresh);
    }

    /* A new connection: it repeats some of what was seen. */
    begin() {
      this.numbers.clear();
      const last = this.lines.findLast((line) => !line.notice);
      this.known = null;
      if (!last) return;
      const from = String(BigInt(last.time) - 2n * MARGIN);
      this.known = new Set(this.lines.filter((line) => !line.notice && line.time >= from).map((line) => `${line.stream.rank} ${line.time} ${line.ordinal}`));
    }

    /* What the page says that it shows, when it connects again. */
    get window() {
      const last = this.lines.findLast((line) => !line.notice);
      return last ? `s${BigInt(last.time) - MARGIN}` : "";
    }

    open([, number, cluster, namespace, pod, uid, container, restarts, kind, isPrevious]) {
      const key = `${cluster} ${uid} ${container} ${restarts}`;
      if (!this.streams.has(key)) {
        this.streams.set(key, { rank: this.streams.size, cluster, namespace, pod, container, restarts, kind, isPrevious, first: "", level: "" });
      }
      this.numbers.set(number, this.streams.get(key));
    }

    make([number, time, ordinal, text, leftOut, isLate]) {
      const stream = this.numbers.get(number);
      if (!stream) return null;
      if (this.known && (this.known.has(`${stream.rank} ${time} ${ordinal}`) || (stream.first && time <= stream.first))) return null;
      stream.first ||= time;
      const line = { stream, time, ordinal, text, leftOut: leftOut || 0, isLate: Boolean(isLate), number: ++this.count, marks: [] };
      Object.assign(line, parse(text));
      line.level = findLevel(line.plain) || (CONTINUED.test(line.plain) ? stream.level : "");
      stream.level = line.level;
      return line;
    }

    note([, kind, number, text]) {
      const stream = this.numbers.get(number) || null;
      const plain = `${this.words[kind] || kind} ${text}`.trim();
      return { stream, time: "", ordinal: 0, text, plain, runs: [], marks: [], notice: kind, level: "", leftOut: 0, isLate: false, number: 0 };
    }

    add(fresh) {
      if (!fresh.length) return;
      const atEnd = [];
      for (const line of fresh) {
        this.signs += line.text.length;
        const last = atEnd.at(-1) || this.lines.at(-1);
        if (line.notice) line.time = last?.time || "";
        if (!last || line.notice || !isBefore(line, last)) atEnd.push(line);
        else {
          this.append(atEnd.splice(0));
          this.late += line.isLate ? 1 : 0;
          this.lines.splice(this.find(this.lines, line), 0, line);
          this.filter([line]);
        }
      }
      this.append(atEnd);
      this.drop();
      this.changed();
    }

    append(lines) {
      for (const line of lines) this.lines.push(line);
      if (lines.length) this.filter(lines);
    }

    /* Where a line belongs among others. */
    find(lines, line) {
      let low = 0, high = lines.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (isBefore(line, lines[middle]) && !(lines[middle].notice && lines[middle].time === line.time)) high = middle; else low = middle + 1;
      }
      return low;
    }

    filter(lines) {
      const { matcher } = this;
      matcher.match(lines, (passes, marks) => {
        if (matcher !== this.matcher) return;
        lines.forEach((line, i) => {
          line.marks = marks[i] || [];
          if (!passes[i] && !line.notice) return;
          const last = this.shown.at(-1);
          if (!last || !line.time || line.notice || !isBefore(line, last)) this.shown.push(line);
          else this.shown.splice(this.find(this.shown, line), 0, line);
        });
        this.changed();
      });
    }

    /* Another filter: all lines that are held are tried anew. */
    choose(filter) {
      this.matcher.close();
      this.matcher = new Matcher(filter, this.worker, (why) => {
        this.failed(why);
        this.matcher = new Matcher({ include: "", exclude: "", level: filter.level, isRegex: false });
        this.refilter();
      });
      this.refilter();
    }

    refilter() {
      this.shown = [];
      if (this.lines.length) this.filter(this.lines);
      this.changed();
    }

    /* The oldest lines go where there are too many. */
    drop() {
      let count = this.lines.length > MOST + SPARE ? this.lines.length - MOST : 0;
      while (this.signs > MOST_SIGNS && count < this.lines.length) count += SPARE;
      if (!count) return;
      const gone = new Set(this.lines.splice(0, count));
      for (const line of gone) this.signs -= line.text.length;
      this.dropped += gone.size;
      const first = this.shown.findIndex((line) => !gone.has(line));
      this.shown.splice(0, first < 0 ? this.shown.length : first);
    }

    clear() {
      this.lines = [];
      this.shown = [];
      this.signs = 0;
      this.changed();
    }
  }

  window.quarterdeckLogStore = { Store };
})();
