"""Runs an exported ONNX file by ONNX Runtime in Python: run_onnx.py MODEL INPUTS OUTPUTS, the arrays as .safetensors.

Needs numpy and onnxruntime alone. The formula of the loss is docs/export.md's.
"""

import json
import struct
import sys

import numpy as np
import onnxruntime

DTYPES = {"F32": np.float32, "I32": np.int32, "I64": np.int64}


def load(path):
    data = open(path, "rb").read()
    (size,) = struct.unpack("<Q", data[:8])
    arrays = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        arrays[name] = np.frombuffer(data[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def save(path, arrays):
    header, at = {}, 0
    for name, array in arrays.items():
        dtype = next(key for key, value in DTYPES.items() if array.dtype == value)
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).tobytes())


model, inputs, outputs = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
given = load(inputs)
names = [output.name for output in session.get_outputs()]
results = dict(zip(names, session.run(names, {each.name: given[each.name] for each in session.get_inputs()})))
save(outputs, results)
if "losses" in results:
    loss = results["losses"].sum() + given["latentWeight"] * results["latentLoss"]
    print(f"loss {loss:.6f}  |gradient| {np.linalg.norm(results['gradient']):.6f}")
