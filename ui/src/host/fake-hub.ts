// A hub in memory: a catalogue of a few, one repository, and downloads that a test moves on by hand.

import type {
  ApiError,
  CatalogueEntry,
  Download,
  Downloads,
  Fit,
  Host,
  HubAccess,
  ModelOffer,
  NetworkRequest,
  OfferedModel,
} from "./host";

/** The part of the host that is about models that can be had. */
export type HubHost = Pick<
  Host,
  | "catalogue"
  | "searchModels"
  | "offerModel"
  | "watchDownloads"
  | "downloadModel"
  | "pauseDownload"
  | "moveDownload"
  | "cancelDownload"
  | "hubAccess"
  | "setHub"
  | "setHubToken"
  | "networkRequests"
>;

export interface FakeHub {
  host: HubHost;
  /** Moves a download on, or lets it end. */
  progress(address: string, change: Partial<Download>): void;
  /** Writes a request into the list. */
  request(change?: Partial<NetworkRequest>): void;
}

const GB = 2 ** 30;
const fit = (need: number, instead: string | null = null): Fit => ({
  needBytes: need * GB,
  freeBytes: 8 * GB,
  fits: need <= 8,
  instead: need <= 8 ? null : instead,
});

const entry = (change: Partial<CatalogueEntry>): CatalogueEntry => ({
  task: "story",
  address: "Qwen/Qwen3-0.6B-GGUF:Qwen3-0.6B-Q8_0.gguf",
  title: "Qwen3 0.6B",
  goodFor: { en: "A first real model for both languages.", zh: "中英文都能用的第一个真正的模型。" },
  quality: { en: "Simple plots only.", zh: "只适合简单情节。" },
  languages: ["en", "zh"],
  parameters: 596e6,
  licence: "apache-2.0",
  files: ["Qwen3-0.6B-Q8_0.gguf"],
  pickle: false,
  runs: true,
  fit: fit(2.1),
  recommended: true,
  here: false,
  ...change,
});

const CATALOGUE: CatalogueEntry[] = [
  entry({}),
  entry({
    address: "Qwen/Qwen3-14B-GGUF:Qwen3-14B-Q4_K_M.gguf",
    title: "Qwen3 14B",
    parameters: 14.8e9,
    fit: fit(18, "Qwen3 0.6B"),
    recommended: false,
  }),
  entry({
    task: "translate",
    address: "Helsinki-NLP/opus-mt-en-zh",
    title: "OPUS-MT English → Chinese",
    licence: "apache-2.0",
    pickle: true,
    fit: fit(0.5),
    recommended: false,
  }),
  entry({
    task: "summarize",
    address: "sshleifer/distilbart-cnn-12-6",
    title: "DistilBART CNN",
    languages: ["en"],
    licence: "apache-2.0",
    pickle: true,
    fit: fit(1.4),
    recommended: false,
  }),
  entry({
    task: "answer",
    address: "uer/roberta-base-chinese-extractive-qa",
    title: "RoBERTa answers",
    licence: null,
    pickle: true,
    runs: false,
    recommended: false,
  }),
];

function offerOf(name: string): ModelOffer {
  const repo = /([\w.-]+\/[\w.-]+?)(?::|\/(?:tree|blob|resolve)\/|$)/.exec(name.replace(/^https?:\/\/[^/]+\//, ""))?.[1] ?? name;
  const offered = (file: string, bytes: number, pickle = false): OfferedModel => ({
    address: pickle ? repo : `${repo}:${file}`,
    file: pickle ? null : file,
    bytes,
    files: pickle ? 5 : 1,
    pickle,
    fit: fit((bytes / GB) * 2.5, "m-Q4_K_M.gguf"),
    fitsOnDisk: bytes < 40 * GB,
    here: false,
  });
  return {
    repo,
    page: `https://huggingface.co/${repo}`,
    licence: "apache-2.0",
    gated: false,
    architecture: "qwen3",
    runs: true,
    parameters: 596e6,
    freeDiskBytes: 40 * GB,
    models: [offered("m-Q4_K_M.gguf", 0.4 * GB), offered("m-Q8_0.gguf", 4 * GB), offered("pytorch_model.bin", 2 * GB, true)],
  };
}

/** `come` puts a model that has come on the shelf. */
export function fakeHub(fail: (code: string) => ApiError, come: (address: string, path: string) => void): FakeHub {
  let tell: (downloads: Downloads) => void = () => undefined;
  let list: Download[] = [];
  let finished = 0;
  const requests: NetworkRequest[] = [];
  let access: HubAccess = {
    mirror: "",
    environmentMirror: null,
    origin: "https://huggingface.co",
    proxy: "",
    token: "nowhere",
  };

  const changed = () => tell({ list: structuredClone(list), finished, requests: requests.length });
  const request = (change: Partial<NetworkRequest> = {}) => {
    const made = { atMs: Date.now(), method: "GET", host: "huggingface.co", path: "/api/models", status: 200, bytes: 512 };
    requests.unshift({ ...made, ...change });
    changed();
  };
  const progress = (address: string, change: Partial<Download>) => {
    list = list.map((each) => (each.address === address ? { ...each, ...change } : each));
    if (change.state === "done") {
      finished += 1;
      come(address, change.path ?? `/models/${address}`);
    }
    changed();
  };

  const host: HubHost = {
    catalogue: async () => {
      const done = new Set(list.filter(({ state }) => state === "done").map(({ address }) => address));
      return CATALOGUE.map((each) => ({ ...structuredClone(each), here: each.here || done.has(each.address) }));
    },
    searchModels: async (words) => {
      request({ path: `/api/models?search=${words}` });
      if (words.includes("nothing")) return [];
      return [
        {
          address: "someone/a-story-GGUF",
          downloads: 4321,
          likes: 12,
          task: "story" as const,
          licence: "mit",
          gated: false,
          gguf: true,
        },
      ];
    },
    offerModel: async (name) => {
      request({ path: `/api/models/${name}` });
      if (name.includes("missing")) throw fail("model_not_found");
      return offerOf(name);
    },
    watchDownloads: async (onDownloads) => {
      tell = onDownloads;
      changed();
    },
    downloadModel: async (address) => {
      const resting = list.find((each) => each.address === address);
      if (resting) {
        progress(address, { state: "waiting", problem: null });
        return;
      }
      const added: Download = {
        address,
        state: "waiting",
        bytes: 0,
        totalBytes: 0,
        bytesPerSecond: 0,
        secondsLeft: null,
        problem: null,
        path: null,
      };
      list = [...list, added];
      changed();
    },
    pauseDownload: async (address) => progress(address, { state: "paused", bytesPerSecond: 0, secondsLeft: null }),
    moveDownload: async (address, position) => {
      const [moved] = list.splice(list.findIndex((each) => each.address === address), 1);
      if (moved) list.splice(position, 0, moved);
      changed();
    },
    cancelDownload: async (address, deletePart) => {
      if (deletePart) list = list.filter((each) => each.address !== address);
      else progress(address, { state: "paused", bytesPerSecond: 0, secondsLeft: null });
      changed();
    },
    hubAccess: async () => access,
    setHub: async (mirror, proxy) => {
      if (mirror !== "" && !/^https?:\/\//.test(mirror)) throw fail("invalid_endpoint");
      access = { ...access, mirror, proxy, origin: mirror === "" ? "https://huggingface.co" : new URL(mirror).origin };
      return access;
    },
    setHubToken: async (token, keep) => {
      if (token !== "" && keep) throw fail("no_keyring");
      access = { ...access, token: token === "" ? "nowhere" : "thisRun" };
      return access;
    },
    networkRequests: async () => structuredClone(requests),
  };
  return { host, progress, request };
}
