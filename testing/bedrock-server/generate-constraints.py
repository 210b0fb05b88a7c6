#!/usr/bin/env python3
"""Writes constraints.json: what the service's own model says of the operations that the in-memory Bedrock serves.

    pip download botocore==1.43.11 --no-deps --dest /tmp/botocore
    unzip -d /tmp/botocore /tmp/botocore/botocore-*.whl 'botocore/data/bedrock/*'
    ./generate-constraints.py /tmp/botocore/botocore/data/bedrock/2023-04-20/service-2.json.gz 1.43.11
"""

import gzip
import itertools
import json
import pathlib
import re
import sys

OPERATIONS = [
    "CreateModelImportJob",
    "GetModelImportJob",
    "ListModelImportJobs",
    "GetImportedModel",
    "ListImportedModels",
    "DeleteImportedModel",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
]

# A hyphen is in both halves of the repeated group, so a backtracking engine tries every way to split a run of hyphens:
# exponential. Any run of characters of the class can be split, so the group accepts exactly the runs of the class.
# `prove` compares the two on every short string.
LINEAR_EQUIVALENTS = {
    r"[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*": r"[a-zA-Z0-9][a-zA-Z0-9+.-]*",
}

# What an entry of the table keeps of a shape, under the service's own names.
KEPT = ["type", "enum", "min", "max", "union"]


def prove(original, equivalent):
    for length in range(6):
        for letters in itertools.product("aZ9+-._", repeat=length):
            text = "".join(letters)
            if bool(re.fullmatch(original, text)) != bool(re.fullmatch(equivalent, text)):
                sys.exit(f"{equivalent} is not equivalent to {original}: they differ on {text!r}")


def anchored(pattern):
    """The service matches the whole value; a JavaScript RegExp only when it says so."""
    for original, equivalent in LINEAR_EQUIVALENTS.items():
        pattern = pattern.replace(original, equivalent)
    return f"^(?:{pattern})$"


def entry_of_shape(shape):
    entry = {key: shape[key] for key in KEPT if key in shape}
    if "pattern" in shape:
        entry["pattern"] = anchored(shape["pattern"])
    if "member" in shape:
        entry["member"] = shape["member"]["shape"]
    if shape["type"] == "structure":
        entry["required"] = shape.get("required", [])
        entry["members"] = {name: member["shape"] for name, member in shape["members"].items()}
    return entry


def entry_of_operation(operation, shapes):
    members = shapes[operation["input"]["shape"]]["members"]
    renamed = [name for name, member in members.items() if member.get("locationName", name) != name]
    if renamed:
        sys.exit(f"{operation['name']}: the table has no place for members with another name on the wire: {renamed}")
    return {
        "method": operation["http"]["method"],
        "path": operation["http"]["requestUri"],
        "status": operation["http"]["responseCode"],
        "input": operation["input"]["shape"],
        "output": operation["output"]["shape"],
        "uri": [name for name, member in members.items() if member.get("location") == "uri"],
        "querystring": [name for name, member in members.items() if member.get("location") == "querystring"],
        "body": [name for name, member in members.items() if "location" not in member],
        "errors": [error["shape"] for error in operation["errors"]],
    }


def reach(name, shapes, reached):
    """Adds to `reached` the shape and all that it is made of."""
    if name in reached:
        return
    reached[name] = entry_of_shape(shapes[name])
    for member in shapes[name].get("members", {}).values():
        reach(member["shape"], shapes, reached)
    if "member" in shapes[name]:
        reach(shapes[name]["member"]["shape"], shapes, reached)


def table(service, version):
    operations = {name: entry_of_operation(service["operations"][name], service["shapes"]) for name in OPERATIONS}
    shapes = {}
    for operation in operations.values():
        reach(operation["input"], service["shapes"], shapes)
        reach(operation["output"], service["shapes"], shapes)
    errors = {name: service["shapes"][name]["error"]["httpStatusCode"] for operation in operations.values() for name in operation["errors"]}
    return {
        "source": {"generator": pathlib.Path(__file__).name, "botocore": version, "api": service["metadata"]["apiVersion"]},
        "errors": dict(sorted(errors.items())),
        "operations": operations,
        "shapes": dict(sorted(shapes.items())),
    }


def one_entry_per_line(sections):
    """JSON whose diff, after an update of botocore, shows one line per changed operation or shape."""
    blocks = []
    for name, entries in sections.items():
        lines = ",\n".join(f"    {json.dumps(key)}: {json.dumps(entry)}" for key, entry in entries.items())
        blocks.append(f"  {json.dumps(name)}: {{\n{lines}\n  }}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    path, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        service = json.load(file)
    patterns = [shape.get("pattern", "") for shape in service["shapes"].values()]
    for original, equivalent in LINEAR_EQUIVALENTS.items():
        if not any(original in pattern for pattern in patterns):
            sys.exit(f"The service no longer uses {original}: drop its equivalent")
        prove(original, equivalent)
    pathlib.Path(__file__).with_name("constraints.json").write_text(one_entry_per_line(table(service, version)))


if __name__ == "__main__":
    main()
