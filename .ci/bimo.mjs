// `npm run bimo -- continue …`: the desk without a window, in the folder from which it was called.

import { buildPrograms } from "./build.mjs";
import { run } from "./setup.mjs";

const { bimo } = buildPrograms();
run(bimo, process.argv.slice(2), { cwd: process.env.INIT_CWD ?? process.cwd(), shell: false });
