/** An answer of the server's, or in words why there is none. */
export type Answer =
  | { readonly value: unknown; readonly problem?: undefined }
  | { readonly problem: string; readonly value?: undefined };

/** Asks the server. Never throws. */
export async function ask(path: string, init?: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(path, init);
    const value: unknown = await response.json().catch(() => undefined);
    if (response.ok) return { value };
    const error = fieldOf(value, "error");
    return {
      problem: typeof error === "string" ? error : `the server answered ${response.status}`,
    };
  } catch {
    return { problem: "the server cannot be reached" };
  }
}

/** Tells the server something. @returns Why it does not take it, in words; undefined when it does. */
export async function post(path: string, body: object): Promise<string | undefined> {
  const headers = { "content-type": "application/json" };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).problem;
}

/** A field of whatever came; undefined where there is none. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** A field that is a text; undefined where it is not. */
export function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === "string" ? field : undefined;
}

/** A field that is a list; empty where it is not. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  const field = fieldOf(value, name);
  return Array.isArray(field) ? field : [];
}
