import type { Observable } from "rxjs";

import type { Blocking } from "../align/Blocking.ts";
import type { Chunk } from "../frames/Chunk.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { VersionsReport } from "../pipeline/Learning.ts";
import type { HelloMessage, ReplugMessage, ServerMessage, UnplugMessage } from "./messages.ts";

/** Where people teach a pipeline and choose what serves. What cannot be done is told in one sentence. */
export interface LearningDesk {
  label(label: Label): string | undefined;
  versions(): VersionsReport;
  pin(version: string, by: string): string | undefined;
  unpin(by: string): string | undefined;
  /** @param to The version; what the one that serves was learnt from unless given. */
  rollback(by: string, to?: string): string | undefined;
}

/**
 * What a server shows: one running pipeline, seen from outside.
 *
 * Key behaviours:
 * - The server subscribes once, for all its clients, and keeps what a late client needs (`History`):
 *   the feed sends each thing once.
 * - `streams` and `status` are whole states; `rows`, `events` and `truth` are what has been added.
 * - When `messages` ends or fails, the server says so to every client and goes on serving what it has.
 */
export interface LiveFeed {
  /** What is running now. Asked for each client that connects; a change is also sent as a message. */
  hello(): HelloMessage;
  /** Everything that happens. Hot; never errors for bad input. */
  readonly messages: Observable<ServerMessage>;
  /**
   * Does what a client asks. Returns at once; what comes of it shows as a stream's state.
   *
   * @returns Why not, in one sentence, or undefined when it is being done.
   */
  command(command: UnplugMessage | ReplugMessage): string | undefined;
  /** Why the next row is not there yet, where the feed knows; undefined before the first. */
  blocking?(): Blocking | undefined;
  /** Takes labels and choices of what serves, where the feed is a run of a model. */
  readonly learning?: LearningDesk;
  /** The frames of a stream as they come in, where the feed has them; undefined of no such stream. */
  frames?(stream: string): Observable<Chunk> | undefined;
}
