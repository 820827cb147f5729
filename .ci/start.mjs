// `npm start`: makes the machine ready, builds with optimisation, opens the desk.

import { buildInterface, buildPrograms } from "./build.mjs";
import { prepareToBuild, run, say } from "./setup.mjs";

prepareToBuild();
buildInterface();
const { desk } = buildPrograms(
  "Building the desk; the first time takes a quarter of an hour on two cores, later seconds",
);
say("Opening the desk");
run(desk, []);
