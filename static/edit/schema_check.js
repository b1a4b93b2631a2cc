/* Validation of the editor: what the syntax tree and the cluster's own schema find wrong, at its place. */
(() => {
  "use strict";
  const { kindAt, documentRange } = window.quarterdeckYaml;
  const { fetchSchema, isOpen, resolve, root } = window.quarterdeckSchema;
  const { keyOf } = window.quarterdeckSchemaHelp;
  const { CodeMirror } = window;
  const MAX_FOUND = 200;
  const MAX_CHECKED = 400_000; // characters; in longer texts the API server alone checks the fields
  const PARSE_FOR = 200; // milliseconds
  const NULL = /^(~|null|Null|NULL|)$/;
  const BOOLEAN = /^(true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|y|Y|n|N)$/;
  const INTEGER = /^[-+]?(0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+)$/;
  const NUMBER = /^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/;
  const SCALARS = ["Literal", "QuotedLiteral", "BlockLiteral"];
  const MAPPINGS = ["BlockMapping", "FlowMapping"];
  const SEQUENCES = ["BlockSequence", "FlowSequence"];

  function checkFrom(base) {
    return async (view) => {
      const { state } = view;
      const tree = CodeMirror.ensureSyntaxTree(state, state.doc.length, PARSE_FOR) || CodeMirror.syntaxTree(state);
      const found = findSyntaxErrors(tree, state);
      if (state.doc.length > MAX_CHECKED) return found;
      for (const document of tree.topNode.getChildren("Document")) {
        const number = state.doc.lineAt(document.from).number;
        const mapping = document.getChild("BlockMapping") || document.getChild("FlowMapping");
        if (!mapping) continue;
        const [first] = documentRange(state.doc, state.doc.lineAt(mapping.from).number);
        const schema = await fetchSchema(base, kindAt(state.doc, Math.max(first, number)));
        if (schema) checkMapping(state, schema, mapping, found);
      }
      return found.slice(0, MAX_FOUND);
    };
  }

  function findSyntaxErrors(tree, state) {
    const found = [];
    tree.iterate({
      enter(node) {
        if (!node.type.isError || found.length >= MAX_FOUND) return;
        const to = Math.min(Math.max(node.to, node.from + 1), state.doc.length);
        found.push({ from: Math.min(node.from, to), to, severity: "error", message: "This is not valid YAML." });
      },
    });
    return found;
  }

  function checkMapping(state, schema, mapping, found) {
    const waiting = [[mapping, root(schema)]];
    while (waiting.length && found.length < MAX_FOUND) {
      const [node, field] = waiting.pop();
      if (MAPPINGS.includes(node.name)) waiting.push(...checkPairs(state, schema, node, field, found));
      else if (SEQUENCES.includes(node.name)) waiting.push(...checkItems(schema, node, field, found));
      else checkScalar(state, node, field, found);
    }
  }

  function add(found, node, message, severity = "error") {
    found.push({ from: node.from, to: node.to, severity, message });
  }

  function checkPairs(state, schema, node, field, found) {
    if (!mayBe(field, "object")) {
      add(found, firstOf(node), `A ${field.type} is expected here, not a mapping.`);
      return [];
    }
    const inner = [];
    const seen = new Set();
    const properties = field.properties || {};
    for (const pair of node.getChildren("Pair")) {
      const key = pair.getChild("Key");
      const name = keyOf(state, pair);
      if (!key || name === "<<") return inner; // merged keys: the API server knows what they become
      if (seen.has(name)) add(found, key, `The key ${name} is already set above.`);
      seen.add(name);
      const value = valueOf(pair);
      if (Object.hasOwn(properties, name)) {
        if (value) inner.push([value, resolve(schema, properties[name])]);
      } else if (field.additionalProperties) {
        if (value) inner.push([value, resolve(schema, field.additionalProperties)]);
      } else if (!isOpen(field)) {
        add(found, key, `Unknown field ${name}.${suggest(name, Object.keys(properties))}`);
      }
    }
    const missing = (field.required || []).filter((name) => !seen.has(name));
    if (missing.length) add(found, firstOf(node), `Missing: ${missing.join(", ")}.`, "warning");
    return inner;
  }

  function checkItems(schema, node, field, found) {
    if (!mayBe(field, "array")) {
      add(found, firstOf(node), `A ${field.type} is expected here, not a list.`);
      return [];
    }
    if (!field.items) return [];
    const items = resolve(schema, field.items);
    const values = node.name === "BlockSequence" ? node.getChildren("Item").map(valueOf) : flowItems(node);
    return values.filter(Boolean).map((value) => [value, items]);
  }

  function checkScalar(state, node, field, found) {
    if (!SCALARS.includes(node.name)) return; // an alias, an anchor, a tag
    const text = state.sliceDoc(node.from, node.to);
    const isPlain = node.name === "Literal";
    if (isPlain && NULL.test(text)) return;
    const value = isPlain ? text : text.replace(/^(["'])(.*)\1$/s, "$2");
    if (field.enum && node.name !== "BlockLiteral" && !field.enum.map(String).includes(value)) {
      add(found, node, `${value} is not one of: ${field.enum.join(", ")}.`);
      return;
    }
    const wrong = !field.free && typeError(field, isPlain, text);
    if (wrong) add(found, node, wrong);
  }

  function typeError(field, isPlain, text) {
    const isNumber = isPlain && NUMBER.test(text);
    const isInteger = isPlain && INTEGER.test(text);
    const isBoolean = isPlain && BOOLEAN.test(text);
    switch (field.type) {
      case "string":
        if (isBoolean) return "This reads as a boolean. Quote it for text.";
        return isNumber || isInteger ? "This reads as a number. Quote it for text." : "";
      case "integer":
        return isInteger ? "" : "An integer is expected here.";
      case "number":
        return isNumber || isInteger ? "" : "A number is expected here.";
      case "boolean":
        return isBoolean ? "" : "true or false is expected here.";
      case "object":
        return "A mapping is expected here.";
      case "array":
        return "A list is expected here.";
      default:
        return "";
    }
  }

  const mayBe = (field, type) => !field.type || field.type === type;
  const firstOf = (node) => {
    const inner = node.firstChild && node.firstChild.getChild && node.firstChild.getChild("Key");
    return inner || { from: node.from, to: Math.min(node.to, node.from + 1) };
  };

  function valueOf(parent) {
    for (let child = parent.lastChild; child; child = child.prevSibling) {
      if (["Key", ":", "-", "?", "Comment"].includes(child.name) || child.type.isError) continue;
      if (child.name === "Tagged" || child.name === "Anchored") return null;
      return child;
    }
    return null;
  }

  function flowItems(node) {
    const values = [];
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (!["[", "]", ",", "Comment"].includes(child.name) && !child.type.isError) values.push(child);
    }
    return values;
  }

  function suggest(name, names) {
    let best = "";
    let least = Math.max(2, Math.floor(name.length / 3)) + 1;
    for (const one of names) {
      const cost = distance(name.toLowerCase(), one.toLowerCase());
      if (cost < least) [best, least] = [one, cost];
    }
    return best ? ` Did you mean ${best}?` : "";
  }

  /* Levenshtein, of names: both are cut to 64 characters. */
  function distance(left, right) {
    const [a, b] = [left.slice(0, 64), right.slice(0, 64)];
    let row = Array.from({ length: b.length + 1 }, (_one, index) => index);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
      }
      row = next;
    }
    return row[b.length];
  }

  window.quarterdeckSchemaCheck = { checkFrom };
})();
