// An OpenAI-compatible server on this machine, with one model that says what it is told to say.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** Serves one model, `story-70b`, for whoever has `key`. */
export async function openCompletions(key) {
  const seen = [];
  let pieces = [];
  let status = 200;
  let paceMs = 0;
  const answer = (response, code, value) => {
    response.writeHead(code, { "Content-Type": "application/json" });
    response.end(JSON.stringify(value));
  };
  const stream = async (response, converses) => {
    const said = (text) => (converses ? { delta: { content: text } } : { text });
    const tell = (text, finish) => response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...said(text), finish_reason: finish }] })}\n\n`);
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const text of pieces) {
      if (paceMs > 0) await sleep(paceMs);
      tell(text, null);
    }
    tell("", "stop");
    response.end("data: [DONE]\n\n");
  };
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    seen.push({ path: request.url, body: body && JSON.parse(body) });
    if (request.headers.authorization !== `Bearer ${key}`) return answer(response, 401, { error: { message: "no" } });
    if (request.url === "/v1/models") {
      return answer(response, 200, { object: "list", data: [{ id: "story-70b", object: "model", owned_by: "vllm", max_model_len: 4096 }] });
    }
    if (status !== 200) return answer(response, status, { error: { message: "out of memory" } });
    return stream(response, request.url === "/v1/chat/completions");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${server.address().port}`,
    seen,
    /** What it says from now on, in these pieces. */
    say: (...texts) => ([pieces, status] = [texts, 200]),
    /** How long it waits before each piece. */
    pace: (ms) => (paceMs = ms),
    /** Every completion is refused from now on. */
    refuse: (code) => (status = code),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
