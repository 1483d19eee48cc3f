import { kindsIn, loadSensorKind } from "./loadSensorKind.ts";
import type { SensorDevice } from "./Sensor.ts";

/** A kind of sensor, for somebody who chooses one. */
export interface SensorKindInfo {
  readonly kind: string;
  /** One line for people. */
  readonly summary: string;
  /** The option that is said most: `path` of a file; absent where there is none. */
  readonly argument?: string;
  /** This machine's devices that it could sense with. */
  readonly devices: readonly SensorDevice[];
  /** What to do before it works here; absent where it works. */
  readonly fix?: string;
}

/** What there is to know of each kind of sensor in a folder before one is chosen; of one that is broken, that it is. */
export async function sensorKinds(folder: string): Promise<readonly SensorKindInfo[]> {
  return Promise.all(
    kindsIn(folder).map((kind) =>
      infoOf(kind, folder).catch((cause: unknown): SensorKindInfo => {
        const why = cause instanceof Error ? cause.message : String(cause);
        return { kind, summary: "Broken.", devices: [], fix: why };
      }),
    ),
  );
}

async function infoOf(kind: string, folder: string): Promise<SensorKindInfo> {
  const loaded = await loadSensorKind(kind, folder);
  const { summary, argument } = loaded;
  const probed = await loaded.probe();
  return {
    ...{ kind, summary, devices: (await loaded.devices?.()) ?? [] },
    ...(argument !== undefined && { argument }),
    ...(!probed.works && { fix: probed.fix }),
  };
}
