import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { sensorKinds } from "../../src/pipeline/sensorKinds.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-kinds-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes a kind of sensor; `devices` is the body of its function. */
function write(name: string, devices: string): Promise<void> {
  const text = `export const ${name} = {
    name: "${name}",
    summary: "Senses.",
    create() {},
    async probe() { return { works: true, detail: "" }; },
    async devices() { ${devices} },
  };`;
  return writeFile(join(folder, `${name}.js`), text);
}

it("lists what works although one kind is broken, and says what is the matter with that", async () => {
  await write("ear", 'return [{ name: "left", options: {} }];');
  await write("nose", 'throw new Error("no driver");');
  await writeFile(join(folder, "eye.js"), "export const other = 1;");
  expect(await sensorKinds(folder)).toEqual([
    { kind: "ear", summary: "Senses.", devices: [{ name: "left", options: {} }] },
    {
      ...{ kind: "eye", summary: "Broken.", devices: [] },
      fix: expect.stringContaining("to export a SensorKind named eye"),
    },
    { kind: "nose", summary: "Broken.", devices: [], fix: "no driver" },
  ]);
});
