import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

/** What a folder may not import: panels -> {state, editor, components} -> host -> generated. */
const forbid = (files, patterns, message) => ({
  files: files.map((folder) => `**/src/${folder}/**`),
  ignores: ["**/*.test.ts"],
  rules: {
    "no-restricted-imports": ["error", { patterns: [{ regex: patterns, message }] }],
  },
});
const outside = "@tauri-apps/|/generated/";

export default ts.config(
  { ignores: ["**/dist/**", "**/generated/**", "**/*.config.*"] },
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: globals.browser },
    rules: { "no-console": "error", eqeqeq: "error", "prefer-const": "off" },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: { "svelte/require-each-key": "error", "svelte/no-at-html-tags": "error" },
  },
  forbid(["panels", "components"], outside, "Only src/host speaks to the desk."),
  forbid(["state"], `${outside}|/panels/`, "State knows no panel and reaches the desk through src/host."),
  forbid(
    ["editor"],
    `${outside}|/panels/|/state/|/host/tauri|^svelte`,
    "The editor is plain TypeScript and knows no panel.",
  ),
  forbid(["host"], "/panels/|/state/|/editor/|/components/", "The host knows nothing of the interface."),
);
