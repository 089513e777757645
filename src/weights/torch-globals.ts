/**
 * Which Python globals a torch checkpoint may name. A few rebuild tensors and dicts; classes of other libraries become
 * inert names; what could run code is refused, although nothing here would run it: such a file was made to do harm.
 */
import { VqganClipError } from "../core/errors.js";
import { PickleGlobal, Placeholder, ScriptObject } from "./pickle-values.js";
import { StorageRef, storageTypes, TensorRef } from "./torch-tensor.js";

/** dtypes, memory formats, layouts, schemes of quantisation and `device`: torch's harmless lower-case names. */
const torchConstant =
  /^(b?float\d*(_\w+)?|q?u?int\d+(x\d)?|bits\w+|complex\d+|c?half|c?double|cfloat|long|short|bool|device|\w+_format|strided|sparse_\w+|per_(tensor|channel)_\w+)$/;

const rebuildTensor = ([storage, offset, size, stride]: readonly unknown[]) => {
  if (storage instanceof StorageRef) return new TensorRef(storage, offset, size, stride);
  return new Placeholder(storage instanceof Placeholder ? `a tensor of ${storage.type}` : "a tensor");
};
/** Of the dtypes that have no storage class of their own: the storage is one of bytes. */
const rebuildTensorV3 = ([, , , , , , dtype]: readonly unknown[]) =>
  new Placeholder(`a tensor of ${dtype instanceof PickleGlobal ? dtype : "an unknown dtype"}`);
const otherTensor = (kind: string) => () => new Placeholder(`a ${kind} tensor`);
const first = ([value]: readonly unknown[]) => value;
const emptyDict = ([pairs]: readonly unknown[]) => {
  const isPairs = Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2);
  return new Map(isPairs ? (pairs as [unknown, unknown][]) : []);
};
const newSet = ([items]: readonly unknown[]) => new Set(Array.isArray(items) ? items : []);

/** What calling an allowed global means. */
const calls: Readonly<Record<string, (args: readonly unknown[]) => unknown>> = {
  "collections.OrderedDict": emptyDict,
  "collections.defaultdict": () => new Map(),
  "builtins.dict": emptyDict,
  "builtins.list": ([items]) => (Array.isArray(items) ? [...items] : []),
  "builtins.set": newSet,
  "builtins.frozenset": newSet,
  "torch.Size": ([sizes]) => sizes ?? [],
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor_v3": rebuildTensorV3,
  "torch._utils._rebuild_sparse_tensor": otherTensor("sparse"),
  "torch._utils._rebuild_sparse_csr_tensor": otherTensor("sparse"),
  "torch._utils._rebuild_qtensor": otherTensor("quantised"),
  "torch._utils._rebuild_nested_tensor": otherTensor("nested"),
  "torch._utils._rebuild_meta_tensor_no_storage": otherTensor("meta (empty)"),
  "torch._utils._rebuild_device_tensor_from_cpu_tensor": first,
  "torch._utils._rebuild_parameter": first,
  "torch._utils._rebuild_parameter_with_state": first,
  "torch.serialization._get_layout": first,
  "torch.jit._pickle.build_boollist": first,
  "torch.jit._pickle.build_doublelist": first,
  "torch.jit._pickle.build_intlist": first,
  "torch.jit._pickle.build_tensorlist": first,
  "torch.jit._pickle.restore_type_tag": first,
  // Only of a plain tensor: this one inside itself could nest without end.
  "torch._tensor._rebuild_from_type_v2": ([rebuild, , args]) =>
    rebuild instanceof PickleGlobal && rebuild.name === "_rebuild_tensor_v2" && Array.isArray(args)
      ? rebuildTensor(args)
      : new Placeholder("tensor"),
};

/** Types among Python's builtins; all else there is refused. */
const harmlessBuiltins = new Set(
  "Ellipsis bool bytearray bytes complex dict float frozenset int list long object range set slice str tuple unicode xrange".split(
    " ",
  ),
);

/** Top modules that reach the system, the network, the interpreter or another unpickler. */
const dangerousModules = new Set(
  `aiohttp asyncio atexit bdb cffi cloudpickle code codeop commands concurrent cPickle cProfile _ctypes ctypes dill
   distutils doctest ensurepip faulthandler ftplib _functools functools gc http httplib httpx imaplib _imp imp
   importlib inspect _io io joblib linecache marshal mmap multiprocessing nt ntpath _operator operator os pdb pexpect
   _pickle pickle pickletools pip pkgutil popen2 poplib posix posixpath _posixsubprocess profile pty pydoc requests
   runpy setuptools shelve shutil signal smtplib _socket socket socketserver ssl subprocess sys tempfile test _thread
   threading timeit trace types urllib urllib2 venv webbrowser wsgiref xmlrpc zipimport`.split(/\s+/),
);

/** Names that are dangerous wherever they are found. */
const dangerousNames = new Set(
  `eval exec execfile compile open input getattr setattr delattr __import__ import_module globals locals vars breakpoint
   system popen spawn fork loads load runstring exec_command run_code run_module attrgetter methodcaller`.split(/\s+/),
);

/** Looks a global up for `unpickle`. Throws BAD_FILE, naming it, when no honest checkpoint holds it. */
export function resolveTorchGlobal(module: string, name: string): PickleGlobal {
  const top = module.split(".")[0] as string;
  const builtin = module === "__builtin__" ? "builtins" : module;
  const parts = name.split(".");
  const dangerous =
    dangerousModules.has(top) ||
    parts.some((part) => dangerousNames.has(part)) ||
    // A dotted name walks from an object to its attributes; nested classes are all that is meant by it.
    (parts.length > 1 && parts.some((part) => part.startsWith("__") || dangerousModules.has(part))) ||
    (["builtins", "__builtins__"].includes(builtin) && !harmlessBuiltins.has(name)) ||
    (top === "torch" && isUnknownTorchFunction(module, name));
  if (dangerous) {
    throw new VqganClipError(
      "BAD_FILE",
      `openTorchCheckpoint(): the file asks for ${module}.${name}, which a checkpoint has no use for and could run code`,
      "do not load it in PyTorch either; use weights from a source you trust, best as .safetensors",
    );
  }
  const isScript = top === "__torch__"; // TorchScript's own namespace: classes whose code lies elsewhere in the archive
  const script = isScript ? () => new ScriptObject(`${module}.${name}`) : undefined;
  return new PickleGlobal(module, name, script ?? calls[`${builtin}.${name}`]);
}

/** torch's classes, dtypes and rebuilders are inert names; any other function below torch has no place in a checkpoint. */
function isUnknownTorchFunction(module: string, name: string): boolean {
  if (Object.hasOwn(calls, `${module}.${name}`) || /^_?[A-Z]/.test(name)) return false;
  if (module === "torch") return !torchConstant.test(name);
  return !(module === "torch._utils" && name.startsWith("_rebuild_"));
}

/** `("storage", torch.FloatStorage, key, location, count, view?)`, the one persistent id torch uses. */
export function loadTorchStorage(id: unknown): StorageRef | Placeholder {
  if (!Array.isArray(id)) throw badStorage("its id is no tuple");
  const [kind, type, key, , count, view] = id as readonly unknown[];
  if (kind === "module") return new Placeholder("module");
  if (kind !== "storage" || !(type instanceof PickleGlobal)) throw badStorage(`its id begins with ${brief(kind)}`);
  const element =
    type.module === "torch" && Object.hasOwn(storageTypes, type.name) ? storageTypes[type.name] : undefined;
  if (!element) return new Placeholder(String(type));
  const valid = typeof key === "string" && Number.isSafeInteger(count) && (count as number) >= 0;
  if (!valid) throw badStorage(`key ${brief(key)}, count ${brief(count)}`);
  const storage = new StorageRef(key, element, count as number);
  if (!Array.isArray(view)) return storage;
  const [, start, length] = view as readonly unknown[];
  const inside = Number.isSafeInteger(start) && Number.isSafeInteger(length) && (start as number) >= 0;
  if (!inside || (length as number) < 0 || (start as number) + (length as number) > (count as number)) {
    throw badStorage(`storage ${key}: the view ${brief(start)}+${brief(length)} leaves its ${brief(count)} elements`);
  }
  return new StorageRef(key, storage.type, storage.count, start as number, length as number);
}

function badStorage(what: string): VqganClipError {
  return new VqganClipError("BAD_FILE", `openTorchCheckpoint(): a storage is described wrongly: ${what}`);
}

/** For messages: nested lists are not spelled out, they could be endless. */
function brief(value: unknown): string {
  return typeof value === "object" && value !== null ? "an object" : String(value).slice(0, 40);
}
