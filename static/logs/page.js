/* The log page: lines from the socket into the list; the filter and the view follow the form, and the URL follows both. */
(() => {
  "use strict";
  const box = document.getElementById("log-view");
  if (!box) return;
  const { Store } = window.quarterdeckLogStore;
  const { List } = window.quarterdeckLogList;
  const { Columns } = window.quarterdeckLogColumns;
  const form = document.getElementById("log-form");
  const HERE = ["q", "exclude", "regex", "level", "times", "wrap", "numbers", "columns"]; // fields that this page acts on by itself
  const TYPING = 200, ARRANGE = 300; // milliseconds
  const say = (name, values = {}) => {
    const text = document.querySelector(`template[data-log-say="${name}"]`).content.textContent;
    return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  };
  const words = JSON.parse(box.dataset.words);
  const at = box.dataset.at;
  const view = { times: "local", hasNumbers: false, hasSources: false, hasClusters: false };
  const started = Date.now();

  const list = new List(box, { describe });
  const store = new Store({ words, worker: box.dataset.worker, changed, failed });
  const columns = new Columns(box, () => { writeUrl(); list.isAtEnd = false; list.reset(); showColumns(); });
  let unseen = 0, painted = 0, arranging = 0;

  box.addEventListener("live:lines", ({ detail }) => {
    const before = store.count;
    store.read(detail);
    if (!list.isAtEnd) unseen += store.count - before;
    if (!at) box.dataset.window = store.window;
    if (at) choose();
    if (store.lines.some((line) => line.notice === "denied" && line.stream === null)) deny();
  });

  function changed() {
    const sources = new Set([...store.streams.values()].map((one) => `${one.cluster} ${one.pod} ${one.container}`)).size > 1;
    const clusters = new Set([...store.streams.values()].map((one) => one.cluster)).size > 1;
    if (sources !== view.hasSources || clusters !== view.hasClusters) {
      Object.assign(view, { hasSources: sources, hasClusters: clusters });
      list.reset();
    }
    if (!columns.isOn) list.show(store.shown);
    else arranging ||= setTimeout(showColumns, ARRANGE);
  }

  function showColumns() {
    clearTimeout(arranging);
    arranging = 0;
    const chosen = columns.select(store.shown);
    if (columns.isNew) { columns.isNew = false; list.reset(); }
    list.show(chosen);
  }

  /* The line that the URL links to. */
  function choose() {
    const which = new URLSearchParams(location.search).get("line");
    const exact = store.shown.findIndex((line) => line.time === at && !line.notice && name(line) === which);
    // One of the same time stands in for it only once later ones are there: until then it may still come.
    if (list.chosen || (exact < 0 && !store.shown.some((line) => line.time > at))) return;
    const index = exact < 0 ? store.shown.findIndex((line) => line.time === at && !line.notice) : exact;
    if (index < 0) return;
    list.chosen = store.shown[index];
    list.show(store.shown);
    list.goTo(index);
  }

  /* The permission is gone: so are the lines. */
  function deny() {
    const notices = store.lines.filter((line) => line.notice === "denied");
    if (notices.some((line) => !line.isTold)) {
      store.clear();
      for (const line of notices) line.isTold = true;
      store.add(notices.slice(-1));
    }
  }

  function failed(why) {
    const field = form.elements.q;
    field.setAttribute("aria-invalid", "true");
    document.getElementById("log-filter-error").textContent = say(why === "slow" ? "slow" : "invalid");
  }

  /* --- how a line is shown */

  function describe(line) {
    const parts = { number: view.hasNumbers && line.number ? String(line.number) : "", marks: [], source: "", time: "", title: "", href: "", after: "" };
    if (line.stream && (view.hasSources || line.notice)) {
      parts.source = `${view.hasClusters ? `${line.stream.cluster} ` : ""}${line.stream.pod}/${line.stream.container}${line.stream.restarts ? ` #${line.stream.restarts}` : ""}`;
    }
    if (line.notice) return parts;
    if (view.times !== "none") {
      parts.time = formatTime(line.time);
      parts.title = `${utc(line.time)} · ${new Date(milliseconds(line.time)).toLocaleString()}`;
      parts.href = link(line);
    }
    if (line.isLate) parts.marks.push(say("late"));
    if (line.leftOut) parts.after = say("left-out", { n: line.leftOut.toLocaleString() });
    return parts;
  }

  /* What tells the line from others of the same time, whoever follows the link. */
  const name = ({ stream, ordinal }) => `${stream.pod}/${stream.container}/${stream.restarts}/${ordinal}`;
  const milliseconds = (time) => Number(time.slice(0, -6));
  const utc = (time) => `${new Date(milliseconds(time)).toISOString().slice(0, 19)}.${time.slice(-9)}Z`;

  function formatTime(time) {
    const when = new Date(milliseconds(time));
    if (view.times === "utc") return when.toISOString().slice(0, 23).replace("T", " ") + "Z";
    if (view.times === "local") {
      const pad = (number, width = 2) => String(number).padStart(width, "0");
      const day = `${when.getFullYear()}-${pad(when.getMonth() + 1)}-${pad(when.getDate())}`;
      const isToday = when.toDateString() === new Date().toDateString();
      return `${isToday ? "" : `${day} `}${pad(when.getHours())}:${pad(when.getMinutes())}:${pad(when.getSeconds())}.${pad(when.getMilliseconds(), 3)}`;
    }
    const seconds = (milliseconds(time) - started) / 1000;
    return `${seconds < 0 ? "−" : "+"}${describeLength(Math.abs(seconds))}`;
  }

  function describeLength(seconds) {
    if (seconds < 60) return `${seconds.toFixed(1)}s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(Math.floor(seconds % 60)).padStart(2, "0")}s`;
    return `${Math.floor(seconds / 3600)}h${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}m`;
  }

  /* A link to one line with what is around it: without the filter. */
  function link(line) {
    const query = new URLSearchParams(location.search);
    for (const name of ["q", "exclude", "regex", "level", "columns", "sort", "where", "follow"]) query.delete(name);
    query.set("at", line.time);
    query.set("line", name(line));
    if (form.elements.previous) query.set("previous", line.stream.isPrevious ? "1" : "0");
    return `${location.pathname}?${query}`;
  }

  /* --- the form */

  function readForm() {
    const value = (name) => form.elements[name]?.value.trim() || "";
    const isOn = (name) => form.elements[name]?.type === "checkbox" && form.elements[name].checked;
    form.elements.q.removeAttribute("aria-invalid");
    document.getElementById("log-filter-error").textContent = "";
    return {
      filter: { include: value("q"), exclude: value("exclude"), level: value("level"), isRegex: isOn("regex") },
      times: value("times") || "local", isWrapped: isOn("wrap"), hasNumbers: isOn("numbers"),
    };
  }

  function apply() {
    const read = readForm();
    Object.assign(view, { times: read.times, hasNumbers: read.hasNumbers });
    columns.isOn = form.elements.columns.checked;
    box.classList.toggle("has-columns", columns.isOn);
    list.cells = columns.isOn ? (row, line) => columns.fill(row, line) : null;
    list.isWrapped = read.isWrapped && !columns.isOn;
    box.classList.toggle("is-wrapped", read.isWrapped);
    store.choose(read.filter);
    list.reset();
    if (columns.isOn) showColumns();
  }

  function writeUrl() {
    const query = new URLSearchParams(location.search);
    for (const name of [...HERE, "sort", "where"]) query.delete(name);
    if (columns.sort && form.elements.columns.checked) query.set("sort", columns.sort);
    for (const [key, value] of form.elements.columns.checked ? columns.where : []) query.append("where", `${key}=${value}`);
    for (const [name, value] of new FormData(form)) if (HERE.includes(name) && value && !(name === "times" && value === "local")) query.set(name, value);
    const url = location.pathname + (query.size ? `?${query}` : "");
    history.replaceState(history.state, "", url);
    for (const link of document.querySelectorAll("[data-log-download]")) {
      const to = new URL(link.href), kind = to.searchParams.get("download");
      to.search = query;
      to.searchParams.set("download", kind);
      link.href = to.href;
    }
  }

  let typing = 0;
  form.addEventListener("input", ({ target }) => {
    if (!HERE.includes(target.name)) return;
    clearTimeout(typing);
    typing = setTimeout(() => { writeUrl(); apply(); }, target.type === "text" || target.type === "search" ? TYPING : 0);
  });
  form.addEventListener("change", ({ target }) => { if (!HERE.includes(target.name)) form.requestSubmit(); });
  form.addEventListener("submit", (event) => {
    if (!HERE.includes(document.activeElement?.name)) return;
    event.preventDefault();
    writeUrl();
    apply();
  });

  /* --- below the list */

  box.addEventListener("log:painted", () => {
    const now = performance.now();
    if (list.isAtEnd) unseen = 0;
    const button = document.getElementById("log-end");
    button.hidden = list.isAtEnd;
    button.querySelector("span").textContent = unseen ? say("new", { n: unseen.toLocaleString() }) : say("end");
    if (now - painted < 200) { list.late ||= setTimeout(() => { list.late = 0; list.draw(); }, 250); return; }
    painted = now;
    const counts = store.matcher.isEmpty ? "count" : "count-filtered";
    const held = store.lines.filter((line) => !line.notice).length;
    const text = say(counts, { n: held.toLocaleString(), shown: store.shown.filter((line) => !line.notice).length.toLocaleString() });
    document.getElementById("log-count").textContent = text
      + (store.late ? ` ${say("count-late", { n: store.late.toLocaleString() })}` : "")
      + (store.dropped ? ` ${say("dropped", { n: store.dropped.toLocaleString() })}` : "");
  });
  document.getElementById("log-end").addEventListener("click", () => { list.goToEnd(); box.focus(); });

  const here = new URLSearchParams(location.search);
  columns.sort = here.get("sort") || "";
  for (const one of here.getAll("where")) if (one.includes("=")) columns.where.set(one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1));
  apply();
})();
