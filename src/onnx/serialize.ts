/**
 * Graph -> ONNX bytes. Knows no operator by name: ops, attributes and dtypes are ONNX's already. Weights that lie in
 * files stay there: the model points INSIDE them by location, offset and length.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import type { WeightSource } from "../core/weight-source.js";
import { calculatedWeights } from "../graph/fixed.js";
import { initializerKey } from "../graph/initializer-key.js";
import { onnxTypeNumber } from "../graph/onnx-type.js";
import { type Attribute, FloatAttribute, type Tensor, type TensorType } from "../graph/tensor.js";
import { toposort } from "../graph/toposort.js";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./generated/onnx_pb.js";

/** Opset 18 and IR 8: the newest pair that the CPU, WebGPU and CUDA providers all run whole. */
const OPSET = 18n;
const IR_VERSION = 8n;

/** A part of the one file that holds a portable model's numbers. */
export interface DataPart {
  readonly source: WeightSource;
  /** Bytes from the file's begin; what lies between parts is zero */
  readonly offset: number;
  readonly length: number;
}

export interface OnnxModel {
  readonly bytes: Uint8Array;
  /** The folder that file weights are relative to; undefined when there are none. */
  readonly externalFolder: string | undefined;
  /** Inputs the graph reads, by name. */
  readonly inputs: ReadonlyMap<string, TensorType>;
  /** What the model's data file holds, in its order; nothing unless one was asked for. */
  readonly data: readonly DataPart[];
}

/** As ONNX wants it, so that the file can be mapped into memory. */
const ALIGNMENT = 4096;
/** Constants of fewer bytes stay in the model. */
const SMALL = 1024;

export interface SerializeOptions {
  /** Name of one file beside the model that is to hold all weights, wherever they lie now. */
  readonly dataFile?: string;
  /** Whether what is calculated from weights alone is calculated anew for each of its users, so that it need not stay in memory between them (default false: once). */
  readonly weightsAtUse?: boolean;
}

/** Serialises the graph that computes `outputs` (name -> tensor). Names of inputs and outputs are the caller's. */
export function serialize(
  outputs: Readonly<Record<string, Tensor>>,
  { dataFile, weightsAtUse = false }: SerializeOptions = {},
): OnnxModel {
  const order = toposort(Object.values(outputs));
  const atUse = weightsAtUse ? calculatedWeights(order) : new Set<Tensor>();
  const externalFolder = dataFile === undefined ? commonFolder(order) : undefined;
  const data: DataPart[] = [];
  const placeOf = (source: WeightSource): ExternalPlace | undefined => {
    if (dataFile === undefined) {
      if (source.kind === "memory") return undefined;
      const { path, offset, length } = source;
      return { location: path.slice((externalFolder as string).length), offset, length };
    }
    const length = source.kind === "memory" ? source.array.bytes.length : source.length;
    if (source.kind === "memory" && length < SMALL) return undefined;
    const last = data.at(-1);
    const offset = last ? Math.ceil((last.offset + last.length) / ALIGNMENT) * ALIGNMENT : 0;
    data.push({ source, offset, length });
    return { location: dataFile, offset, length };
  };
  const names = new Map<Tensor, string>();
  const outputNames = new Map(Object.entries(outputs).map(([name, tensor]) => [tensor, name]));
  const shared = new Map<string | NDArray, string>();
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const inputs = new Map<string, TensorType>();

  const nameOf = (tensor: Tensor): string => names.get(tensor) ?? calculated(tensor);
  const calculated = (tensor: Tensor, name?: string): string => {
    const inputs = tensor.inputs.map(nameOf);
    const output = name ?? `u${nodes.length}`;
    nodes.push(nodeProto(tensor, inputs, output));
    return output;
  };

  for (const tensor of order) {
    const { leaf } = tensor;
    if (!leaf) {
      const outputName = outputNames.get(tensor);
      if (atUse.has(tensor) && !outputName) continue;
      names.set(tensor, calculated(tensor, outputName ?? `t${names.size}`));
    } else if (leaf.kind === "input") {
      const known = inputs.get(leaf.name);
      requires(!known, "BAD_ARGUMENT", () => `serialize(): two inputs are named "${leaf.name}"`);
      inputs.set(leaf.name, tensor);
      names.set(tensor, leaf.name);
    } else {
      const source: WeightSource = leaf.kind === "weight" ? leaf.source : { kind: "memory", array: leaf.value };
      const key = initializerKey(tensor, source);
      const known = shared.get(key);
      const name = known || (leaf.kind === "weight" ? `w${names.size}:${leaf.name}` : `k${names.size}`);
      names.set(tensor, name);
      if (known) continue;
      shared.set(key, name);
      initializers.push(tensorProto(name, tensor, source, placeOf(source)));
    }
  }
  // A leaf, or a tensor that serves under several names, gets its caller's name through an Identity.
  const outputInfos = Object.entries(outputs).map(([name, tensor]) => {
    requires(!inputs.has(name), "BAD_ARGUMENT", () => `serialize(): "${name}" names an input and an output`);
    const known = names.get(tensor) as string;
    if (known !== name) nodes.push(create(NodeProtoSchema, { opType: "Identity", input: [known], output: [name] }));
    return valueInfo(name, tensor);
  });
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "vqgan-clip",
    opsetImport: [
      { domain: "", version: OPSET },
      { domain: "com.microsoft", version: 1n },
    ],
    graph: {
      name: "program",
      node: nodes,
      initializer: initializers,
      input: [...inputs].map(([name, type]) => valueInfo(name, type)),
      output: outputInfos,
    },
  });
  return { bytes: toBinary(ModelProtoSchema, model), externalFolder, inputs, data };
}

function nodeProto(tensor: Tensor, input: string[], output: string): NodeProto {
  const { name, domain } = tensor.op as NonNullable<Tensor["op"]>;
  const attribute = Object.entries(tensor.attributes).map(([key, value]) => attributeProto(key, value));
  return create(NodeProtoSchema, { opType: name, domain, input, output: [output], attribute });
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  if (value instanceof FloatAttribute) {
    return create(AttributeProtoSchema, { name, f: value.value, type: AttributeType.FLOAT });
  }
  if (typeof value === "string") {
    return create(AttributeProtoSchema, { name, s: new TextEncoder().encode(value), type: AttributeType.STRING });
  }
  if (typeof value === "number") {
    return create(AttributeProtoSchema, { name, i: BigInt(value), type: AttributeType.INT });
  }
  return create(AttributeProtoSchema, { name, ints: value.map(BigInt), type: AttributeType.INTS });
}

function valueInfo(name: string, { dtype, shape }: TensorType): ValueInfoProto {
  const dim = shape.map((extent) => ({ dimValue: BigInt(extent) }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { tensorType: { elemType: onnxTypeNumber[dtype], shape: { dim } } },
  });
}

interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** @param place where its bytes lie; in the model itself without one */
function tensorProto(
  name: string,
  { dtype, shape }: TensorType,
  source: WeightSource,
  place: ExternalPlace | undefined,
): TensorProto {
  const head = { name, dims: shape.map(BigInt), dataType: onnxTypeNumber[dtype] };
  if (!place) {
    requires(source.kind === "memory", "BAD_ARGUMENT", () => `serialize(): ${name} lies in a file`);
    return create(TensorProtoSchema, { ...head, rawData: source.array.bytes });
  }
  return create(TensorProtoSchema, {
    ...head,
    dataLocation: DataLocation.EXTERNAL,
    externalData: [
      { key: "location", value: place.location },
      { key: "offset", value: String(place.offset) },
      { key: "length", value: String(place.length) },
    ],
  });
}

/** The deepest folder that holds every weight file, with its trailing separator. */
function commonFolder(order: readonly Tensor[]): string | undefined {
  const folders = order.flatMap(({ leaf }) =>
    leaf?.kind === "weight" && leaf.source.kind === "file" ? [leaf.source.path.split(/(?<=[/\\])/).slice(0, -1)] : [],
  );
  const [first] = folders;
  if (!first) return undefined;
  let depth = first.length;
  for (const folder of folders) {
    let same = 0;
    while (same < depth && folder[same] === first[same]) same++;
    depth = same;
  }
  return first.slice(0, depth).join("");
}
