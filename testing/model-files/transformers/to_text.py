"""to_text.py SOURCE TARGET: copies the models below SOURCE. Of a safetensors file, only the header: NAME.safetensors.header.json."""

import shutil
import struct
import sys
from pathlib import Path

source, target = map(Path, sys.argv[1:])
shutil.rmtree(target, ignore_errors=True)
for file in sorted(path for path in source.rglob("*") if path.is_file()):
    copy = target / file.relative_to(source)
    copy.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix != ".safetensors":
        shutil.copyfile(file, copy)
        continue
    content = file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    # Without the spaces that fill the header up to a multiple of eight bytes.
    Path(f"{copy}.header.json").write_bytes(content[8:8 + length].rstrip(b" ") + b"\n")
