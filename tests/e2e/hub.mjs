// A hub on this machine with one repository, which speaks what the program asks of the public one.

import { createHash } from "node:crypto";
import { createServer } from "node:http";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** Serves `files`, a Map of names and contents, as the repository `repo`. */
export async function openHub(repo, files) {
  const seen = [];
  let hold = null;
  const json = (response, value) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify(value));
  };
  const entry = ([path, content]) => {
    const oid = createHash("sha256").update(content).digest("hex");
    return { type: "file", path, size: content.length, oid: COMMIT, lfs: { oid, size: content.length, pointerSize: 134 } };
  };
  const send = (request, response, content) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers = { ETag: '"1"', "Accept-Ranges": "bytes", "Content-Length": content.length - from };
    if (from > 0) headers["Content-Range"] = `bytes ${from}-${content.length - 1}/${content.length}`;
    response.writeHead(from > 0 ? 206 : 200, headers);
    if (hold === null) response.end(content.subarray(from));
    else response.write(content.subarray(from, from + hold));
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://hub");
    seen.push({ path: pathname, range: request.headers.range ?? null, authorization: request.headers.authorization ?? null });
    const path = decodeURIComponent(pathname);
    if (path === "/api/models") {
      const found = { id: repo, downloads: 1234, likes: 5, pipeline_tag: "text-generation", tags: ["gguf", "license:mit"], gated: false };
      return json(response, [found]);
    }
    if (path === `/api/models/${repo}/revision/main`) {
      return json(response, { sha: COMMIT, gated: false, cardData: { license: "mit" }, gguf: { architecture: "llama", total: 60_000 } });
    }
    if (path === `/api/models/${repo}/tree/${COMMIT}`) return json(response, [...files].map(entry));
    const content = files.get(path.replace(`/${repo}/resolve/${COMMIT}/`, ""));
    if (content) return send(request, response, content);
    response.writeHead(404);
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    seen,
    /** From now on a file stops after so many bytes and the line stays open; null sends all of it. */
    hold: (bytes) => (hold = bytes),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
