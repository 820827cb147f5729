// Runs a script of Node against the real window, on a screen that nobody sees.

import { step } from "./setup.mjs";

/** `desk` is the program, `driver` its WebDriver, `script` what Node is given. */
export function onScreen(words, { desk, driver }, script) {
  const screen = ["-a", "-s", "-screen 0 1280x900x24", "dbus-run-session", "--"];
  const env = { ...process.env, BIMO_DESK: desk, BIMO_DRIVER: driver };
  step(words, "xvfb-run", [...screen, "node", ...script], { env });
}
