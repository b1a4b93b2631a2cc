/* Selection of rows: it survives live updates and other pages of the window, and says what changed since. */
(() => {
  "use strict";
  const bar = document.querySelector("[data-bulk]");
  const body = document.getElementById("list-rows");
  if (!bar || !body) return;
  const selected = new Map();  // value -> { seen: what the row said when it was selected, isChanged }
  const count = bar.querySelector("[data-bulk-count]"), clear = bar.querySelector("[data-bulk-clear]");
  let last = null;  // the row that was clicked last, where a range begins

  const boxOf = (row) => row?.querySelector('input[name="item"]');
  const boxes = () => [...body.querySelectorAll('input[name="item"]')];
  /* Ages change by themselves. */
  const read = (row) => [...row.cells].filter((cell) => !cell.querySelector("time")).map((cell) => cell.textContent).join("\n");

  function mark(box, isOn) {
    box.checked = isOn;
    if (!isOn) selected.delete(box.value);
    else if (!selected.has(box.value)) selected.set(box.value, { seen: read(box.closest("tr")), isChanged: false });
  }

  function draw() {
    const here = new Set();
    for (const box of boxes()) {
      const one = selected.get(box.value), row = box.closest("tr");
      here.add(box.value);
      if (box.checked !== Boolean(one)) box.checked = Boolean(one);
      if (one && !one.isChanged) one.isChanged = read(row) !== one.seen;
      row.toggleAttribute("data-selected", Boolean(one));
      row.toggleAttribute("data-changed", Boolean(one?.isChanged));
    }
    const all = document.querySelector("[data-select-all]");
    if (all) {
      all.hidden = false;
      all.checked = here.size > 0 && [...here].every((value) => selected.has(value));
      all.indeterminate = !all.checked && [...here].some((value) => selected.has(value));
    }
    const changed = [...selected.values()].filter((one) => one.isChanged).length;
    const gone = [...selected.keys()].filter((value) => !here.has(value)).length;
    const words = [selected.size === 1 ? bar.dataset.one : bar.dataset.many.replace("%n", selected.size)];
    if (changed) words.push(bar.dataset.changed.replace("%n", changed));
    if (gone) words.push(bar.dataset.gone.replace("%n", gone));
    count.textContent = words.join(" · ");
    bar.hidden = clear.hidden = selected.size === 0;
  }

  function range(box) {
    const list = boxes(), from = list.indexOf(last), to = list.indexOf(box);
    if (from < 0 || to < 0) return;
    for (const one of list.slice(Math.min(from, to), Math.max(from, to) + 1)) mark(one, box.checked);
  }

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (box.matches?.("[data-select-all]")) for (const one of boxes()) mark(one, box.checked);
    else if (box.matches?.('#list-rows input[name="item"]')) {
      mark(box, box.checked);
      if (event.shiftKey && last) range(box);
      last = box;
    } else if (box.closest?.("[data-bulk-clear]")) { selected.clear(); bar.elements.everything.checked = false; }
    else return;
    draw();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]")) return;
    const box = boxOf(document.activeElement?.closest("#list-rows tr"));
    if (!box) return;
    mark(box, !box.checked);
    last = box;
    event.preventDefault();
    draw();
  });

  /* Rows that are on another page by now, or gone, are sent as well: the next page says what became of them. */
  bar.addEventListener("submit", () => {
    for (const old of bar.querySelectorAll("[data-elsewhere]")) old.remove();
    const here = new Set(boxes().map((box) => box.value));
    for (const value of selected.keys()) {
      if (here.has(value)) continue;
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "item", value });
      field.dataset.elsewhere = "";
      bar.append(field);
    }
  });

  addEventListener("pageshow", () => { for (const box of boxes()) if (box.checked) mark(box, true); draw(); });
  document.addEventListener("live:drawn", draw);
  draw();
})();
