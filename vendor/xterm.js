/* xterm.js: what our terminal uses of it, as one global. Bundled by `make vendor` into static/vendor/. */
export { Terminal } from "@xterm/xterm";
export { FitAddon } from "@xterm/addon-fit";
export { SearchAddon } from "@xterm/addon-search";
