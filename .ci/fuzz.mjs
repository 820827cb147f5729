// `npm run fuzz`: reads millions of changed model files and documents; `npm run fuzz -- gguf=1000 docx=500` fewer.

import { buildExample } from "./build.mjs";
import { run } from "./setup.mjs";

const MODELS = ["gguf=1000000", "safetensors=1000000", "tokenizer=20000", "pieces=20000", "pickle=20000"];
const DOCUMENTS = ["txt=50000", "md=100000", "html=100000", "srt=50000", "docx=20000", "epub=20000"];

const asked = process.argv.slice(2);
for (const [program, whole] of [["mutate", MODELS], ["mutate_documents", DOCUMENTS]]) {
  const ours = [...whole, "seed="].map((words) => words.split("=")[0]);
  const some = asked.filter((words) => ours.includes(words.split("=")[0]));
  if (asked.length === 0 || some.some((words) => !words.startsWith("seed="))) {
    run(buildExample(program), asked.length > 0 ? some : whole, { shell: false });
  }
}
