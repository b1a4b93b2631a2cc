/* The YAML editor: CodeMirror in place of each textarea[data-editor]; without JavaScript the text area stays.

   data-schema: address of the schemas of a cluster's kinds. data-nonce: of the page's style elements. data-fold: a
   top-level or metadata key that begins folded. What stands in [data-diagnostics-for=<id>] [data-line] is marked at
   its line. Whoever reads the text area finds in it what is typed, within half a second, and when a form is sent. */
(() => {
  "use strict";
  const { CodeMirror } = window;
  const { completeFrom, hoverFrom } = window.quarterdeckSchemaHelp;
  const { checkFrom } = window.quarterdeckSchemaCheck;
  const COPY_AFTER = 400; // milliseconds without a key
  const { tags } = CodeMirror;

  const colors = CodeMirror.HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--link)" },
    { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
    { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.atom], color: "var(--warning)" },
    { tag: [tags.comment, tags.lineComment], color: "var(--ink-soft)", fontStyle: "italic" },
    { tag: [tags.typeName, tags.labelName, tags.meta], color: "var(--unknown)" },
    { tag: tags.invalid, color: "var(--error)" },
  ]);

  const theme = CodeMirror.EditorView.theme({
    "&": { color: "var(--ink)", backgroundColor: "var(--paper)", fontSize: "var(--text-small)" },
    "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "1px" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
    ".cm-content": { caretColor: "var(--ink)" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    ".cm-gutters": { backgroundColor: "var(--sunk)", color: "var(--ink-soft)", borderRight: "1px solid var(--line)" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "var(--chosen)",
    },
    ".cm-selectionMatch, .cm-searchMatch": { backgroundColor: "var(--warning-soft)", outline: "1px solid var(--warning)" },
    ".cm-foldPlaceholder": { backgroundColor: "var(--sunk)", border: "1px solid var(--line)", color: "var(--ink-soft)" },
    ".cm-panels, .cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--line)" },
    ".cm-panel input, .cm-panel button": { font: "inherit", color: "var(--ink)", background: "var(--sunk)" },
    ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--chosen)", color: "var(--ink)" },
    ".cm-completionDetail": { color: "var(--ink-soft)", fontStyle: "normal" },
    ".cm-diagnostic-error": { borderLeftColor: "var(--error)" },
    ".cm-diagnostic-warning": { borderLeftColor: "var(--warning)" },
  });

  function listServerDiagnostics(area) {
    const boxes = document.querySelectorAll(`[data-diagnostics-for="${CSS.escape(area.id)}"] [data-line]`);
    return Array.from(boxes, (box) => ({
      line: Number(box.dataset.line),
      severity: box.dataset.severity === "warning" ? "warning" : "error",
      message: box.textContent.trim(),
    }));
  }

  /* What the server found stays at its line until that line is changed. */
  function atTheirLines(state, given) {
    return given
      .filter(({ line }) => line >= 1 && line <= state.doc.lines)
      .map(({ line, severity, message }) => {
        const { from, to } = state.doc.line(line);
        return { from, to, severity, message };
      });
  }

  function checker(area, original) {
    const check = checkFrom(area.dataset.schema || "");
    const given = listServerDiagnostics(area);
    return async (view) => {
      const { doc } = view.state;
      const unchanged = given.filter(
        ({ line }) => line <= doc.lines && line <= original.lines && doc.line(line).text === original.line(line).text,
      );
      const found = await check(view);
      // what an apply leaves out is missing only if nobody else owns it: its dry run says so
      const shown = area.dataset.part === undefined ? found : found.filter((one) => one.severity !== "warning");
      return [...atTheirLines(view.state, unchanged), ...shown];
    };
  }

  function foldAtFirst(view, key) {
    const { state } = view;
    CodeMirror.ensureSyntaxTree(state, state.doc.length, COPY_AFTER);
    for (let number = 1; number <= state.doc.lines; number++) {
      const line = state.doc.line(number);
      if (line.text.trim() !== `${key}:`) continue;
      const range = CodeMirror.foldable(state, line.from, line.to);
      if (range) view.dispatch({ effects: CodeMirror.foldEffect.of(range) });
      return;
    }
  }

  function copyBack(area) {
    let timer = 0;
    return CodeMirror.EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        area.value = update.view.state.doc.toString();
        area.dispatchEvent(new Event("input", { bubbles: true }));
      }, COPY_AFTER);
    });
  }

  /* Where a selection is typed over, Chromium copies its look as inline styles, which our policy refuses: we replace it. */
  const replaceSelection = CodeMirror.EditorView.domEventHandlers({
    beforeinput(event, view) {
      const isPlain = event.inputType === "insertText" && event.data && !view.composing;
      if (!isPlain || view.state.readOnly || view.state.selection.main.empty) return false;
      event.preventDefault();
      view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
      return true;
    },
  });

  function extensions(area, original) {
    const isReadOnly = area.readOnly || area.disabled;
    const label = area.labels && area.labels[0] ? area.labels[0].textContent.trim() : "YAML";
    return [
      CodeMirror.EditorView.cspNonce.of(area.dataset.nonce || ""),
      CodeMirror.lineNumbers(),
      CodeMirror.foldGutter(),
      CodeMirror.lintGutter(),
      CodeMirror.history(),
      CodeMirror.highlightSpecialChars(),
      CodeMirror.drawSelection(),
      CodeMirror.indentOnInput(),
      CodeMirror.indentUnit.of("  "),
      CodeMirror.bracketMatching(),
      CodeMirror.highlightActiveLine(),
      CodeMirror.highlightActiveLineGutter(),
      CodeMirror.highlightSelectionMatches(),
      CodeMirror.search({ top: true }),
      CodeMirror.yaml(),
      CodeMirror.syntaxHighlighting(colors),
      theme,
      CodeMirror.EditorState.readOnly.of(isReadOnly),
      CodeMirror.EditorView.contentAttributes.of({
        tabindex: "0",
        "aria-label": label,
        "aria-description": "Press Escape and then Tab to leave the editor.",
        spellcheck: "false",
        tabindex: "0",
      }),
      CodeMirror.hoverTooltip(hoverFrom(area.dataset.schema || "")),
      ...(isReadOnly ? [] : [CodeMirror.autocompletion({ override: [completeFrom(area.dataset.schema || "")] })]),
      ...(isReadOnly ? [] : [CodeMirror.linter(checker(area, original))]),
      CodeMirror.keymap.of([
        ...CodeMirror.completionKeymap,
        ...CodeMirror.searchKeymap,
        ...CodeMirror.foldKeymap,
        ...CodeMirror.lintKeymap,
        ...CodeMirror.historyKeymap,
        ...CodeMirror.defaultKeymap,
        ...(isReadOnly ? [] : [CodeMirror.indentWithTab]),
      ]),
      replaceSelection,
      copyBack(area),
    ];
  }

  function mount(area) {
    if (area.dataset.mounted) return;
    area.dataset.mounted = "true";
    const text = CodeMirror.EditorState.create({ doc: area.value }).doc;
    const view = new CodeMirror.EditorView({ doc: text, extensions: extensions(area, text) });
    view.dom.classList.add("editor");
    area.before(view.dom);
    area.hidden = true;
    if (area.dataset.fold) foldAtFirst(view, area.dataset.fold);
    area.form?.addEventListener("formdata", (event) => {
      if (area.name) event.formData.set(area.name, view.state.doc.toString());
    });
    area.form?.addEventListener("submit", () => {
      area.value = view.state.doc.toString();
    });
  }

  const mountAll = (root) => root.querySelectorAll("textarea[data-editor]").forEach(mount);
  mountAll(document);
  document.addEventListener("htmx:after:swap", () => mountAll(document));
})();
