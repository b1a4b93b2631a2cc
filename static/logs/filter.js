/* Which log lines are shown: levels, words, and expressions that a worker tries for a limited time. */
(() => {
  "use strict";
  const PATIENCE = 1000; // milliseconds that the worker may take for one batch
  const BATCH = 2000;
  const MAX_MARKS = 16; // numbers: two for each place that is marked in one line
  const RANKS = { debug: 0, info: 1, warning: 2, error: 3 };
  const WORDS = {
    trace: "debug", debug: "debug", dbg: "debug", verbose: "debug",
    info: "info", information: "info", notice: "info",
    warn: "warning", warning: "warning",
    err: "error", error: "error", severe: "error", fatal: "error", crit: "error", critical: "error", panic: "error",
    alert: "error", emerg: "error", emergency: "error",
    10: "debug", 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "error",
    i: "info", w: "warning", e: "error", f: "error",
  };
  const KLOG = /^([IWEF])\d{4} \d\d:\d\d:\d\d/;
  const JSON_LEVEL = /"(?:level|lvl|severity|loglevel|log\.level|levelname)" ?: ?"?([A-Za-z0-9]{1,12})/;
  const LOGFMT = /(?:^|[ \t])(?:level|lvl|severity)="?([A-Za-z]{1,12})/;
  const UPPER = /\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|SEVERE|FATAL|CRIT|CRITICAL|PANIC|ALERT|EMERG)\b/;
  const BRACKETS = /\[(trace|debug|info|notice|warn|warning|err|error|fatal|crit|critical|panic|alert|emerg)\]/;

  /* The level of a line; nothing where none is recognized. clusters/logs/levels.py has the same rules. */
  function findLevel(plain) {
    const head = plain.slice(0, 2000), start = head.slice(0, 160);
    const found = KLOG.exec(start) || (head[0] === "{" ? JSON_LEVEL.exec(head) : LOGFMT.exec(start) || UPPER.exec(start) || BRACKETS.exec(start));
    return found ? WORDS[found[1].toLowerCase()] || "" : "";
  }

  const hasLevel = (level, lowest) => !lowest || lowest === "debug" || (level in RANKS && RANKS[level] >= RANKS[lowest]);

  /* Places of a word in a text: [from, to, from, to, ...]. Both are in lower case. */
  function findWord(text, word) {
    const marks = [];
    for (let at = text.indexOf(word); at >= 0 && marks.length < MAX_MARKS; at = text.indexOf(word, at + word.length)) marks.push(at, at + word.length);
    return marks;
  }

  /* One state of the filter. `match(lines, done)` calls `done(true or false for each line, marks of each)`, now or later,
     in the order of the calls. `failed(why)` is called once where an expression takes too long. */
  class Matcher {
    constructor({ include, exclude, level, isRegex }, workerUrl, failed) {
      this.level = level;
      this.include = include.toLowerCase();
      this.exclude = exclude.toLowerCase();
      this.failed = failed;
      this.isOver = false;
      this.waiting = [];
      if (isRegex && (include || exclude)) {
        this.worker = new Worker(workerUrl);
        this.worker.onmessage = ({ data }) => this.receive(data);
        this.worker.onerror = () => this.fail("failed");
        this.worker.postMessage({ include, exclude });
      }
    }

    get isEmpty() { return !this.level && !this.include && !this.exclude; }

    match(lines, done) {
      if (this.worker) return this.enqueue(lines, done);
      const passes = [], marks = [];
      for (const line of lines) {
        const text = this.include || this.exclude ? line.plain.toLowerCase() : "";
        const found = this.include ? findWord(text, this.include) : [];
        passes.push(hasLevel(line.level, this.level) && (!this.include || found.length > 0) && !(this.exclude && text.includes(this.exclude)));
        marks.push(found);
      }
      done(passes, marks);
    }

    enqueue(lines, done) {
      for (let from = 0; from < lines.length; from += BATCH) this.waiting.push({ lines: lines.slice(from, from + BATCH), done });
      if (!this.timer) this.ask();
    }

    ask() {
      const [next] = this.waiting;
      if (!next || this.isOver) return;
      this.timer = setTimeout(() => this.fail("slow"), PATIENCE);
      this.worker.postMessage({ texts: next.lines.map((line) => line.plain) });
    }

    receive({ error, passes, marks }) {
      if (this.isOver) return;
      if (error) { this.fail("invalid"); return; }
      clearTimeout(this.timer);
      this.timer = 0;
      const { lines, done } = this.waiting.shift();
      done(lines.map((line, i) => passes[i] && hasLevel(line.level, this.level)), marks);
      this.ask();
    }

    fail(why) {
      this.close();
      this.failed(why);
    }

    close() {
      this.isOver = true;
      clearTimeout(this.timer);
      this.worker?.terminate();
    }
  }

  window.quarterdeckLogFilter = { findLevel, Matcher };
})();
