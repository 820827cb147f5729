// Requests that travel to the program over Tauri's typed commands.

import { Channel } from "@tauri-apps/api/core";

import { commands, events } from "../generated/bindings";
import type { Host } from "./host";

function channel<T>(onMessage: (message: T) => void): Channel<T> {
  const opened = new Channel<T>();
  opened.onmessage = onMessage;
  return opened;
}

async function done(command: Promise<null>): Promise<void> {
  await command;
}

export const tauriHost: Host = {
  ...commands,
  saveSettings: (settings) => done(commands.saveSettings(settings)),
  watchModel: (onStatus) => done(commands.watchModel(channel(onStatus))),
  useModel: (task, path) => done(commands.useModel(task, path)),
  unloadModel: () => done(commands.unloadModel()),
  reloadModel: () => done(commands.reloadModel()),
  watchDownloads: (onDownloads) => done(commands.watchDownloads(channel(onDownloads))),
  downloadModel: (address, pickle) => done(commands.downloadModel(address, pickle)),
  pauseDownload: (address) => done(commands.pauseDownload(address)),
  moveDownload: (address, position) => done(commands.moveDownload(address, position)),
  cancelDownload: (address, deletePart) => done(commands.cancelDownload(address, deletePart)),
  useServer: (task, name) => done(commands.useServer(task, name)),
  saveGuidance: (work, guidance) => done(commands.saveGuidance(work, guidance)),
  continueStory: (request, onEvent) => done(commands.continueStory(request, channel(onEvent))),
  stopWriting: () => done(commands.stopWriting()),
  readAhead: (request) => done(commands.readAhead(request)),
  keepEditedTry: (generation, text) => done(commands.keepEditedTry(generation, text)),
  writeAgain: (generation, onEvent) => done(commands.writeAgain(generation, channel(onEvent))),
  watchTranslations: (onEvent) => done(commands.watchTranslations(channel(onEvent))),
  watchTranslator: (onStatus) => done(commands.watchTranslator(channel(onStatus))),
  pauseTranslation: (translation) => done(commands.pauseTranslation(translation)),
  resumeTranslation: (translation) => done(commands.resumeTranslation(translation)),
  stopTranslation: (translation) => done(commands.stopTranslation(translation)),
  exportDocument: (translation, path, edition) => done(commands.exportDocument(translation, path, edition)),
  watchSummaries: (onEvent) => done(commands.watchSummaries(channel(onEvent))),
  watchSummarizer: (onStatus) => done(commands.watchSummarizer(channel(onStatus))),
  stopSummary: (summary) => done(commands.stopSummary(summary)),
  exportSummary: (summary, path) => done(commands.exportSummary(summary, path)),
  keepSummaryDraft: (draft) => done(commands.keepSummaryDraft(draft)),
  removeGlossaryEntry: (entry) => done(commands.removeGlossaryEntry(entry)),
  exportGlossary: (work, path) => done(commands.exportGlossary(work, path)),
  changeMemoryPair: (pair, english, chinese) => done(commands.changeMemoryPair(pair, english, chinese)),
  forgetMemoryPair: (pair) => done(commands.forgetMemoryPair(pair)),
  exportMemory: (path) => done(commands.exportMemory(path)),
  watchMoodModel: (onStatus) => done(commands.watchMoodModel(channel(onStatus))),
  readMood: (request, onEvent) => done(commands.readMood(request, channel(onEvent))),
  stopMood: (reading) => done(commands.stopMood(reading)),
  exportMoods: (reading, path) => done(commands.exportMoods(reading, path)),
  savePicture: (path, base64) => done(commands.savePicture(path, base64)),
  keepMoodDraft: (draft) => done(commands.keepMoodDraft(draft)),
  beforeClosing: async (save) => {
    await events.closing.listen(async () => {
      try {
        await save();
      } finally {
        await commands.closeWindow();
      }
    });
  },
};
