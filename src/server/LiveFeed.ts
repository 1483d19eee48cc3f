import type { Observable } from "rxjs";

import type { Blocking } from "../align/Blocking.ts";
import type { Chunk } from "../frames/Chunk.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { VersionsReport } from "../pipeline/Learning.ts";
import type { SensorKindInfo } from "../pipeline/sensorKinds.ts";
import type { HealthState } from "../robustness/StreamHealth.ts";
import type { HelloMessage, ReplugMessage, ServerMessage, UnplugMessage } from "./messages.ts";
import type { GrowingLog } from "./recordLines.ts";

/** A sensor that somebody wants to attach, as it was asked for. */
export interface AttachRequest {
  /** File of `sensors/`; absent where a publisher elsewhere will feed the stream. */
  readonly kind?: string;
  /** What that sensor takes. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The stream's name, or what there is to say of it; what the sensor offers unless given. */
  readonly stream?: string | Readonly<Record<string, unknown>>;
}

/** One stream and who feeds it. */
export interface SensorState {
  readonly description: StreamDescription;
  readonly state: HealthState;
  /** The kind of sensor of ours that feeds it. */
  readonly kind?: string;
  /** Whether the pipeline does not declare it: recorded, aligned and shown, unknown to the model. */
  readonly isGuest: boolean;
  readonly problem?: string;
}

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
  /** The kinds of sensor that can be attached, where the feed can. */
  kinds?(): Promise<readonly SensorKindInfo[]>;
  /** The streams there are and who feeds them, where the feed knows. */
  sensors?(): readonly SensorState[];
  /**
   * Attaches a sensor, where the feed can.
   *
   * @returns The name of the stream that it feeds.
   * @throws {ConfigError} If it cannot be; the message says what was expected.
   */
  attach?(request: AttachRequest): Promise<string>;
  /** Takes the sensor of a stream away, and a guest's stream with it. @throws {ConfigError} If there is none. */
  detach?(stream: string): Promise<string>;
  /** Takes labels and choices of what serves, where the feed is a run of a model. */
  readonly learning?: LearningDesk;
  /** The frames of a stream as they come in, where the feed has them; undefined of no such stream. */
  frames?(stream: string): Observable<Chunk> | undefined;
  /** The log as it grows, where the feed has one. */
  log?(): GrowingLog;
}
