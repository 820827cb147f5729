// Nothing is lost: what was typed and what was written survives a power cut, and the history can write it again.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Key, newLibrary, withDesk } from "./harness.mjs";

const OPENING = "Long ago a miller had three sons, and the youngest of them";
const ALL = { text: "", chapter: null, before: null, limit: 200 };

const library = newLibrary();
after(() => library.forget());

test("after a power cut in the middle of writing, everything is back and said to be", async () => {
  let seen = "";
  await withDesk(library, async (desk) => {
    await desk.see("page");
    await desk.choose("length", "500");
    await desk.writeAnew(OPENING);
    await desk.saved();
    await desk.press(Key.CONTROL, Key.ENTER);
    await desk.until("some text is there", async () => (await desk.byModel()).length > 40);
    seen = await desk.page();
    await desk.kill();
  });
  await withDesk(library, async (desk) => {
    assert.match(await desk.textOf("recovered"), /[1-9]/);
    const page = await desk.page();
    assert.ok(page.startsWith(seen), `on the screen was:\n${seen}\nand now there is:\n${page}`);
    assert.equal(await desk.byPerson(), OPENING, "what the model wrote is still known as such");
    const [newest] = await desk.ask("history", { query: ALL });
    assert.equal(newest.status, "stopped");
    await desk.photograph("recovered");
  });
});

test("what was typed a second ago survives a power cut", async () => {
  const typed = "每一个字都在。 Every word is there.";
  await withDesk(library, async (desk) => {
    await desk.see("page");
    await desk.writeAnew(typed);
    await desk.saved();
    await desk.kill();
  });
  await withDesk(library, async (desk) => {
    await desk.see("page");
    assert.equal(await desk.page(), typed);
  });
});

test("the history has the prompt, and the same seed writes the same text again", async () => {
  await withDesk(library, async (desk) => {
    await desk.see("page");
    await desk.choose("length", "40");
    await desk.writeAnew(OPENING);
    await desk.press(Key.CONTROL, Key.ENTER);
    await desk.until("the model has begun", async () => (await desk.byModel()) !== "");
    await desk.rest();
    const [first] = await desk.ask("history", { query: ALL });

    await desk.click("rail-history");
    await desk.click(`history-item-${first.id}`);
    assert.match(await desk.textOf("history-detail"), /the youngest of them/);
    await desk.photograph("history");
    await desk.click("write-again");
    const again = await desk.until("it is written again", async () => {
      const [newest] = await desk.ask("history", { query: ALL });
      return newest.id !== first.id && newest.status === "complete" && newest;
    });
    assert.equal(again.output, first.output);
    assert.equal(again.seed, first.seed);
  });
});
