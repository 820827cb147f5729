// `npm test`: the whole gate, in the order in which a mistake is found soonest.

import { prepareToTest, run, say } from "./setup.mjs";

const driver = prepareToTest();

say("Interface: types, style, tests");
run("npm", ["run", "--silent", "ui:check"]);
run("npm", ["run", "--silent", "ui:lint"]);
run("npm", ["run", "--silent", "ui:test"]);
run("npm", ["run", "--silent", "ui:build"]);

say("Rust: format, lints, tests");
run("cargo", ["fmt", "--all", "--check"]);
run("cargo", ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]);
run("cargo", ["test", "--locked", "--workspace"]);

say("The real window");
run("cargo", ["build", "--locked", "-p", "bimo-desktop", "-p", "bimo-cli"]);
run("xvfb-run", ["-a", "-s", "-screen 0 1280x900x24", "dbus-run-session", "--", "node", "--test", "tests/e2e/"], {
  env: { ...process.env, TAURI_DRIVER: driver },
});
