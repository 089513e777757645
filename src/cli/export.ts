/** `vqgan-clip export`: the step, the decoder and the encoder as ONNX files for other programs. */
import { type Command, Option } from "commander";
import { requires } from "../core/errors.js";
import { writeFileAtomically } from "../files/atomic-write.js";
import type { TensorType } from "../graph/tensor.js";
import { type ExportPart, exportParts, exportWords } from "../pair/export.js";
import { dataPathOf } from "../portable-files.js";
import { writeSafetensors } from "../weights/safetensors.js";
import { addModelOptions, addSettingOptions, modelFrom, settingsFrom } from "./options.js";
import { checkOutputs } from "./outputs.js";
import { tell, tellJson } from "./terminal.js";

interface ExportFlags extends Readonly<Record<string, unknown>> {
  readonly inputs?: string;
  readonly json?: boolean;
}

const what: Readonly<Record<ExportPart, string>> = {
  step: "the whole step, losses and the gradient of the latent, as a run with these settings computes it",
  decode: "from a latent to its picture",
  encode: "from a picture to its latent",
};

export function addExport(program: Command): void {
  const command = program
    .command("export")
    .description(
      "Writes parts of the method as ONNX models that other programs run (ONNX Runtime in Python or a browser): FILE.onnx, and beside it FILE.onnx.data with all numbers. Says what goes in and comes out.",
    )
    .argument("[prompts...]", "of a step, how many prompts it has; their embeddings are an input");
  for (const part of exportParts)
    command.addOption(new Option(`--${part} <onnx>`, `${what[part]} (default: not written)`));
  command
    .option("--inputs <safetensors>", "all inputs of the run's first step, to begin at (default: not written)")
    .option("--json", "one JSON object (default: a table)");
  addModelOptions(addSettingOptions(command)).action(exportFiles);
}

async function exportFiles(positional: readonly string[], flags: ExportFlags): Promise<void> {
  const wanted = exportParts.filter((part) => flags[part] !== undefined);
  requires(wanted.length > 0, "BAD_ARGUMENT", () => "export: nothing to write", "name a file: --step step.onnx");
  const pathOf = (part: ExportPart) => flags[part] as string;
  const { inputs } = flags;
  requires(
    inputs === undefined || wanted.includes("step"),
    "BAD_ARGUMENT",
    () => "--inputs: they are those of a step",
    "name --step too",
  );
  await checkOutputs([
    ...wanted.flatMap((part) => [
      { flag: `--${part}`, path: pathOf(part), endings: [".onnx"] },
      { flag: `--${part}`, path: dataPathOf(pathOf(part)) },
    ]),
    ...(inputs === undefined ? [] : [{ flag: "--inputs", path: inputs, endings: [".safetensors"] }]),
  ]);
  const { VqganClip } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await VqganClip.fromPretrained(modelFrom(flags));
  // What has no prompts has no need of one; their number is in the step alone.
  const asked = settingsFrom(flags, positional);
  const request = wanted.includes("step") ? asked : { prompts: "none", ...asked };
  const { settings } = vq.resolve(request);
  const told: Record<string, object> = {};
  for (const part of wanted) {
    const path = pathOf(part);
    const model = await vq.export(path, part, { ...request, seed: settings.seed });
    told[part] = { files: [path, dataPathOf(path)], inputs: model.inputs, outputs: model.outputs };
    if (flags.json) continue;
    tell(`${path}, ${dataPathOf(path)}: ${what[part]}`);
    for (const [verb, values] of Object.entries({ in: model.inputs, out: model.outputs })) {
      for (const [name, type] of Object.entries(values)) tell(line(verb, name, type));
    }
  }
  if (inputs !== undefined) {
    const run = vq.create({ ...request, seed: settings.seed });
    await writeFileAtomically(inputs, writeSafetensors(await run.feeds()));
    await run.dispose();
  }
  if (flags.json) tellJson({ ...told, ...(inputs !== undefined && { firstInputs: inputs }), settings });
}

function line(verb: string, name: string, { dtype, shape }: TensorType): string {
  return `  ${verb.padEnd(3)} ${name.padEnd(14)} ${`${dtype}[${shape}]`.padEnd(24)} ${exportWords(name)}`;
}
