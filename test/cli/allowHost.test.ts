import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";

import { hostName } from "../../src/cli/hostName.ts";
import { joinInvitation } from "../../src/cli/joinDesk.ts";
import { processArguments } from "./runCommandLine.ts";

/** What a server answers to whoever asks for it under another name. */
function ask(url: URL, host: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${host}:${url.port}` };
    get(new URL("api/sensors", url), { headers }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    }).on("error", reject);
  });
}

describe("run --allow-host", () => {
  it("lets browsers in under each of the names given, and under no other", async () => {
    const names = ["--allow-host", "Lab.Example", "--allow-host", "door"];
    const child = spawn(process.execPath, processArguments("run", "--port", "0", ...names), {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const lines = createInterface({ input: child.stdout });
      const [line] = (await once(lines, "line")) as [string];
      const url = new URL(/http\S+/.exec(line)?.[0] ?? "");
      expect((await ask(url, "lab.example")).status).toBe(200);
      expect((await ask(url, "door")).status).toBe(200);
      const { status, body } = await ask(url, "evil.example");
      expect(status).toBe(403);
      expect(body).toMatch(/does not go by the name evil\.example:\d+.*--allow-host/);
    } finally {
      child.kill("SIGKILL");
    }
  }, 120_000);

  it("takes names as browsers say them", () => {
    expect(hostName("LAB.local")).toBe("lab.local");
    expect(hostName("büro.example")).toBe("xn--bro-hoa.example");
  });

  it.each(["", "*", "*.example", "http://lab.example", "lab.example:8080", "a/b", "a b", "a@b"])(
    "refuses %j, which is no name alone",
    (value) => {
      expect(() => hostName(value)).toThrow(InvalidArgumentError);
    },
  );

  it("puts the name that a certificate may be made out to into the link to join", () => {
    const said = { host: "0.0.0.0", token: "t", name: "lab.example" };
    expect(joinInvitation("https://localhost:8443/", said)).toContain(
      "https://lab.example:8443/join/#t",
    );
  });
});
