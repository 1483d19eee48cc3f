/** What the server was to listen at. */
export interface BindAddress {
  readonly host: string;
  readonly port: number;
}

/** Why an address could not be bound, and what to do about it; of what the system says by no code that we know, its own. */
export function bindProblem({ host, port }: BindAddress, cause: unknown): string {
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  switch (Reflect.get(Object(cause), "code")) {
    case "EADDRINUSE":
      return `expected a free port, got ${port}, where another program listens (${address}): choose another with --port, 0 for any`;
    case "EACCES":
      return `expected a port that anybody may open, got ${port} (${address}): choose one from 1024 on with --port, 0 for any`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `expected an address of this machine, got ${host}: choose another with --host, 0.0.0.0 for all`;
    default:
      return `expected to listen at ${address}, got ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}
