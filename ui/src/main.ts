import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/source-serif-4/index.css";
import "@fontsource-variable/source-serif-4/wght-italic.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/page.css";
import "./styles/mood.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { host } from "./host";
import { Summarizing } from "./panels/summarize/summarizing.svelte";
import { Moods } from "./panels/sentiment/moods.svelte";
import { Translating } from "./panels/translate/translating.svelte";
import { Session } from "./panels/write/session.svelte";
import { Desk } from "./state/desk.svelte";

const desk = new Desk(host);
const session = new Session(desk);
const translating = new Translating(desk);
const summarizing = new Summarizing(desk);
const moods = new Moods(desk);
void desk.open();
void host.beforeClosing(async () => {
  await Promise.allSettled([session.saveAll(), translating.flush(), summarizing.flush(), moods.flush(), desk.flushSettings()]);
});

const target = document.getElementById("desk");
if (target) mount(App, { target, props: { desk, session, translating, summarizing, moods } });
