/** What the system says by a code, in words that finish "expected a file, got ...". */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EEXIST: "one that exists",
  EISDIR: "a folder",
  EMFILE: "too many open files",
  ENOENT: "no such file or folder",
  ENOSPC: "a full disk",
  ENOTDIR: "a path through something that is no folder",
  EPERM: "no permission",
  EROFS: "a disk that cannot be written",
};

/** Why the system refused a file, in a few words; of what it says by no code that we know, its own. */
export function systemProblem(cause: unknown): string {
  const code: unknown = Reflect.get(Object(cause), "code");
  if (typeof code === "string" && Object.hasOwn(WORDS, code)) return WORDS[code] ?? code;
  return cause instanceof Error ? cause.message : String(cause);
}
