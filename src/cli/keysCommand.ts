import type { Command } from "commander";

import { makeCurveKeys } from "../wire/CurveKeys.ts";
import { writeKeyFiles } from "./keyFiles.ts";

/** Adds `keys`: a key pair for one end of an encrypted connection. */
export function addKeysCommand(program: Command): void {
  program
    .command("keys")
    .description("make a key pair for encrypted connections (docs/wire.md)")
    .argument("<file>", "where the secret goes; the public key goes to FILE.pub. Must not exist")
    .option("--json", "print one JSON object as the last line")
    .action((file: string, { json }: { readonly json?: true }) => {
      const keys = makeCurveKeys();
      writeKeyFiles(file, keys);
      const { publicKey } = keys;
      const text = json
        ? JSON.stringify({ file, publicKey })
        : `${file}      secret: keep it on this machine\n${file}.pub  ${publicKey}`;
      process.stdout.write(`${text}\n`);
    });
}
