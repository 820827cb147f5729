// The page that people read: what was measured where, what was checked first, and the tables.

import { markdown } from "./table.mjs";

/** `found` is what latest.json has. */
export function report({ machine, checks, rows, avx2 }) {
  const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
  const medians = `medians of ${machine.rounds} alternating rounds, two threads each`;
  const parts = [
    "# Bimo beside llama.cpp, CTranslate2 and ONNX Runtime",
    `\`npm run bench${machine.quick ? " -- --quick" : ""}\`, ${machine.measuredAt.slice(0, 16).replace("T", " ")} UTC. Ratios are above 1 where Bimo is better.`,
    [
      `- ${machine.processor}, ${machine.cores} cores (${machine.instructions.join(", ")}), ${gigabytes(machine.memoryBytes)} of memory, ${machine.system}`,
      `- memory read by two threads: ${gigabytes(machine.bytesPerSecond)}/s, the best of this run`,
      `- ${medians}; a process for each side and round, which loads the model again`,
      "- weights are random, shapes and file formats those of the published models; Bimo keeps what is not in its file's blocks as Q8_0, what comes as floats to an encoder or a translator as Q8_K",
      `- llama.cpp is that of llama-cpp-python 0.3.36, built from source for ${machine.llamaInstructions.join(", ")}; AMX is off. Both keep keys and values in 16 bits`,
      "- Bimo reads and writes as its window does: a prompt in pieces of 64 tokens, every token through the sampler",
    ].join("\n"),
    "Checked before anything was measured:",
    checks.map(({ model, words }) => `- ${model}: ${words}`).join("\n"),
    markdown(rows),
  ];
  if (!machine.isWhole) parts.push("The run was cut short: what is missing here was not measured.");
  if (avx2.length > 0) {
    parts.push(
      "## Both sides limited to AVX2",
      "What most desktops have. Bimo's kernels and CTranslate2 heed a variable at run time, llama.cpp is built for it. ONNX Runtime has no such switch, so Bimo stands alone there.",
      markdown(avx2),
    );
  }
  return parts.join("\n\n");
}
