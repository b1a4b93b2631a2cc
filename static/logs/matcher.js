/* Worker: tries regular expressions on the lines of a log page, which ends it where one takes too long. */
"use strict";
const MAX_MARKS = 16; // numbers: two for each place that is marked in one line
let include = null, exclude = null, error = "";

onmessage = ({ data }) => {
  if (data.texts === undefined) {
    try {
      include = data.include ? new RegExp(data.include, "gi") : null;
      exclude = data.exclude ? new RegExp(data.exclude, "i") : null;
    } catch (wrong) { error = String(wrong.message); }
    return;
  }
  if (error) { postMessage({ error }); return; }
  const marks = data.texts.map((text) => (include ? find(text) : []));
  const passes = data.texts.map((text, i) => (!include || marks[i].length > 0) && !exclude?.test(text));
  postMessage({ passes, marks });
};

function find(text) {
  const found = [];
  for (const one of text.matchAll(include)) {
    found.push(one.index, one.index + one[0].length);
    if (found.length >= MAX_MARKS) break;
  }
  return found;
}
