// Every panel in both themes and both languages: it is there, it can be read by everyone, and nothing foreign loads.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import axe from "axe-core";

import { Key, openDesk } from "./harness.mjs";
import { libraryForTests } from "./hooks.mjs";

const PANELS = ["write", "translate", "summarize", "sentiment", "history", "models", "settings"];
const LANGUAGES = { en: "en", zh: "zh-CN" };
/** Longer than any motion of the interface. */
const SETTLED_MS = 250;

const library = libraryForTests(() => desk);
let desk;

before(async () => {
  desk = await openDesk(library);
  await desk.see("page");
  await desk.writeAnew("她合上信，想起雨夜里的那盏灯。 She folded the letter and");
  await desk.press(Key.CONTROL, Key.ENTER);
  await desk.until("the model has begun", async () => (await desk.byModel()) !== "");
  await desk.rest();
});

async function set(language, theme) {
  await desk.click("rail-settings");
  await desk.choose("setting-language", language);
  await desk.choose("setting-theme", theme);
  const root = "return [document.documentElement.lang, document.documentElement.dataset.theme]";
  await desk.until(`the window is ${language} and ${theme}`, async () => {
    const [lang, shown] = await desk.run(root);
    return lang === LANGUAGES[language] && shown === theme;
  });
}

/** What makes the window hard or impossible to use for somebody, one line each. */
async function barriers() {
  await desk.run(`if (!window.axe) { ${axe.source}; window.axe = axe; }`);
  const found = await desk.session.executeAsyncScript(
    "const done = arguments[0]; axe.run(document).then((r) => done(r.violations), (e) => done([{ id: String(e), impact: 'critical', nodes: [] }]));",
  );
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => [id, ...nodes.map((n) => `  ${n.html}\n  ${n.failureSummary}`)]);
}

for (const language of Object.keys(LANGUAGES)) {
  for (const theme of ["light", "dark"]) {
    test(`every panel is fit to be seen, ${language}, ${theme}`, async (context) => {
      await set(language, theme);
      for (const panel of PANELS) {
        await context.test(panel, async () => {
          await desk.click(`rail-${panel}`);
          await desk.see(panel === "write" ? "page" : panel);
          await sleep(SETTLED_MS);
          await desk.photograph(`${panel}-${theme}-${language}`);
          assert.deepEqual(await barriers(), []);
        });
      }
    });
  }
}

test("the palette and the advanced settings are fit to be seen", async () => {
  await desk.click("rail-write");
  await desk.click("advanced");
  await desk.see("sampler-temperature");
  await sleep(SETTLED_MS);
  await desk.photograph("advanced");
  assert.deepEqual(await barriers(), []);
  await desk.press(Key.CONTROL, "k");
  await desk.see("palette");
  await sleep(SETTLED_MS);
  await desk.photograph("palette");
  assert.deepEqual(await barriers(), []);
  await desk.press(Key.ESCAPE);
  await desk.gone("palette");
});

test("language and theme stay as they were chosen", async () => {
  await set("zh", "dark");
  await desk.until("it is stored", async () => {
    const { settings } = await desk.ask("desk_state");
    return settings.language === "zh" && settings.theme === "dark";
  });
  await desk.quit();
  desk = await openDesk(library);
  await desk.see("page");
  const root = await desk.run(
    "return [document.documentElement.lang, document.documentElement.dataset.theme]",
  );
  assert.deepEqual(root, ["zh-CN", "dark"]);
});

test("nothing from outside can load or run", async () => {
  const refused = await desk.session.executeAsyncScript(`
    const done = arguments[0];
    const refused = [];
    document.addEventListener("securitypolicyviolation", (e) => refused.push(e.effectiveDirective));
    const image = document.createElement("img");
    image.src = "https://example.org/seen.png";
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(image, script);
    fetch("https://example.org/").catch(() => {});
    setTimeout(() => { image.remove(); script.remove(); done([...refused, window.ran ?? "did not run"]); }, 500);`);
  for (const kind of ["img-src", "connect-src", "did not run"]) {
    assert.ok(refused.includes(kind), `${kind} is not among ${refused}`);
  }
  await desk.run("location.href = 'https://example.org/'");
  await sleep(SETTLED_MS);
  assert.match(await desk.run("return location.href"), /^tauri:/);
});
