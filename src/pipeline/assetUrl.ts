/**
 * Where a file that lies beside a pipeline's source is, whether the sources or the build run.
 *
 * The build holds compiled code only; weights and recordings stay where they were committed.
 *
 * @param from `import.meta.url` of the pipeline's file.
 * @param path Relative to that file.
 */
export function assetUrl(from: string, path: string): URL {
  return new URL(path, from.replace(/\/dist\/(pipelines|sensors)\//, "/$1/"));
}
