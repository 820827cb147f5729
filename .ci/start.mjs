// `npm start`: makes the machine ready, builds with optimisation, opens the desk.

import { prepareToBuild, run, say } from "./setup.mjs";

prepareToBuild();
say("Building the interface");
run("npm", ["run", "--silent", "ui:build"]);
say("Building the desk; the first time takes a quarter of an hour on two cores, later seconds");
run("cargo", ["build", "--locked", "-p", "bimo-desktop", "-p", "bimo-cli"]);
say("Opening the desk");
run("cargo", ["run", "--quiet", "--locked", "-p", "bimo-desktop"]);
