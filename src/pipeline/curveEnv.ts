/** Environment variable in which a supervised sensor's process gets its keys (`CurveClient`), as JSON. */
export const CURVE_ENV = "SENSORIUM_CURVE";
