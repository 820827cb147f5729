// `npm run bimo -- continue …`: the desk without a window.

import { run } from "./setup.mjs";

run("cargo", ["run", "--quiet", "--locked", "-p", "bimo-cli", "--", ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
