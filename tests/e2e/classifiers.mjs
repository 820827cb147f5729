// Classifiers with random weights and any labels, in the files of the hub.
//
// Start reading at `classifierWith`: a BERT of the reference fixtures is given another head.

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The reference fixture with this name. */
export const encoder = (name) => fileURLToPath(new URL(`../reference/fixtures/encoders/${name}`, import.meta.url));

/** Makes `folder` a classifier with these labels; what it says is always the same. */
export function classifierWith(labels, folder) {
  cpSync(encoder("bert-saved"), folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  config.id2label = Object.fromEntries(labels.map((label, number) => [number, label]));
  config.label2id = Object.fromEntries(labels.map((label, number) => [label, number]));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const weights = join(folder, "model.safetensors");
  const head = {
    "classifier.weight": numbers(labels.length * config.hidden_size, [labels.length, config.hidden_size]),
    "classifier.bias": numbers(labels.length, [labels.length]),
  };
  writeFileSync(weights, withTensors(readFileSync(weights), head));
}

/** Numbers from -1 to 1 without a pattern, as a tensor. */
function numbers(count, shape) {
  const bytes = Buffer.alloc(4 * count);
  let state = 1;
  for (let at = 0; at < count; at += 1) {
    // Park and Miller 1988.
    state = (state * 48271) % 2147483647;
    bytes.writeFloatLE((2 * state) / 2147483647 - 1, 4 * at);
  }
  return { dtype: "F32", shape, bytes };
}

/** A safetensors file with some tensors in the place of those with the same names. */
function withTensors(file, others) {
  const begin = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__: about, ...tensors } = JSON.parse(file.subarray(8, begin).toString("utf8"));
  const header = about ? { __metadata__: about } : {};
  const data = [];
  let end = 0;
  for (const [name, { dtype, shape, data_offsets: place }] of Object.entries(tensors)) {
    const kept = { dtype, shape, bytes: file.subarray(begin + place[0], begin + place[1]) };
    const tensor = others[name] ?? kept;
    header[name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [end, (end += tensor.bytes.length)] };
    data.push(tensor.bytes);
  }
  const json = JSON.stringify(header);
  const padded = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...data]);
}
