/** `vqgan-clip doctor`: a real session on each device: which run, how fast, why the others do not, and what would help. */
import { execFile } from "node:child_process";
import { availableParallelism, cpus, totalmem } from "node:os";
import { promisify } from "node:util";
import { type Command, Option } from "commander";
import { oneLine } from "../core/escape.js";
import { ownPackage, programPath } from "../core/own-files.js";
import { type Device, devices } from "../runtime/devices.js";
import { givenThreads } from "../runtime/given-threads.js";
import type { DeviceSpeed } from "../runtime/probe.js";
import { tell, tellJson } from "./terminal.js";

interface DeviceReport {
  readonly device: Device;
  readonly speed?: DeviceSpeed;
  readonly reason?: string;
  readonly repair?: string;
}

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("Makes a session on each device and times a convolution and a matrix product there.")
    .option("--json", "one JSON object (default: lines for people)")
    .addOption(new Option("--probe <device>", "one device, in this process").choices([...devices]).hideHelp())
    .action(doctor);
}

async function doctor({ json = false, probe }: { json?: boolean; probe?: Device }): Promise<void> {
  if (probe) {
    const { probeDevice } = await import("../runtime/probe.js"); // loads the engine, which a device may break
    tellJson(await probeDevice(probe, givenThreads()));
    return;
  }
  const versions = await versionsOf();
  const machine = {
    system: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    threads: givenThreads() ?? availableParallelism(),
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
  };
  const reports: DeviceReport[] = [];
  for (const device of devices) reports.push(await examine(device, versions.onnxruntime));
  if (json) {
    tellJson({ versions, machine, devices: reports }, 2);
    return;
  }
  tell(
    Object.entries(versions)
      .map((pair) => pair.join(" "))
      .join(", "),
  );
  tell(`${machine.system}, ${machine.cpu}, ${machine.threads} threads, ${machine.memoryGiB} GiB`);
  for (const { device, speed, reason, repair } of reports) {
    if (speed)
      tell(`${device}: runs; convolution ${gigaflops(speed.convolution)}, matrix product ${gigaflops(speed.matrix)}`);
    else tell(`${device}: does not run: ${reason}`, `  what would help: ${repair}`);
  }
}

const gigaflops = (rate: number): string => `${rate.toFixed(0)} GFLOP/s`;

/** In a process of its own: a broken driver can end it. */
async function examine(device: Device, engine: string): Promise<DeviceReport> {
  const { path: script, execArgv } = programPath("cli/main");
  try {
    const args = [...execArgv, script, "doctor", "--probe", device];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
    return { device, speed: JSON.parse(stdout) as DeviceSpeed };
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const said = oneLine(stderr || message);
    return { device, reason: reasonIn(said, device), repair: repair(device, said, engine) };
  }
}

/** The runtime's own words, without our frame around them and its source paths. */
function reasonIn(said: string, device: Device): string {
  const framed = new RegExp(`\\(${device}: (.*?) ?\\)( \\(|$)`).exec(said)?.[1] ?? said;
  return framed.replace(/^.* was false\. /, "").replace(/^OrtSession\w+: /, "");
}

/** The one line that most often helps. */
function repair(device: Device, said: string, engine: string): string {
  const beside = `npm install onnxruntime-node@${engine}`;
  if (device === "cpu") return "install vqgan-clip again (glibc 2.28 or newer, 64-bit)";
  if (device === "webgpu") {
    if (process.platform === "win32") return `update the graphics driver; ${beside} brings the shader compiler`;
    if (process.platform !== "linux") return "update the graphics driver";
    return said.includes("libvulkan")
      ? "install the Vulkan loader and a driver: apt install libvulkan1 mesa-vulkan-drivers (or the vendor's)"
      : "install a Vulkan driver for the graphics card (NVIDIA: its own; others: mesa-vulkan-drivers)";
  }
  if (process.platform !== "linux" || process.arch !== "x64") return "CUDA needs Linux on x64; use webgpu here";
  return `with an NVIDIA card, CUDA 12 and cuDNN 9: ${beside} --ignore-scripts=false --onnxruntime-node-install=cuda12`;
}

async function versionsOf(): Promise<Record<"vqgan-clip" | "node" | "onnxruntime" | "sharp", string>> {
  const ours = ownPackage();
  const { default: sharp } = await import("sharp");
  return {
    "vqgan-clip": ours.version,
    node: process.versions.node,
    onnxruntime: ours.dependencies["onnxruntime-common"] ?? "unknown",
    sharp: sharp.versions.sharp ?? "unknown",
  };
}
