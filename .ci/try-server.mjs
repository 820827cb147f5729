// `npm run try-server`: a story goes on through a real server, llama.cpp's own code behind the OpenAI interface of
// llama-cpp-python, which serves the model that is part of the program.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { buildPrograms } from "./build.mjs";
import { pythonWithLlama } from "./peers.mjs";
import { fail, root, say } from "./setup.mjs";

const MODEL = join(root, "src-tauri", "starter", "story", "story.gguf");
const KEY = "sk-only-for-this-test";

const python = pythonWithLlama();
const { bimo } = buildPrograms("Building the command line");
const port = await freePort();
const server = startServer(port);
// However this ends.
process.on("exit", () => server.kill());
await answered(port);
tryIt(`http://127.0.0.1:${port}`);
translate(`http://127.0.0.1:${port}`);
say("All is well");
process.exit();

function startServer(port) {
  const options = ["--model", MODEL, "--model_alias", "story", "--host", "127.0.0.1", "--port", String(port)];
  const rest = ["--n_ctx", "1024", "--n_threads", "2", "--api_key", KEY, "--logits_all", "true"];
  return spawn(python, ["-m", "llama_cpp.server", ...options, ...rest], { stdio: ["ignore", "ignore", "inherit"] });
}

function freePort() {
  return new Promise((found) => {
    const listener = createServer().listen(0, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => found(port));
    });
  });
}

async function answered(port) {
  for (let second = 0; second < 120; second += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/models`).catch(() => undefined);
    if (answer) return;
    await new Promise((done) => setTimeout(done, 1000));
  }
  fail("the server does not answer");
}

function tryIt(address) {
  for (const prompt of ["Once upon a time", "从前有一个老人，"]) {
    const written = goOn(address, KEY, ["--prompt", prompt, "--greedy", "--max-tokens", "40", "--logprobs", "3"]);
    const { text, choices, tokens } = JSON.parse(written.stdout);
    console.log(`   ${prompt}${text}`);
    if (text.length < 10 || text.includes("\uFFFD")) fail(`that is no text: ${JSON.stringify(text)}`);
    if (tokens < 10 || choices.some(({ logprob, top }) => !(logprob <= 0) || top.length === 0)) {
      fail("the server gave no log-probabilities");
    }
  }
  const options = ["--prompt", "The old man", "--max-tokens", "30", "--temperature", "0.8"];
  const [one, same, other] = ["7", "7", "8"].map((seed) => {
    return JSON.parse(goOn(address, KEY, [...options, "--seed", seed]).stdout).text;
  });
  if (one !== same || one === other) fail("the seed is not heeded");
  const refused = goOn(address, "sk-wrong", ["--prompt", "x"], false);
  if (refused.status === 0 || !refused.stderr.includes("key")) fail("a wrong key is not said to be wrong");
  const missing = goOn(address, KEY, ["--prompt", "x"], false, "no-such-model");
  if (missing.status === 0 || !missing.stderr.includes("story")) fail("a wrong model is not said to be wrong");
  const long = "The snow fell on the hills. ".repeat(600);
  const whole = JSON.parse(goOn(address, KEY, ["--prompt", long, "--context", "1024", "--max-tokens", "8"]).stdout);
  if (whole.tokens < 1) fail("a long text is not cut to the context");
  const beyond = goOn(address, KEY, ["--prompt", long, "--context", "100000", "--raw", "--max-tokens", "8"], false);
  // This server ends its answer there without a word about why.
  if (beyond.status === 0 || !beyond.stderr.includes("The server")) fail("a text beyond the context has no message");
}

/** Without a format for conversations of its own the starter says nothing sensible in one; that it is asked in one is what counts. */
function translate(address) {
  const folder = mkdtempSync(join(tmpdir(), "bimo-try-"));
  const file = join(folder, "rain.txt");
  writeFileSync(file, "The rain stopped. She went home.\n");
  const args = ["translate", "--json", "--server", address, "--model", "story", file];
  const result = spawnSync(bimo, args, { encoding: "utf8", env: { ...process.env, BIMO_SERVER_KEY: KEY } });
  rmSync(folder, { recursive: true });
  if (result.status !== 0) fail(`bimo ${args.slice(0, 6).join(" ")}: ${result.stderr}`);
  const { segments } = JSON.parse(result.stdout);
  console.log(`   ${segments.map(({ source, target }) => `${source} ${target}`).join("\n   ")}`);
  if (segments.length !== 2) fail(`${segments.length} sentences came of two`);
  if (segments.some(({ target }) => /[\uFFFD]|<\/?think>/u.test(target))) fail("that is no text");
}

function goOn(address, key, options, succeeds = true, model = "story") {
  const args = ["continue", "--json", "--server", address, "--model", model, ...options];
  const env = { ...process.env, BIMO_SERVER_KEY: key };
  const result = spawnSync(bimo, args, { encoding: "utf8", env });
  if (succeeds && result.status !== 0) fail(`bimo ${args.slice(0, 8).join(" ")}: ${result.stderr}`);
  if (result.stderr.includes(key)) fail("the key was printed");
  return result;
}
