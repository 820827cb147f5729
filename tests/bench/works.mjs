// What is measured of which model, and against whom. Both sides are asked the same in the same words: a work has the
// requests, what of an answer is looked at, and whether two answers are of the same model.

import { statSync } from "node:fs";
import { join } from "node:path";

import { growth } from "./table.mjs";

const WRITTEN = 32;
const PROMPT = 512;
const LONG_PROMPT = 4096;
const SENTENCE = 25;
const TEXT = 128;
const MANY_SENTENCES = 64;
const MANY_TEXTS = 32;
const MEGABYTE = 1e6;
/** A model trained on texts is surer of itself than a random one, and so what is rounded otherwise shows more. */
const LIKELIHOODS_APART = 0.15;

/** So many tokens, no two texts beginning alike; none is of those that a model keeps for itself. */
const tokens = (count, text = 0) => Array.from({ length: count }, (_, place) => 300 + ((text * 131 + place * 37) % 5000));
const texts = (count, length) => Array.from({ length: count }, (_, text) => tokens(length, text));

const more = (work, unit) => ({ work, unit, better: "more" });
const less = (work, unit) => ({ work, unit, better: "less" });
const loaded = [
  [less("load and answer once", "s"), ({ loadSeconds }) => loadSeconds],
  [less("peak memory", "MB"), ({ peakBytes }) => peakBytes / MEGABYTE],
];

const write = (count, text, written = WRITTEN) => ({ write: { prompt: tokens(count, text), written } });

/** A model that continues texts. The first token written costs nothing but a look at the prompt's logits. */
function decoder(model, path, options = {}) {
  const request = (runs) => ({ kind: "decoder", runs });
  const decoded = ({ writeSeconds }) => (WRITTEN - 1) / writeSeconds;
  return {
    model,
    peer: "llama.cpp",
    paths: { ours: path, theirs: path },
    check: { request: request([{ score: tokens(48, 9) }, write(48, 8, 16)]), compare: likelihoods },
    request: request([write(1, 1), write(PROMPT, 2)]),
    measures: [
      [more("decode, empty", "tokens/s"), ({ runs }) => decoded(runs[0])],
      [more(`decode after ${PROMPT}`, "tokens/s"), ({ runs }) => decoded(runs[1])],
      [more(`prefill ${PROMPT}`, "tokens/s"), ({ runs }) => PROMPT / runs[1].readSeconds],
      ...loaded,
    ],
    ...options,
  };
}

/** How much slower it becomes with the length of the text. */
function growing(model, path) {
  const prefill = (run, amount) => ({ amount, seconds: run.readSeconds });
  const decode = (run) => ({ amount: WRITTEN - 1, seconds: run.writeSeconds });
  return {
    model,
    peer: "llama.cpp",
    paths: { ours: path, theirs: path },
    request: { kind: "decoder", runs: [write(1, 1), write(PROMPT, 2), write(LONG_PROMPT, 3)] },
    measures: [
      [
        less(`a token's prefill, ${PROMPT} to ${LONG_PROMPT}`, "times as long"),
        ({ runs: [, some, many] }) => growth(prefill(some, PROMPT), prefill(many, LONG_PROMPT)),
      ],
      [less(`a token's decode, empty to ${LONG_PROMPT}`, "times as long"), ({ runs: [none, , many] }) => growth(decode(none), decode(many))],
    ],
  };
}

/** What a writer does and a benchmark does not: the end of a long text is edited, and several texts are written at once. */
function deskwork(model, path) {
  const chapter = tokens(LONG_PROMPT, 4);
  const edited = [...chapter.slice(0, -16), ...tokens(16, 5)];
  const several = { write: { ...write(PROMPT, 6).write, choices: 3 } };
  return {
    model,
    peer: null,
    paths: { ours: path, theirs: path },
    isQuick: true,
    request: { kind: "decoder", runs: [{ write: { prompt: chapter, written: 1 } }, { write: { prompt: edited, written: 1 } }, write(PROMPT, 7), several] },
    measures: [
      [
        less(`first token after 16 new ones at the end of ${LONG_PROMPT}, beside reading all`, "times as long"),
        ({ runs: [all, end] }) => end.readSeconds / all.readSeconds,
      ],
      [less("three alternatives, beside one", "times as long"), ({ runs: [, , one, three] }) => three.writeSeconds / one.writeSeconds],
    ],
  };
}

function rewriter(model, path, options = {}) {
  const run = (count, beams) => ({ sources: texts(count, SENTENCE), beams, written: SENTENCE });
  const request = (exact, runs) => ({ kind: "rewriter", exact, runs });
  const sorts = [1, MANY_SENTENCES].flatMap((count) => [1, 4].map((beams) => ({ count, beams })));
  const words = ({ count, beams }) => `${count === 1 ? "one sentence" : `${count} sentences`}, ${beams === 1 ? "greedy" : `${beams} beams`}`;
  return {
    model,
    peer: "CTranslate2 int8",
    paths: { ours: join(path, "hub"), theirs: path },
    check: { request: request(true, [run(4, 1)]), compare: sameTexts },
    request: request(false, sorts.map(({ count, beams }) => run(count, beams))),
    measures: [
      ...sorts.map((sort, place) => [
        more(words(sort), "sentences/s"),
        ({ runs }) => sort.count / runs[place].seconds,
      ]),
      ...loaded,
    ],
    ...options,
  };
}

function classifier(model, path, options = {}) {
  const request = (exact, counts) => ({ kind: "classifier", exact, runs: counts.map((count) => ({ texts: texts(count, TEXT) })) });
  const counts = [1, MANY_TEXTS];
  return {
    model,
    peer: "ONNX Runtime int8",
    paths: { ours: join(path, "hub"), theirs: path },
    check: { request: request(true, [4]), compare: sameLogits },
    request: request(false, counts),
    measures: [
      ...counts.map((count, place) => [
        more(`${TEXT} tokens, batch ${count}`, "texts/s"),
        ({ runs }) => count / runs[place].seconds,
      ]),
      ...loaded,
    ],
    ...options,
  };
}

/**
 * Two sums of thousands of products in eight bits differ by a hundredth of their spread, so the likelihoods of a text are
 * compared, and of what is written on how long it is the same.
 */
function likelihoods(ours, theirs) {
  const [mine, other] = [ours.runs[0], theirs.runs[0]];
  const apart = mine.reduce((sum, value, place) => sum + Math.abs(value - other[place]), 0) / mine.length;
  const [written, others] = [ours.runs[1].tokens, theirs.runs[1].tokens];
  const first = written.findIndex((token, place) => token !== others[place]);
  const alike = first === -1 ? written.length : first;
  const words = `log-probabilities ${apart.toFixed(3)} apart in the mean, ${alike} of ${written.length} greedy tokens the same`;
  return { holds: apart <= LIKELIHOODS_APART, words };
}

function sameTexts(ours, theirs) {
  const pairs = ours.runs[0].output.map((text, place) => [text, theirs.runs[0].output[place]]);
  const same = pairs.filter(([mine, other]) => mine.join() === other.join()).length;
  return { holds: same === pairs.length, words: `in f32 ${same} of ${pairs.length} greedy texts the same, token for token` };
}

function sameLogits(ours, theirs) {
  const [mine, other] = [ours, theirs].map(({ runs }) => runs[0].output.flat());
  const apart = Math.max(...mine.map((value, place) => Math.abs(value - other[place])));
  return { holds: apart <= 1e-3, words: `in f32 logits at most ${apart.toExponential(1)} apart` };
}

/** Everything, by the folder of the random models and that of the starters. A work `needs` a random model by its name. */
export function works(models, starters) {
  const often = { isQuick: true, inAvx2: true };
  const random = (shape, mix, options = {}) => {
    const name = `${shape}-${mix}.gguf`;
    const path = join(models, name);
    return decoder(`${shape} ${mix}`, path, { needs: name, weightBytes: () => statSync(path).size, ...options });
  };
  const folder = (kind, name, options) => kind(name, join(models, name), { needs: name, ...often, ...options });
  const longer = (kind, words) => {
    const name = "qwen3-0.6b-Q8_0.gguf";
    return { ...kind(`qwen3-0.6b Q8_0, ${words}`, join(models, name)), needs: name };
  };
  const starter = (name) => join(starters, name, `${name}.gguf`);
  const alone = (name) => ({ peer: null, check: undefined, paths: { ours: starter(name) }, isQuick: true });
  return [
    random("qwen3-0.6b", "Q8_0", often),
    random("qwen3-0.6b", "Q4_K_M", often),
    decoder("story starter Q8_0", starter("story"), { isQuick: true }),
    folder(rewriter, "opus-mt-en-zh"),
    rewriter("translator starter", "", alone("translator")),
    folder(classifier, "distilbert-base", { peerHasNoLimit: true }),
    classifier("sentiment starter", "", alone("sentiment")),
    random("qwen2.5-0.5b", "Q8_0"),
    random("qwen2.5-0.5b", "Q4_K_M"),
    random("qwen2.5-1.5b", "Q8_0"),
    random("qwen2.5-1.5b", "Q4_K_M"),
    longer(deskwork, "at the desk"),
    longer(growing, "long texts"),
  ];
}
