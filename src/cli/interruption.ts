/**
 * Aborts once somebody wants the command to end: by Ctrl-C, as a service, or because nobody reads it any more.
 *
 * A second Ctrl-C ends the process as it would any other.
 */
export function interruption(): AbortController {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  return stop;
}
