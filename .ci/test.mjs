// `npm test`: the whole gate, in the order in which a mistake is found soonest.

import { readdirSync } from "node:fs";
import { join } from "node:path";

import { buildInterface, buildPrograms, checkRust } from "./build.mjs";
import { onScreen } from "./screen.mjs";
import { prepareToTest, root, say, sayTimes, step } from "./setup.mjs";

const driver = prepareToTest();

step("Interface: types", "npm", ["run", "--silent", "ui:check"]);
step("Interface: style", "npm", ["run", "--silent", "ui:lint"]);
step("Interface: tests", "npm", ["run", "--silent", "ui:test"]);
step("The bench's arithmetic", "node", ["--test", join("tests", "bench", "table.test.mjs")]);
buildInterface();
checkRust();
testWindow();
sayTimes();

function testWindow() {
  const { desk } = buildPrograms("Building the window");
  if (!driver) {
    say("The real window is not tested here: only Linux has a WebDriver for it");
    return;
  }
  const folder = join("tests", "e2e");
  const tests = readdirSync(join(root, folder)).filter((name) => name.endsWith(".test.mjs"));
  const script = ["--test", "--test-concurrency=1", "--test-timeout=240000", ...tests.map((name) => join(folder, name))];
  onScreen("The real window", { desk, driver }, script);
}
