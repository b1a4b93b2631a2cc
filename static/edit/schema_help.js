/* Completion and hover documentation of the editor, from the cluster's own schema. */
(() => {
  "use strict";
  const { contextAt, kindAt, ITEM } = window.quarterdeckYaml;
  const { fetchSchema, fieldAt, resolve, typeName } = window.quarterdeckSchema;
  const { CodeMirror } = window;
  const MAX_DESCRIPTION = 1200; // characters of one that is shown

  const shorten = (text) => (text.length > MAX_DESCRIPTION ? `${text.slice(0, MAX_DESCRIPTION)}…` : text);

  function describe(name, field, isRequired) {
    const box = document.createElement("div");
    box.className = "editor-help";
    const head = document.createElement("p");
    const code = document.createElement("code");
    code.textContent = name;
    head.append(code, ` ${typeName(field)}${isRequired ? ", required" : ""}`);
    box.append(head);
    for (const text of [
      field.description && shorten(String(field.description)),
      field.enum && `One of: ${field.enum.join(", ")}`,
      field.default !== undefined && `Default: ${shorten(JSON.stringify(field.default))}`,
    ]) {
      if (!text) continue;
      const line = document.createElement("p");
      line.textContent = text;
      box.append(line);
    }
    return box;
  }

  /* What is inserted for a key: a mapping and a list go on in the next line. */
  function insertionOf(name, field, column) {
    const indent = " ".repeat(column);
    if (field.type === "array") return `${name}:\n${indent}- `;
    if (field.properties) return `${name}:\n${indent}  `;
    return `${name}: `;
  }

  function keyOptions(schema, parent, context) {
    const required = new Set(parent.required || []);
    return Object.entries(parent.properties || {})
      .filter(([name]) => !context.siblings.has(name))
      .map(([name, plain]) => {
        const field = resolve(schema, plain);
        return {
          label: name,
          type: "property",
          detail: typeName(field),
          boost: required.has(name) ? 1 : 0,
          apply: insertionOf(name, field, context.column),
          info: () => describe(name, field, required.has(name)),
        };
      });
  }

  function valueOptions(field) {
    const values = field.enum || (field.type === "boolean" ? [true, false] : []);
    return values.map((value) => ({ label: String(value), type: "enum" }));
  }

  function completeFrom(base) {
    return async (completion) => {
      const { state, pos, explicit } = completion;
      const context = contextAt(state.doc, pos);
      if (!context || (!explicit && !context.typed)) return null;
      const schema = await fetchSchema(base, kindAt(state.doc, context.number));
      if (!schema) return null;
      const field = fieldAt(schema, context.key === null ? context.path : [...context.path, context.key]);
      if (!field) return null;
      const options = context.key === null ? keyOptions(schema, field, context) : valueOptions(field);
      return options.length ? { from: context.from, options, validFor: /^[\w.$-]*$/ } : null;
    };
  }

  /* The path of a node of the syntax tree: keys of the mappings and `[]` of the sequences around it. */
  function pathOf(state, node) {
    const path = [];
    for (let from = node, one = node.parent; one; from = one, one = one.parent) {
      if (one.name === "Item" || (one.name === "FlowSequence" && from.name !== "[")) path.unshift(ITEM);
      if (one.name === "Pair" && from.name !== "Key") path.unshift(keyOf(state, one));
    }
    return path;
  }

  function keyOf(state, pair) {
    const key = pair.getChild("Key");
    return key ? state.sliceDoc(key.from, key.to).replace(/^(["'])(.*)\1$/s, "$2") : "";
  }

  function hoverFrom(base) {
    return async (view, position) => {
      const { state } = view;
      let node = CodeMirror.syntaxTree(state).resolveInner(position, 1);
      while (node && node.name !== "Key") node = node.parent;
      if (!node || !node.parent || node.parent.name !== "Pair") return null;
      const pair = node.parent;
      const schema = await fetchSchema(base, kindAt(state.doc, state.doc.lineAt(position).number));
      if (!schema) return null;
      const name = keyOf(state, pair);
      const above = pathOf(state, pair);
      const field = fieldAt(schema, [...above, name]);
      if (!field) return null;
      const parent = fieldAt(schema, above);
      const isRequired = Boolean(parent && (parent.required || []).includes(name));
      return {
        pos: node.from,
        end: node.to,
        above: true,
        create: () => ({ dom: describe(name, field, isRequired) }),
      };
    };
  }

  window.quarterdeckSchemaHelp = { completeFrom, hoverFrom, keyOf };
})();
