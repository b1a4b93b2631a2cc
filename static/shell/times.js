/* Relative times: keeps each <time data-age> fresh, and says it in local time and UTC when pointed at. */
(() => {
  "use strict";
  const EVERY = 5000; // milliseconds
  const MINUTE = 60, HOUR = 3600, DAY = 86400, YEAR = 365 * DAY;
  const server = Date.parse(document.querySelector("meta[name=server-time]")?.content || "");
  const off = server - Date.now();
  const ahead = Math.abs(off) > 3000 ? off : 0; // a laptop's clock that is wrong does not make pods older

  function two(whole, big, bigSign, small, smallSign) {
    const rest = Math.floor((whole % big) / small);
    return Math.floor(whole / big) + bigSign + (rest ? rest + smallSign : "");
  }

  /* The same steps as short_age() of dashboard/shell/templatetags/shell.py; a test compares both. */
  function age(seconds) {
    const whole = Math.trunc(seconds);
    if (whole < 2 * MINUTE) return `${whole}s`;
    if (whole < 10 * MINUTE) return two(whole, MINUTE, "m", 1, "s");
    if (whole < 3 * HOUR) return `${Math.floor(whole / MINUTE)}m`;
    if (whole < 8 * HOUR) return two(whole, HOUR, "h", MINUTE, "m");
    if (whole < 2 * DAY) return `${Math.floor(whole / HOUR)}h`;
    if (whole < 8 * DAY) return two(whole, DAY, "d", HOUR, "h");
    if (whole < 2 * YEAR) return `${Math.floor(whole / DAY)}d`;
    if (whole < 8 * YEAR) return two(whole, YEAR, "y", DAY, "d");
    return `${Math.floor(whole / YEAR)}y`;
  }

  function refresh() {
    if (document.hidden) return;
    const now = Date.now() + ahead;
    for (const element of document.querySelectorAll("time[data-age]")) {
      const passed = (now - Date.parse(element.dateTime)) / 1000;
      if (Number.isNaN(passed)) continue;
      const isToCome = element.dataset.age === "to-come";
      const words = age(Math.max(0, isToCome ? -passed : passed));
      const text = isToCome ? (element.dataset.words || "{length}").replace("{length}", words) : words;
      if (element.textContent !== text) element.textContent = text;
    }
  }

  function explain(event) {
    const element = event.target.closest?.("time[datetime]");
    if (!element || element.dataset.explained === element.dateTime) return;
    const when = new Date(element.dateTime);
    if (Number.isNaN(when.getTime())) return;
    const local = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
      dateStyle: "full", timeStyle: "long",
    }).format(when);
    element.title = `${local}\n${when.toISOString().replace("T", " ").replace(/(\.000)?Z$/, " UTC")}`;
    element.dataset.explained = element.dateTime;
  }

  document.addEventListener("pointerover", explain);
  document.addEventListener("focusin", explain);
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, EVERY);
  refresh();
  window.quarterdeckAge = age;
  window.quarterdeckTimes = refresh;
})();
