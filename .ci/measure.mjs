// `npm run measure`: how soon the desk is there, and how soon a key is on the screen.

import { join } from "node:path";

import { buildInterface, buildPrograms } from "./build.mjs";
import { onScreen } from "./screen.mjs";
import { fail, prepareToTest } from "./setup.mjs";

const driver = prepareToTest();
if (!driver) fail("Only Linux has a WebDriver for the window, so it is measured there alone");
buildInterface();
const { desk } = buildPrograms("Building the window");
onScreen("Measuring the window", { desk, driver }, [join("tests", "bench", "desk.mjs")]);
