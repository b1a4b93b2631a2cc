/* Schemas of kinds, fetched once for each page, and the schema of a field by its path. */
(() => {
  "use strict";
  const { ITEM } = window.quarterdeckYaml;
  const FREE = ["resource.Quantity", "intstr.IntOrString"]; // definitions that take numbers and text
  const known = new Map(); // address -> promise of a schema, or of null where there is none

  function fetchSchema(base, { apiVersion, kind }) {
    if (!base || !apiVersion || !kind) return Promise.resolve(null);
    const address = `${base}?${new URLSearchParams({ apiVersion, kind })}`;
    if (!known.has(address)) known.set(address, load(address));
    return known.get(address);
  }

  async function load(address) {
    try {
      const response = await fetch(address, { credentials: "same-origin", redirect: "error" });
      if (response.ok) return await response.json();
      if (response.status !== 404) known.delete(address);
    } catch {
      known.delete(address); // the network: tried again with the next look
    }
    return null;
  }

  /* A schema with what it refers to taken in; `free` where the definition takes numbers and text alike. */
  function resolve(schema, node) {
    let free = Boolean(node["x-kubernetes-int-or-string"]);
    for (let steps = 0; node.$ref && steps < 8; steps++) {
      const target = schema.definitions[node.$ref] || {};
      free = free || FREE.some((name) => node.$ref.endsWith(name));
      const { $ref: _gone, ...own } = node;
      node = { ...target, ...own, description: own.description || target.description };
    }
    return free ? { ...node, free } : node;
  }

  const root = (schema) => resolve(schema, { $ref: schema.root });

  /* The schema one step further: of a property, or of the items (`[]`); null where nothing is said about it. */
  function step(schema, node, segment) {
    if (segment === ITEM) return node.items ? resolve(schema, node.items) : null;
    const properties = node.properties || {};
    if (Object.hasOwn(properties, segment)) return resolve(schema, properties[segment]);
    return node.additionalProperties ? resolve(schema, node.additionalProperties) : null;
  }

  function fieldAt(schema, path) {
    let node = root(schema);
    for (const segment of path) {
      node = step(schema, node, segment);
      if (!node) return null;
    }
    return node;
  }

  /* Whether a mapping may have keys that its schema does not list. */
  function isOpen(node) {
    return (
      !node.properties || Boolean(node.additionalProperties) || Boolean(node["x-kubernetes-preserve-unknown-fields"])
    );
  }

  function typeName(node) {
    if (node.free) return "number or text";
    if (node.type === "array") return node.items && node.items.type ? `list of ${node.items.type}` : "list";
    return node.format ? `${node.type} (${node.format})` : node.type || "object";
  }

  window.quarterdeckSchema = { fetchSchema, fieldAt, isOpen, resolve, root, step, typeName };
})();
