// Opens the real window on a library of its own and works it as a person does: by keys, clicks and what is to be seen.
//
// Start reading at `openDesk`. A missing program or driver is an error: a test that cannot run has not passed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Builder, By, error as errors, Key } from "selenium-webdriver";

export { Key };

const { StaleElementReferenceError } = errors;
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 30;

/** Keeps what the interface did not catch, for `faults`. */
const NOTE_FAULTS = `
  window.faultsSeen = [];
  const note = (error) => window.faultsSeen.push(String(error?.stack ?? error?.message ?? JSON.stringify(error)));
  addEventListener("error", (event) => note(event.error ?? event.message));
  addEventListener("unhandledrejection", (event) => note(event.reason));`;

/** A library's path, in a folder with room for more beside it; `forget` removes both. */
export function newLibrary() {
  const folder = mkdtempSync(join(tmpdir(), "bimo-library-"));
  return {
    folder,
    path: join(folder, "library"),
    forget: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Opens the window, with more in its environment where `env` is given. The library stays when it is closed, so that it can be opened again. */
export async function openDesk(library, { language = "en_US.UTF-8", env: more = {} } = {}) {
  const application = required("BIMO_DESK");
  const [port, nativePort] = await freePorts(2);
  const env = {
    ...process.env,
    BIMO_LIBRARY: library.path,
    LANG: language,
    LC_ALL: language,
    ...more,
  };
  const driver = startDriver(required("BIMO_DRIVER"), port, nativePort, env);
  try {
    const url = `http://127.0.0.1:${port}`;
    await answers(`${url}/status`, driver);
    const began = performance.now();
    const session = await new Builder()
      .usingServer(url)
      .withCapabilities({ browserName: "wry", "tauri:options": { application } })
      .build();
    const desk = new Desk(session, driver, performance.now() - began);
    await desk.run(NOTE_FAULTS);
    return desk;
  } catch (error) {
    await stop(driver);
    throw error;
  }
}

/** Opens the window for `work` and sees that it is closed, however that ends. */
export async function withDesk(library, work) {
  const desk = await openDesk(library);
  try {
    await work(desk);
  } finally {
    await desk.quit();
  }
}

/** The window, open. */
class Desk {
  constructor(session, driver, openedMs) {
    this.session = session;
    this.driver = driver;
    /** Milliseconds from the driver's request to a window that answers. */
    this.openedMs = openedMs;
  }

  /** The element with this `data-testid`, as soon as it is shown. */
  async see(id, patienceMs = PATIENCE_MS) {
    return this.until(`${id} is shown`, async () => (await this.shown(id))[0], patienceMs);
  }

  /** Waits until nothing with this `data-testid` is shown. */
  async gone(id, patienceMs = PATIENCE_MS) {
    await this.until(`${id} is gone`, async () => (await this.shown(id)).length === 0, patienceMs);
  }

  /** Elements whose `data-testid` is this, or begins with it where it ends in a dash, and that are shown. */
  async shown(id) {
    const matches = id.endsWith("-") ? "^=" : "=";
    const elements = await this.session.findElements(By.css(`[data-testid${matches}"${id}"]`));
    const visible = await Promise.all(elements.map((e) => e.isDisplayed().catch(() => false)));
    return elements.filter((_, index) => visible[index]);
  }

  async click(id) {
    await this.with(id, (element) => element.click());
  }

  async textOf(id) {
    return this.with(id, (element) => element.getText());
  }

  /** Does `act` with the element of this `data-testid`, and with the one that took its place if it was drawn anew meanwhile. */
  async with(id, act, patienceMs = PATIENCE_MS) {
    const end = performance.now() + patienceMs;
    for (;;) {
      try {
        return await act(await this.see(id, patienceMs));
      } catch (cause) {
        if (!(cause instanceof StaleElementReferenceError) || performance.now() > end) throw cause;
      }
    }
  }

  /** Puts the caret at the end of the page. */
  async goToEnd() {
    await this.focusPage();
    await this.press(Key.CONTROL, Key.END);
  }

  async focusPage() {
    await this.run("document.querySelector('[data-testid=page] .cm-content').focus()");
  }

  /** Types into what has the focus. */
  async type(text) {
    await this.session.actions().sendKeys(text).perform();
  }

  /** Holds all keys but the last, and strikes the last: `press(Key.CONTROL, Key.ENTER)`. */
  async press(...keys) {
    const held = keys.slice(0, -1);
    const actions = this.session.actions();
    for (const key of held) actions.keyDown(key);
    actions.keyDown(keys.at(-1)).keyUp(keys.at(-1));
    for (const key of held.reverse()) actions.keyUp(key);
    await actions.perform();
  }

  /** Deletes everything on the page and types `text` instead. */
  async writeAnew(text) {
    await this.focusPage();
    await this.press(Key.CONTROL, "a");
    await this.press(Key.DELETE);
    await this.type(text);
    await this.until("the page has the typed text", async () => (await this.page()) === text);
  }

  /** The page's text. Only for pages that fit on the screen: the editor draws no more. What an empty page invites to is no text. */
  async page() {
    return this.run(`
      const lines = [...document.querySelectorAll("[data-testid=page] .cm-content .cm-line")].map((line) => line.cloneNode(true));
      for (const line of lines) line.querySelector(".cm-placeholder")?.remove();
      return lines.map((line) => line.textContent).join("\\n");`);
  }

  /** What the page shows as written by a model, from its first to its last line with letters: a line end has no tint. */
  async byModel() {
    return this.run(`
      const lines = [...document.querySelectorAll("[data-testid=page] .cm-content .cm-line")].map((line) =>
        [...line.querySelectorAll(".by-model")].map((mark) => mark.textContent).join(""),
      );
      const last = lines.findLastIndex((line) => line !== "");
      return last < 0 ? "" : lines.slice(lines.findIndex((line) => line !== ""), last + 1).join("\\n");`);
  }

  /** What the page shows as written by the person, without its line ends: on the screen they are nobody's. */
  async byPerson() {
    return this.run(`
      const content = document.querySelector("[data-testid=page] .cm-content").cloneNode(true);
      for (const mark of content.querySelectorAll(".by-model")) mark.remove();
      return [...content.querySelectorAll(".cm-line")].map((line) => line.textContent).join("");`);
  }

  /** Sets a native input or select as a person's choice does. */
  async choose(id, value) {
    const element = await this.see(id);
    await this.run(
      `const [element, value] = arguments;
       element.value = value;
       if (element.value !== value) {
         const offered = [...(element.options ?? [])].map((option) => option.value);
         throw new Error(value + " cannot be chosen, but " + offered);
       }
       element.dispatchEvent(new Event("input", { bubbles: true }));
       element.dispatchEvent(new Event("change", { bubbles: true }));`,
      element,
      value,
    );
  }

  /** Waits until nothing is being written. */
  async rest(patienceMs = 60_000) {
    await this.gone("stop", patienceMs);
  }

  /** Waits until everything typed is on the disk. */
  async saved() {
    await this.until("it is saved", async () => /Saved|已保存/.test(await this.textOf("status")));
  }

  /** Waits until `condition` gives something true, and answers with that. */
  async until(what, condition, patienceMs = PATIENCE_MS) {
    const end = performance.now() + patienceMs;
    let last;
    do {
      try {
        const answer = await condition();
        if (answer) return answer;
        last = undefined;
      } catch (error) {
        last = error;
      }
      await sleep(LOOK_AGAIN_MS);
    } while (performance.now() < end);
    const seen = await this.run("return document.body.innerText").catch(() => "(nothing)");
    const faults = await this.faults().catch(() => []);
    const words = [`Waited ${patienceMs} ms in vain until ${what}.`, ...faults, "The window shows:"];
    throw new Error([...words, seen.replaceAll(/\n\s*\n+/g, "\n")].join("\n"), { cause: last });
  }

  /** Puts a command to the desk behind the window's back, to see what is stored. */
  async ask(command, values = {}) {
    const answer = await this.session.executeAsyncScript(
      `const [command, values, done] = arguments;
       window.__TAURI_INTERNALS__.invoke(command, values).then(
         (value) => done({ value }),
         (error) => done({ error }),
       );`,
      command,
      values,
    );
    if ("error" in answer) throw Object.assign(new Error(`${command} is refused`), answer.error);
    return answer.value;
  }

  async run(script, ...values) {
    return this.session.executeScript(script, ...values);
  }

  /** Errors that the interface has not caught since it was opened. */
  async faults() {
    return this.run("return window.faultsSeen ?? []");
  }

  /** Keeps a picture of the window in the folder BIMO_SHOTS, if there is one. */
  async photograph(name) {
    const folder = process.env.BIMO_SHOTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.png`), await this.session.takeScreenshot(), "base64");
  }

  /** Process numbers of the program and its web processes, the program first. */
  processes() {
    return descendants(this.driver.pid).filter((pid) => nameOf(pid) !== "WebKitWebDriver");
  }

  /** Ends the program as a power cut does. */
  async kill() {
    const [program] = this.processes();
    process.kill(program, "SIGKILL");
    while (existsSync(`/proc/${program}`) && !isZombie(program)) await sleep(10);
    await stop(this.driver);
  }

  /** Ends the session; the program is closed by its driver. */
  async quit() {
    if (this.driver.exitCode !== null || this.driver.signalCode !== null) return;
    const programs = this.processes();
    await this.session.quit().catch(() => {});
    await stop(this.driver);
    await gone(programs);
  }
}

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with npm test`);
  if (!existsSync(value)) throw new Error(`${name} names ${value}, which is not there`);
  return value;
}

function startDriver(path, port, nativePort, env) {
  const ports = ["--port", String(port), "--native-port", String(nativePort)];
  const stdio = process.env.BIMO_E2E_LOUD ? "inherit" : "ignore";
  return spawn(path, ports, { env, stdio });
}

/** Ports that are free, each another: all are held until the last one is found. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

async function answers(url, driver) {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    if (driver.exitCode !== null) throw new Error(`tauri-driver ended with ${driver.exitCode}`);
    if (await fetch(url).then((r) => r.ok, () => false)) return;
    await sleep(LOOK_AGAIN_MS);
  }
  throw new Error(`tauri-driver does not answer at ${url}`);
}

/** Asks the driver to end: killed at once, it would leave WebKitWebDriver behind. */
async function stop(driver) {
  if (driver.exitCode !== null || driver.signalCode !== null) return;
  const drivers = descendants(driver.pid).filter((pid) => nameOf(pid) === "WebKitWebDriver");
  const ended = new Promise((resolve) => driver.once("exit", () => resolve(true)));
  driver.kill("SIGTERM");
  if (await Promise.race([ended, sleep(PATIENCE_MS, false, { ref: false })])) return;
  driver.kill("SIGKILL");
  await gone(drivers, 0);
}

/** Waits until these processes have ended, and ends those that do not: a test must not wait for ever. */
async function gone(pids, patienceMs = PATIENCE_MS) {
  const isThere = (pid) => existsSync(`/proc/${pid}`) && !isZombie(pid);
  const end = performance.now() + patienceMs;
  while (pids.some(isThere) && performance.now() < end) await sleep(10);
  for (const pid of pids.filter(isThere)) process.kill(pid, "SIGKILL");
}

function descendants(pid) {
  const path = `/proc/${pid}/task/${pid}/children`;
  const children = existsSync(path) ? readFileSync(path, "utf8").split(" ").filter(Boolean) : [];
  return children.map(Number).flatMap((child) => [child, ...descendants(child)]);
}

function nameOf(pid) {
  return readFileSync(`/proc/${pid}/status`, "utf8").match(/^Name:\t(.*)$/m)[1].trim();
}

function isZombie(pid) {
  try {
    return /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
}
