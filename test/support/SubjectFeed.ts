import { Subject } from "rxjs";

import type { LiveFeed } from "../../src/server/LiveFeed.ts";
import type {
  HelloMessage,
  ReplugMessage,
  ServerMessage,
  UnplugMessage,
} from "../../src/server/protocol.ts";
import { SERVER_MESSAGES } from "./sampleMessages.ts";

/** A feed that says what the test tells it to, and remembers what it was asked. */
export class SubjectFeed implements LiveFeed {
  readonly messages = new Subject<ServerMessage>();
  readonly commands: (UnplugMessage | ReplugMessage)[] = [];
  /** What it answers to the next commands. */
  refusal: string | undefined;

  hello(): HelloMessage {
    const hello = SERVER_MESSAGES.find((message) => message.kind === "hello");
    if (hello?.kind !== "hello") throw new Error("no sample hello");
    return hello;
  }

  command(command: UnplugMessage | ReplugMessage): string | undefined {
    this.commands.push(command);
    return this.refusal;
  }
}
