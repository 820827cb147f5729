// `npm run fuzz`: reads millions of model files with changed headers; `npm run fuzz -- gguf=1000` fewer.

import { buildExample } from "./build.mjs";
import { run } from "./setup.mjs";

const asked = process.argv.slice(2);
const whole = ["gguf=1000000", "safetensors=1000000", "tokenizer=20000", "pieces=20000"];
run(buildExample("mutate"), asked.length > 0 ? asked : whole, { shell: false });
