// Servers of the desk in memory: a list, those that may do a task, and a keyring that may be missing.

import type { ApiError, Destination, Host, KnownServer, ModelTask, NewServer } from "./host";

type Commands = Pick<Host, "servers" | "addServer" | "forgetServer" | "useServer" | "serverModels">;

export interface FakeServers {
  commands: Commands;
  /** Who gets the text of a task; nobody where a model on this computer does it. */
  goesTo(task: ModelTask): Destination | null;
  /** A model on this computer does a task. */
  leave(task: ModelTask): void;
}

/** `changed` is called when another one does a task. */
export function fakeServers(fail: (code: string) => ApiError, hasKeyring: boolean, changed: () => void): FakeServers {
  const list: KnownServer[] = [];
  const all = (): KnownServer[] => structuredClone(list);
  const destination = (address: string): Destination => {
    const { host, hostname, protocol } = new URL(address);
    const thisComputer = ["localhost", "127.0.0.1"].includes(hostname);
    return { host, thisComputer, openLine: protocol === "http:" && !thisComputer };
  };
  const leave = (task: ModelTask) => {
    for (const server of list) server.usedFor = server.usedFor.filter((used) => used !== task);
  };
  const commands: Commands = {
    servers: async () => all(),
    addServer: async (server: NewServer, keepKey) => {
      if (!/^https?:\/\//u.test(server.address)) throw fail("invalid_server_address");
      if (keepKey && !hasKeyring) throw fail("no_keyring");
      const goesTo = destination(server.address);
      list.push({
        name: server.name || goesTo.host,
        address: server.address,
        model: server.model,
        converses: server.converses,
        contextLength: server.contextLength,
        key: server.key === "" ? "nowhere" : keepKey ? "keyring" : "thisRun",
        goesTo,
        usedFor: [],
      });
      return all();
    },
    forgetServer: async (name) => {
      list.splice(
        list.findIndex((each) => each.name === name),
        1,
      );
      changed();
      return all();
    },
    useServer: async (task, name) => {
      leave(task);
      const server = list.find((each) => each.name === name);
      if (!server) throw fail("server_not_listed");
      server.usedFor.push(task);
      changed();
    },
    serverModels: async () => ["qwen3-32b", "story-70b"],
  };
  return { commands, goesTo: (task) => list.find((each) => each.usedFor.includes(task))?.goesTo ?? null, leave };
}
