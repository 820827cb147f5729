import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { openWindow } from "../../testing";

async function openForm(options: Parameters<typeof openWindow>[0] = {}) {
  const user = userEvent.setup();
  const opened = await openWindow(options);
  await user.click(screen.getByTestId("rail-models"));
  await user.click(await screen.findByTestId("server-new"));
  return { user, ...opened };
}

describe("servers", () => {
  it("are added, used, and the window says where the text goes until a model here writes again", async () => {
    const { user, host } = await openForm();
    expect(host.calls).not.toContain("useServer");
    await user.type(screen.getByTestId("server-address"), "https://example.org");
    await user.type(screen.getByTestId("server-key"), "sk-x");
    await user.click(screen.getByTestId("server-look"));
    await waitFor(() => expect(screen.getByTestId("server-model")).toHaveValue("qwen3-32b"));
    await user.type(screen.getByTestId("server-name"), "The cluster");
    await user.click(screen.getByTestId("server-add"));
    const server = await screen.findByTestId("server");
    expect(server).toHaveTextContent("The cluster");
    expect(server).toHaveTextContent("key in the keyring");
    expect(document.body.textContent).not.toContain("sk-x");
    await user.click(screen.getByTestId("rail-write"));
    expect(screen.queryByTestId("goes-to")).toBeNull();

    await user.click(screen.getByTestId("rail-models"));
    expect(screen.getByTestId("unload-model")).toBeInTheDocument();
    await user.click(within(await screen.findByTestId("server")).getByRole("button", { name: /Write with it/ }));
    // Its memory is not here.
    await waitFor(() => expect(screen.queryByTestId("unload-model")).toBeNull());
    await user.click(screen.getByTestId("rail-write"));
    expect(await screen.findByTestId("goes-to")).toHaveTextContent("Your text goes to example.org.");
    expect(screen.getByTestId("requests")).toHaveTextContent("A server is in use");
    await user.click(screen.getByTestId("rail-translate"));
    expect(await screen.findByTestId("translate-requests")).toHaveTextContent("A server is in use");

    await host.useModel("story", null);
    await waitFor(() => expect(screen.queryByTestId("goes-to")).toBeNull());
  });

  it("translate in place of a model here, and the Translate panel says where the text goes", async () => {
    const { user, host } = await openForm();
    await user.type(screen.getByTestId("server-address"), "https://example.org");
    await user.click(screen.getByTestId("server-add"));
    const server = await screen.findByTestId("server");
    await user.click(within(server).getByRole("button", { name: /Translate with it/ }));
    expect(await within(server).findByTestId("server-used-for")).toHaveTextContent("translates now");
    await waitFor(() => expect(screen.getByTestId("model-for-translate")).toHaveDisplayValue("The cluster (server)"));
    await user.click(screen.getByTestId("rail-translate"));
    expect(await screen.findByTestId("goes-to")).toHaveTextContent("Your text goes to example.org.");
    expect(screen.getByTestId("translate-requests")).toHaveTextContent("A server");
    await user.click(screen.getByTestId("rail-write"));
    expect(screen.queryByTestId("goes-to")).toBeNull();

    await host.useModel("translate", null);
    await user.click(screen.getByTestId("rail-translate"));
    await waitFor(() => expect(screen.queryByTestId("goes-to")).toBeNull());
  });

  it("offer to use a key until the program is closed where no keyring keeps it", async () => {
    const { user } = await openForm({ keyring: false });
    await user.type(screen.getByTestId("server-address"), "http://localhost:8080");
    await user.type(screen.getByTestId("server-key"), "sk-x");
    await user.click(screen.getByTestId("server-add"));
    await waitFor(() => expect(screen.getByTestId("server-keep-key")).not.toBeChecked());
    expect(screen.getByTestId("server-key")).toHaveValue("sk-x");
    await user.click(screen.getByTestId("server-add"));
    expect(await screen.findByTestId("server")).toHaveTextContent("key until the program is closed");
  });

  it("say it where the line is open, in both languages", async () => {
    const { user } = await openForm({ settings: { language: "zh" } });
    await user.type(screen.getByTestId("server-address"), "http://192.168.1.7:8000");
    await user.click(screen.getByTestId("server-add"));
    const server = await screen.findByTestId("server");
    expect(server).toHaveTextContent("你的文字会发往 192.168.1.7:8000。");
    expect(server).toHaveTextContent("没有加密");
  });
});
