/** A Vulkan device in software (SwiftShader, as Debian's chromium brings it), so that WebGPU programs run anywhere. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const library = "/usr/lib/chromium/libvk_swiftshader.so";
const loaders = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib/aarch64-linux-gnu/libvulkan.so.1"];

/**
 * Points this process at a Vulkan device: the one that VK_ICD_FILENAMES names already, or SwiftShader. To be called
 * before the first WebGPU session.
 *
 * @returns undefined, or why there is none
 */
export function setUpSoftwareVulkan(): string | undefined {
  if (process.env.VK_ICD_FILENAMES) return undefined;
  if (!existsSync(library)) return `no Vulkan device: neither VK_ICD_FILENAMES nor ${library}`;
  if (!loaders.some(existsSync)) return "no Vulkan loader: libvulkan1 is not installed";
  const folder = mkdtempSync(join(tmpdir(), "vulkan-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const manifest = { file_format_version: "1.0.0", ICD: { library_path: library, api_version: "1.0.5" } };
  const path = join(folder, "swiftshader.json");
  writeFileSync(path, JSON.stringify(manifest));
  process.env.VK_ICD_FILENAMES = path;
  process.env.XDG_RUNTIME_DIR ??= folder; // the loader complains on stderr without one
  return undefined;
}
