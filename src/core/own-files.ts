/** Where the package's own files lie: its sources, or what they are built to. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const isSource = import.meta.url.endsWith(".ts");

/** In the folder of the package: `models/compact`. */
export const packagePath = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Beside the built code: `studio`. */
export const builtPath = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** A program to start as a process, by its source without the ending: `cli/main`. Source itself wants the loader that runs this one. */
export function programPath(name: string): { readonly path: string; readonly execArgv: readonly string[] } {
  return { path: builtPath(`${name}${isSource ? ".ts" : ".js"}`), execArgv: isSource ? process.execArgv : [] };
}

/** What `package.json` says of the package. */
export function ownPackage(): { readonly version: string; readonly dependencies: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(packagePath("package.json"), "utf8"));
}
