import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { en } from "../../i18n/en";
import { openWindow } from "../../testing";

const QWEN = "Qwen/Qwen3-0.6B-GGUF:Qwen3-0.6B-Q8_0.gguf";
const GB = 2 ** 30;
/** Models inside the program: one writes, one translates. */
const STARTERS = 3;

async function openModels(options: Parameters<typeof openWindow>[0] = {}) {
  const user = userEvent.setup();
  const opened = await openWindow(options);
  await user.click(screen.getByTestId("rail-models"));
  await waitFor(() => expect(screen.getAllByTestId("entry").length).toBeGreaterThan(0));
  return { user, ...opened };
}

describe("the catalogue", () => {
  it("says what fits, what instead, and which one is for this machine", async () => {
    await openModels();
    const [small, large] = screen.getAllByTestId("entry");
    expect(within(small as HTMLElement).getByTestId("recommended")).toHaveTextContent(en.hub.recommended);
    expect(small).toHaveTextContent("fits: needs about 2.1 GB, 8.0 GB free");
    expect(large).toHaveTextContent("does not fit: needs about 18.0 GB, 8.0 GB free; take Qwen3 0.6B instead");
    expect(screen.getAllByTestId("recommended")).toHaveLength(1);
  });

  it("offers nothing that this edition has no use for", async () => {
    const { user } = await openModels();
    await user.click(screen.getByTestId("task-translate"));
    expect(await screen.findByTestId("entry")).not.toHaveTextContent(en.hub.notYet);
    await user.click(screen.getByTestId("task-answer"));
    const entry = await screen.findByTestId("entry");
    expect(entry).toHaveTextContent(en.hub.notYet);
    expect(within(entry).queryByTestId("download-entry")).toBeNull();
  });

  it("speaks Chinese", async () => {
    await openModels({ settings: { language: "zh" } });
    const [small, large] = screen.getAllByTestId("entry");
    expect(small).toHaveTextContent("放得下：约需内存 2.1 GB，空闲 8.0 GB");
    expect(large).toHaveTextContent("可改用 Qwen3 0.6B");
    expect(small).toHaveTextContent("中英文都能用的第一个真正的模型。");
  });
});

describe("downloads", () => {
  it("are begun with one click, paused, resumed, and the model is used with one more", async () => {
    const { user, host } = await openModels();
    await user.click(screen.getAllByTestId("download-entry")[0] as HTMLElement);
    const item = await screen.findByTestId("download");
    expect(item).toHaveTextContent(en.hub.states.waiting);
    host.hub.progress(QWEN, { state: "fetching", bytes: GB / 4, totalBytes: GB / 2, bytesPerSecond: 2 ** 21, secondsLeft: 90 });
    await waitFor(() =>
      expect(screen.getByTestId("download-told")).toHaveTextContent("downloading · 256 MB of 512 MB · 2.0 MB/s · 2 min left"),
    );
    expect(screen.getByRole("progressbar", { name: en.hub.bar(QWEN) })).toHaveAttribute("value", String(GB / 4));
    await user.click(screen.getByTestId("pause-download"));
    expect(await screen.findByTestId("resume-download")).toBeVisible();
    await user.click(screen.getByTestId("resume-download"));
    expect(await screen.findByTestId("pause-download")).toBeVisible();
    host.hub.progress(QWEN, { state: "done", path: "/models/qwen" });
    await user.click(await screen.findByTestId("use-download"));
    expect(host.calls).toContain("useModel");
    await waitFor(() => expect(screen.queryByTestId("download")).toBeNull());
  });

  it("ask before they delete what has come, and say what to do after a failure", async () => {
    const { user, host } = await openModels();
    await user.click(screen.getAllByTestId("download-entry")[0] as HTMLElement);
    await screen.findByTestId("download");
    const problem = { code: "models_disk_full", message: "", detail: "7 bytes are free", retryable: true, shortage: null };
    host.hub.progress(QWEN, { state: "failed", bytes: GB / 4, totalBytes: GB, problem });
    expect(await screen.findByText(/Make room, then resume/)).toBeVisible();
    await user.click(screen.getByTestId("cancel-download"));
    expect(screen.getByText(/Delete the 256 MB that have come/)).toBeVisible();
    await user.click(screen.getByTestId("keep-part"));
    expect(screen.getByTestId("download")).toHaveAttribute("data-state", "paused");
    await user.click(screen.getByTestId("cancel-download"));
    await user.click(screen.getByTestId("delete-part"));
    await waitFor(() => expect(screen.queryByTestId("download")).toBeNull());
  });

  it("change their order", async () => {
    const { user } = await openModels();
    for (const button of screen.getAllByTestId("download-entry")) await user.click(button);
    await waitFor(() => expect(screen.getAllByTestId("download")).toHaveLength(2));
    await user.click(screen.getByRole("button", { name: en.hub.sooner("Qwen/Qwen3-14B-GGUF:Qwen3-14B-Q4_K_M.gguf") }));
    await waitFor(() => expect(screen.getAllByTestId("download")[0]).toHaveTextContent("14B"));
  });
});

describe("the hub", () => {
  it("is searched by name, and a pasted address shows what it has", async () => {
    const { user, host, desk } = await openModels();
    expect(desk.requests).toBe(0);
    await user.type(screen.getByTestId("hub-words"), "story{Enter}");
    expect(await screen.findByTestId("found")).toHaveTextContent("someone/a-story-GGUF");
    await waitFor(() => expect(desk.requests).toBe(1));
    await user.clear(screen.getByTestId("hub-words"));
    await user.type(screen.getByTestId("hub-words"), "https://huggingface.co/o/n/tree/main{Enter}");
    await waitFor(() => expect(screen.getAllByTestId("offered")).toHaveLength(3));
    const [small, large, pickle] = screen.getAllByTestId("offered");
    expect(small).toHaveTextContent("fits: needs about 1.0 GB");
    expect(large).toHaveTextContent("take m-Q4_K_M.gguf instead");
    const take = within(pickle as HTMLElement).getByTestId("download-offered");
    expect(take).toBeDisabled();
    await user.click(screen.getByTestId("agree-pickle"));
    await user.click(take);
    expect(host.calls).toContain("downloadModel");
    await waitFor(() => expect(screen.queryByTestId("offer")).toBeNull());
    expect(screen.getByTestId("download")).toHaveTextContent("o/n");
  });

  it("says in words what it has not", async () => {
    const { user } = await openModels();
    await user.type(screen.getByTestId("hub-words"), "nothing{Enter}");
    expect(await screen.findByText(en.hub.found(0))).toBeVisible();
    await user.clear(screen.getByTestId("hub-words"));
    await user.type(screen.getByTestId("hub-words"), "o/missing{Enter}");
    expect(await screen.findByText(/Check how its name is written/)).toBeVisible();
  });
});

describe("the way to the hub", () => {
  it("takes a mirror, and a token for this run where there is no keyring", async () => {
    const { user } = await openModels();
    await user.click(screen.getByText(en.hub.access));
    await user.type(screen.getByTestId("hub-mirror"), "mirror.example");
    await user.click(screen.getByTestId("keep-hub"));
    expect(await screen.findByTestId("access-failure")).toHaveTextContent("This is no hub's address");
    await user.clear(screen.getByTestId("hub-mirror"));
    await user.type(screen.getByTestId("hub-mirror"), "https://mirror.example");
    await user.click(screen.getByTestId("keep-hub"));
    await waitFor(() => expect(screen.getByTestId("hub-access")).toHaveTextContent("Asked now: https://mirror.example"));

    await user.type(screen.getByTestId("hub-token"), "hf_secret");
    await user.click(screen.getByTestId("keep-token"));
    expect(await screen.findByTestId("access-failure")).toHaveTextContent("no keyring");
    await user.click(screen.getByTestId("use-token"));
    await waitFor(() => expect(screen.getByTestId("token-from")).toHaveTextContent(en.hub.tokenFrom.thisRun));
    expect(screen.getByTestId("hub-token")).toHaveValue("");
    await user.click(screen.getByTestId("forget-token"));
    await waitFor(() => expect(screen.getByTestId("token-from")).toHaveTextContent(en.hub.tokenFrom.nowhere));
  });
});

describe("the shelf", () => {
  it("lists the starter where the folder of models cannot be read, and says what to do", async () => {
    const folderProblem = { code: "models_folder", message: "", detail: "/models: Not a directory", retryable: false, shortage: null };
    await openModels({ folderProblem });
    expect(await screen.findByTestId("folder-problem")).toHaveTextContent("Check that its disk is there");
    expect(screen.getAllByTestId("shelved")).toHaveLength(STARTERS);
  });

  it("says that in Chinese too", async () => {
    const folderProblem = { code: "models_folder", message: "", detail: "/models: Not a directory", retryable: false, shortage: null };
    await openModels({ folderProblem, settings: { language: "zh" } });
    expect(await screen.findByTestId("folder-problem")).toHaveTextContent("请检查磁盘是否在");
  });

  it("keeps a model's own voice, and takes it over with the model", async () => {
    const { user, desk } = await openModels();
    desk.changeSettings({ writing: { wildness: 0.9, length: 40, finishSentence: false, sampling: null, seed: null } });
    await user.click(screen.getByTestId("bring-file"));
    await waitFor(() => expect(screen.getAllByTestId("shelved")).toHaveLength(STARTERS + 1));
    await user.click(screen.getAllByTestId("show-own").at(-1) as HTMLElement);
    await user.click(screen.getByTestId("keep-defaults"));
    expect(await screen.findByTestId("has-defaults")).toHaveTextContent("40 tokens, wildness 90 %");
    desk.changeSettings({ writing: { wildness: 0.1, length: 400, finishSentence: true, sampling: null, seed: null } });
    await user.click(screen.getByTestId("use-model"));
    await waitFor(() => expect(desk.settings?.writing.length).toBe(40));
  });
});

describe("network requests", () => {
  it("are none by default, which is said, and each is listed", async () => {
    const { user, host } = await openModels();
    await user.click(screen.getByTestId("rail-settings"));
    expect(screen.getByTestId("request-count")).toHaveTextContent("No network request has been made");
    await user.click(screen.getByTestId("list-requests"));
    expect(await screen.findByTestId("no-requests")).toHaveTextContent(en.hub.noRequests);
    host.hub.request({ host: "cdn.example", path: "/o/n/resolve/main/m.gguf", status: null });
    expect(await screen.findByTestId("request")).toHaveTextContent("cdn.example");
    expect(screen.getByTestId("request")).toHaveTextContent(en.hub.noAnswer);
    expect(screen.getByTestId("request-count")).toHaveTextContent("1 network request has been made");
  });
});
