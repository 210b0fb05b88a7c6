"""The result files of a Distributed Map, in the formats that AWS documents."""

import json
import math

_FILES = 3  # one per 5 GB on AWS; several here, so that a reader of only the first one fails


def encode(results, config, folder):
    """
    Returns the files by key, and the list of them for the manifest. A result is the status of a child execution, its output, and
    its description.
    """
    files = {}
    listing = {}
    for name in ("FAILED", "PENDING", "SUCCEEDED"):
        records = [record for result in results if _file_of(result[0]) == name for record in _transform(*result, config)]
        size = math.ceil(len(records) / _FILES)
        listing[name] = []
        for start in range(0, len(records), size or 1):
            body = _encode(records[start : start + size], config)
            key = f"{folder}/{name}_{len(listing[name])}.{config.get('OutputType', 'JSON').lower()}"
            files[key] = body
            listing[name].append({"Key": key, "Size": len(body)})
    return files, listing


def to_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _file_of(status):
    return status if status in ("SUCCEEDED", "PENDING") else "FAILED"


def _transform(status, output, description, config):
    transformation = config.get("Transformation", "NONE")
    if transformation == "NONE" or status != "SUCCEEDED":
        return [description]
    return output if transformation == "FLATTEN" and isinstance(output, list) else [output]


def _encode(records, config):
    if config.get("OutputType") == "JSONL":
        return "".join(f"{to_json(record)}\n" for record in records).encode()
    return to_json(records).encode()
