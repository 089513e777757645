/**
 * A pickle reader that executes nothing: protocols 0 to 5 as torch and Lightning write them. Globals become names;
 * calling one does something only where `resolve` says what; anything else becomes an inert Placeholder.
 */
import { VqganClipError } from "../core/errors.js";
import { narrow, PickleReader } from "./pickle-reader.js";
import {
  type LoadPersistent,
  type PickleDict,
  PickleGlobal,
  Placeholder,
  type ResolveGlobal,
  ScriptObject,
} from "./pickle-values.js";

export interface PickleOptions {
  readonly resolve: ResolveGlobal;
  readonly loadPersistent?: LoadPersistent;
  /** Where the pickle starts in the bytes. */
  readonly start?: number;
}

export interface PickleResult {
  readonly value: unknown;
  /** The byte after the pickle. */
  readonly end: number;
}

const OPERATION_LIMIT = 20_000_000;
const STACK_LIMIT = 4_000_000;
const MARK_LIMIT = 10_000;
const MEMO_LIMIT = 4_000_000;
/** The longest names of classes have a hundred; each is taken apart anew. */
const NAME_LIMIT = 1000;
/** Items in lists and tuples handed to calls, all calls together: a call may copy them. */
const ARGUMENT_LIMIT = 4_000_000;

/**
 * Reads one pickle. Throws BAD_FILE for what is not a pickle or uses what torch never does (extension codes,
 * out-of-band buffers), OUT_OF_LIMITS for one that grows without measure, and whatever `resolve` throws.
 */
export function unpickle(bytes: Uint8Array, { resolve, loadPersistent, start = 0 }: PickleOptions): PickleResult {
  const reader = new PickleReader(bytes, start);
  const machine = new Machine(reader, resolve, loadPersistent);
  for (let count = 0; count < OPERATION_LIMIT; count++) {
    const opcode = reader.uint8();
    if (opcode === 0x2e) return { value: machine.pop(), end: reader.at };
    const operation = operations[opcode];
    if (!operation) {
      const shown = `0x${opcode.toString(16).padStart(2, "0")}`;
      throw new VqganClipError(
        "BAD_FILE",
        `unpickle(): opcode ${shown} at byte ${reader.at - 1}, which torch never writes`,
      );
    }
    operation(machine, reader);
  }
  throw new VqganClipError("OUT_OF_LIMITS", `unpickle(): the pickle has more than ${OPERATION_LIMIT} operations`);
}

class Machine {
  stack: unknown[] = [];
  readonly memo = new Map<number, unknown>();
  private readonly marks: unknown[][] = [];
  private argumentItems = 0;

  constructor(
    private readonly reader: PickleReader,
    private readonly resolve: ResolveGlobal,
    private readonly loadPersistent: LoadPersistent | undefined,
  ) {}

  fail(what: string): VqganClipError {
    return new VqganClipError("BAD_FILE", `unpickle(): at byte ${this.reader.at}: ${what}`);
  }

  push(value: unknown): void {
    if (this.stack.length >= STACK_LIMIT) throw tooMany("values on the stack", STACK_LIMIT);
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0) throw this.fail("the stack is empty");
    return this.stack.pop();
  }

  top(): unknown {
    if (this.stack.length === 0) throw this.fail("the stack is empty");
    return this.stack.at(-1);
  }

  mark(): void {
    if (this.marks.length >= MARK_LIMIT) throw tooMany("nested marks", MARK_LIMIT);
    this.marks.push(this.stack);
    this.stack = [];
  }

  popToMark(): unknown[] {
    const items = this.stack;
    const outer = this.marks.pop();
    if (!outer) throw this.fail("there is no mark");
    this.stack = outer;
    return items;
  }

  memoize(index: number): void {
    if (this.memo.size >= MEMO_LIMIT) throw tooMany("remembered values", MEMO_LIMIT);
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    if (!this.memo.has(index)) throw this.fail(`nothing is remembered under ${index}`);
    this.push(this.memo.get(index));
  }

  global(module: unknown, name: unknown): void {
    if (typeof module !== "string" || typeof name !== "string") throw this.fail("a global's name must be text");
    if (module.length + name.length > NAME_LIMIT) throw tooMany("characters in a global's name", NAME_LIMIT);
    this.push(this.resolve(module, name));
  }

  persistent(id: unknown): void {
    if (!this.loadPersistent) throw this.fail("a persistent id, and none is expected here");
    this.push(this.loadPersistent(id));
  }

  /** `callee(*args)`: an allowed global does what the reader defines, all else becomes a Placeholder. */
  call(callee: unknown, args: unknown): void {
    if (callee instanceof Placeholder) this.push(callee);
    else if (!(callee instanceof PickleGlobal)) throw this.fail("called something that is no class or function");
    else if (!callee.call) this.push(new Placeholder(String(callee)));
    else if (!Array.isArray(args)) throw this.fail(`the arguments of ${callee} must be a tuple`);
    else {
      for (const arg of args) this.argumentItems += Array.isArray(arg) ? arg.length : 1;
      if (this.argumentItems > ARGUMENT_LIMIT) throw tooMany("items handed to calls", ARGUMENT_LIMIT);
      this.push(callee.call(args));
    }
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Set) for (const item of items) target.add(item);
    else if (!(target instanceof Placeholder)) throw this.fail("appended to something that is no list or set");
  }

  setItems(items: readonly unknown[]): void {
    const target = this.top();
    if (items.length % 2 !== 0) throw this.fail("an odd number of keys and values");
    if (target instanceof Map) {
      for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
    } else if (!(target instanceof Placeholder)) throw this.fail("set an item of something that is no dict");
  }
}

type Operation = (machine: Machine, reader: PickleReader) => void;

const pushes = (read: (reader: PickleReader) => unknown): Operation => {
  return (machine, reader) => machine.push(read(reader));
};
const tuple = (length: number): Operation => {
  return (machine) => {
    const items = Array.from({ length }, () => machine.pop()).reverse();
    machine.push(items);
  };
};

/** By opcode; STOP is handled by the loop, EXT1-4 and out-of-band buffers are left out on purpose. */
const operations: { readonly [opcode: number]: Operation } = {
  // Frame and protocol
  128: (machine, reader) => {
    const protocol = reader.uint8();
    if (protocol > 5) throw machine.fail(`pickle protocol ${protocol}, known are 0 to 5`);
  },
  149: (_, reader) => void reader.size(), // FRAME
  // Constants and numbers
  78: pushes(() => null), // NONE
  136: pushes(() => true), // NEWTRUE
  137: pushes(() => false), // NEWFALSE
  73: (machine, reader) => machine.push(parseInteger(machine, reader.line())), // INT
  76: (machine, reader) => machine.push(parseInteger(machine, reader.line())), // LONG
  74: pushes((reader) => reader.int32()), // BININT
  75: pushes((reader) => reader.uint8()), // BININT1
  77: pushes((reader) => reader.uint16()), // BININT2
  138: pushes((reader) => reader.long(reader.uint8())), // LONG1
  139: pushes((reader) => reader.long(reader.uint32())), // LONG4
  70: pushes((reader) => Number(reader.line())), // FLOAT
  71: pushes((reader) => reader.float64()), // BINFLOAT
  // Text and bytes
  86: pushes((reader) => reader.line()), // UNICODE
  88: pushes((reader) => reader.utf8(reader.uint32())), // BINUNICODE
  140: pushes((reader) => reader.utf8(reader.uint8())), // SHORT_BINUNICODE
  141: pushes((reader) => reader.utf8(reader.size())), // BINUNICODE8
  83: pushes((reader) => reader.line().replace(/^(['"])(.*)\1$/, "$2")), // STRING
  84: pushes((reader) => reader.utf8(reader.uint32())), // BINSTRING
  85: pushes((reader) => reader.utf8(reader.uint8())), // SHORT_BINSTRING
  66: pushes((reader) => reader.raw(reader.uint32())), // BINBYTES
  67: pushes((reader) => reader.raw(reader.uint8())), // SHORT_BINBYTES
  142: pushes((reader) => reader.raw(reader.size())), // BINBYTES8
  150: pushes((reader) => reader.raw(reader.size())), // BYTEARRAY8
  // Containers
  40: (machine) => machine.mark(), // MARK
  41: pushes(() => []), // EMPTY_TUPLE
  133: tuple(1), // TUPLE1
  134: tuple(2), // TUPLE2
  135: tuple(3), // TUPLE3
  116: (machine) => machine.push(machine.popToMark()), // TUPLE
  93: pushes(() => []), // EMPTY_LIST
  108: (machine) => machine.push(machine.popToMark()), // LIST
  97: (machine) => machine.append([machine.pop()]), // APPEND
  101: (machine) => machine.append(machine.popToMark()), // APPENDS
  125: pushes((): PickleDict => new Map()), // EMPTY_DICT
  100: (machine) => {
    const items = machine.popToMark(); // DICT
    machine.push(new Map());
    machine.setItems(items);
  },
  115: (machine) => {
    const value = machine.pop(); // SETITEM
    machine.setItems([machine.pop(), value]);
  },
  117: (machine) => machine.setItems(machine.popToMark()), // SETITEMS
  143: pushes(() => new Set()), // EMPTY_SET
  144: (machine) => machine.append(machine.popToMark()), // ADDITEMS
  145: (machine) => machine.push(new Set(machine.popToMark())), // FROZENSET
  // Stack and memo
  48: (machine) => void machine.pop(), // POP
  49: (machine) => void machine.popToMark(), // POP_MARK
  50: (machine) => machine.push(machine.top()), // DUP
  112: (machine, reader) => machine.memoize(Number(reader.line())), // PUT
  113: (machine, reader) => machine.memoize(reader.uint8()), // BINPUT
  114: (machine, reader) => machine.memoize(reader.uint32()), // LONG_BINPUT
  148: (machine) => machine.memoize(machine.memo.size), // MEMOIZE
  103: (machine, reader) => machine.recall(Number(reader.line())), // GET
  104: (machine, reader) => machine.recall(reader.uint8()), // BINGET
  106: (machine, reader) => machine.recall(reader.uint32()), // LONG_BINGET
  // Globals, objects and persistent ids
  99: (machine, reader) => machine.global(reader.line(), reader.line()), // GLOBAL
  147: (machine) => {
    const name = machine.pop(); // STACK_GLOBAL
    machine.global(machine.pop(), name);
  },
  82: (machine) => {
    const args = machine.pop(); // REDUCE
    machine.call(machine.pop(), args);
  },
  129: (machine) => {
    const args = machine.pop(); // NEWOBJ
    machine.call(machine.pop(), args);
  },
  146: (machine) => {
    machine.pop(); // NEWOBJ_EX: keyword arguments are dropped
    const args = machine.pop();
    machine.call(machine.pop(), args);
  },
  105: (machine, reader) => {
    machine.global(reader.line(), reader.line()); // INST
    const type = machine.pop();
    machine.call(type, machine.popToMark());
  },
  111: (machine) => {
    const [type, ...args] = machine.popToMark(); // OBJ
    machine.call(type, args);
  },
  98: (machine) => {
    const state = machine.pop(); // BUILD: attributes of other objects change nothing that is read here
    const target = machine.top();
    if (target instanceof ScriptObject && state instanceof Map) target.attributes = state;
  },
  80: (machine, reader) => machine.persistent(reader.line()), // PERSID
  81: (machine) => machine.persistent(machine.pop()), // BINPERSID
};

function parseInteger(machine: Machine, line: string): number | bigint | boolean {
  if (line === "00") return false;
  if (line === "01") return true;
  const digits = line.replace(/L$/, "");
  if (!/^-?\d{1,2500}$/.test(digits)) throw machine.fail(`"${digits.slice(0, 20)}" is no integer`);
  return narrow(BigInt(digits));
}

function tooMany(what: string, limit: number): VqganClipError {
  return new VqganClipError("OUT_OF_LIMITS", `unpickle(): more than ${limit} ${what}`);
}
