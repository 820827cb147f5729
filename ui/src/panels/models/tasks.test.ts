import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { en } from "../../i18n/en";
import { openWindow } from "../../testing";

const GB = 2 ** 30;

async function openModels(options: Parameters<typeof openWindow>[0] = {}) {
  const user = userEvent.setup();
  const opened = await openWindow(options);
  await user.click(screen.getByTestId("rail-models"));
  await screen.findByTestId("tasks");
  return { user, ...opened };
}

const row = (name: string) => screen.getAllByTestId("shelved").find((each) => each.textContent.includes(name)) as HTMLElement;

describe("each task", () => {
  it("shows its model, and a translator that is brought is taken with one click", async () => {
    const { user, desk } = await openModels({ folder: "/models/opus-mt-en-zh" });
    expect(screen.getByTestId("model-for-story")).toHaveDisplayValue("Bimo story starter");
    expect(screen.getByTestId("model-for-translate")).toHaveDisplayValue("Bimo translator starter");
    expect(screen.getByTestId("model-for-sentiment")).toHaveDisplayValue("Bimo sentiment starter");
    await user.click(screen.getByTestId("bring-folder"));
    const translator = await waitFor(() => row("opus-mt-en-zh"));
    expect(within(translator).queryByTestId("show-own")).toBeNull();
    await user.click(within(translator).getByRole("button", { name: /Translate with it/ }));
    await waitFor(() => expect(screen.getByTestId("model-for-translate")).toHaveDisplayValue("opus-mt-en-zh"));
    expect(within(row("opus-mt-en-zh")).getByTestId("used-for")).toHaveTextContent(en.models.used.translate);
    expect(screen.getByTestId("model-for-story")).toHaveDisplayValue("Bimo story starter");
    expect(desk.failure).toBeNull();
  });

  it("is given another model in the list, and a refusal is said in words", async () => {
    const { user, host } = await openModels();
    await user.click(screen.getByTestId("bring-file"));
    await waitFor(() => row("qwen3"));
    await user.selectOptions(screen.getByTestId("model-for-story"), "/models/qwen3-0.6b.gguf");
    await waitFor(() => expect(screen.getByTestId("model-for-story")).toHaveDisplayValue("qwen3-0.6b.gguf"));
    host.failNext("useModel", { code: "model_of_other_task", detail: "X cannot translate" });
    await user.selectOptions(screen.getByTestId("model-for-story"), "");
    expect(await screen.findByTestId("error")).toHaveTextContent("for another task");
    await waitFor(() => expect(screen.getByTestId("model-for-story")).toHaveDisplayValue("qwen3-0.6b.gguf"));
  });
});

describe("a model's own settings", () => {
  it("are its voice and how much it reads", async () => {
    const { user, host } = await openModels();
    await user.click(screen.getByTestId("bring-file"));
    await waitFor(() => row("qwen3"));
    await user.click(within(row("qwen3")).getByTestId("show-own"));
    expect(screen.getByTestId("voice-told")).toHaveTextContent(en.models.presentVoice);
    await user.selectOptions(screen.getByTestId("context-limit"), "4096");
    await waitFor(() => expect(row("qwen3")).toHaveTextContent("reads at most 4,096 tokens"));
    await user.click(screen.getByTestId("keep-defaults"));
    await waitFor(() => expect(screen.getByTestId("voice-told")).toHaveTextContent(en.models.ownVoice));
    await user.click(screen.getByTestId("forget-defaults"));
    await waitFor(() => expect(screen.queryByTestId("has-defaults")).toBeNull());
    expect(host.calls.filter((call) => call === "keepDefaults")).toHaveLength(2);
  });
});

describe("a model that does not fit", () => {
  const shortage = { needBytes: 9.8 * GB, freeBytes: 6.1 * GB, instead: { title: "Qwen3 1.7B", address: "Qwen/Qwen3-1.7B-GGUF" } };
  const error = { code: "model_too_large", detail: "the model needs 10522669875 bytes", shortage };

  it("is refused with both numbers and another to take, which is one click away", async () => {
    const { user, host } = await openModels();
    host.failModel(error);
    const alert = await within(screen.getByTestId("models")).findByText(/It needs about 9\.8 GB, and 6\.1 GB are free; take Qwen3 1\.7B instead\./);
    expect(alert).not.toHaveTextContent("10522669875");
    await user.click(screen.getByTestId("take-instead"));
    expect(await screen.findByTestId("offer")).toHaveTextContent("Qwen/Qwen3-1.7B-GGUF");
  });

  it("is so in Chinese too", async () => {
    const { host } = await openModels({ settings: { language: "zh" } });
    host.failModel(error);
    expect(await within(screen.getByTestId("models")).findByText(/约需 9\.8 GB，现有 6\.1 GB 空闲；可改用 Qwen3 1\.7B。/)).toBeVisible();
  });
});

describe("the graphics card", () => {
  const lost = { code: "device_failed", detail: "the NVIDIA GPU failed: CUDA_ERROR_DEVICE_LOST", retryable: true };

  it("that fails is asked about before the processor takes its place", async () => {
    const { user, host, desk } = await openWindow().then((opened) => ({ user: userEvent.setup(), ...opened }));
    host.failModel(lost);
    const asked = await screen.findByTestId("device-failed");
    expect(asked).toHaveTextContent("CUDA_ERROR_DEVICE_LOST");
    await user.click(screen.getByTestId("try-device-again"));
    expect(host.calls).toContain("reloadModel");
    expect(desk.settings?.computeOn).toBe("fastest");
    await user.click(await screen.findByTestId("use-processor"));
    await waitFor(() => expect(screen.queryByTestId("device-failed")).toBeNull());
    expect((await host.deskState()).settings.computeOn).toBe("processor");
  });

  it("can be chosen where this edition can use one, and only there", async () => {
    const user = userEvent.setup();
    const { host } = await openWindow({ state: { gpu: "NVIDIA" } });
    await user.click(screen.getByTestId("rail-settings"));
    await user.selectOptions(screen.getByTestId("setting-device"), "processor");
    await waitFor(async () => expect((await host.deskState()).settings.computeOn).toBe("processor"));
  });

  it("is not spoken of elsewhere", async () => {
    const user = userEvent.setup();
    await openWindow();
    await user.click(screen.getByTestId("rail-settings"));
    expect(screen.queryByTestId("setting-device")).toBeNull();
  });
});

describe("memory", () => {
  it("is shown: weights, what is read, the program, what is free", async () => {
    await openModels();
    const memory = await screen.findByTestId("memory-use");
    expect(memory).toHaveTextContent("weights 11.7 MB");
    expect(memory).toHaveTextContent("what it has read 4.0 MB");
    expect(memory).toHaveTextContent("free 7.5 GB");
  });

  it("of what was read has as many bits as the person says", async () => {
    const user = userEvent.setup();
    const { host } = await openWindow();
    await user.click(screen.getByTestId("rail-settings"));
    const bits = screen.getByLabelText(/What was read is kept in/);
    expect(bits).toHaveValue("automatic");
    await user.selectOptions(bits, "32 bits: exact");
    await waitFor(async () => expect((await host.deskState()).settings.cacheBits).toBe("thirtyTwo"));
  });
});
