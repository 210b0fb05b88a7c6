"""reference.py FOLDER: writes and reads the cases of FOLDER with the safetensors package.

cases.json has the files to write (tensors and metadata) and the sizes of the files to read, which are one after the other in read.bin.
The files that are written go to written.bin, and results.json has for each file what the package reads, or its error.
"""

import ctypes
import json
import sys
from pathlib import Path

from safetensors import SafetensorError, TensorSpec, deserialize, serialize


def write(case: dict) -> bytes:
    # All bytes of a tensor have one value, so that a reader can be seen to find its data.
    buffers = [ctypes.create_string_buffer(bytes([index + 1]) * tensor["bytes"], max(tensor["bytes"], 1))
               for index, tensor in enumerate(case["tensors"])]
    tensors = {
        tensor["name"]: TensorSpec(dtype=tensor["dtype"], shape=tensor["shape"], data_ptr=ctypes.addressof(buffer), data_len=tensor["bytes"])
        for tensor, buffer in zip(case["tensors"], buffers)
    }
    return serialize(tensors, case["metadata"])


def read(file: bytes) -> dict:
    try:
        tensors = deserialize(file)
    except SafetensorError as error:
        return {"error": str(error)}
    return {"tensors": [
        {"name": name, "dtype": tensor["dtype"], "shape": tensor["shape"], "bytes": len(tensor["data"]), "value": next(iter(tensor["data"]), None)}
        for name, tensor in tensors
    ]}


folder = Path(sys.argv[1])
cases = json.loads((folder / "cases.json").read_text())
written = [write(case) for case in cases["write"]]
(folder / "written.bin").write_bytes(b"".join(written))
results, content, start = [], (folder / "read.bin").read_bytes(), 0
for size in cases["read"]:
    results.append(read(content[start:start + size]))
    start += size
(folder / "results.json").write_text(json.dumps({
    "written": [{"size": len(file), **read(file)} for file in written],
    "read": results,
}))
