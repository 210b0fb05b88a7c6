#!/usr/bin/env python3
"""Writes constraints.json: the service model of the operations that the in-memory Bedrock supports.

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

# A hyphen matches both halves of the repeated group, so a backtracking engine tries all ways to split a run of hyphens,
# which is exponential. The group accepts exactly the runs of characters of the class.
# `prove` compares the two patterns for all short strings.
LINEAR_EQUIVALENTS = {
    r"[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*": r"[a-zA-Z0-9][a-zA-Z0-9+.-]*",
}

# The properties of a shape that an entry of the table keeps, with the names of the service model.
KEPT = ["type", "enum", "min", "max", "union"]


def prove(original, equivalent):
    for length in range(6):
        for letters in itertools.product("aZ9+-._", repeat=length):
            text = "".join(letters)
            if bool(re.fullmatch(original, text)) != bool(re.fullmatch(equivalent, text)):
                sys.exit(f"{equivalent} is not equivalent to {original}: they differ on {text!r}")


def anchored(pattern):
    """The service matches the whole value; a JavaScript RegExp does so only with anchors."""
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
        sys.exit(f"{operation['name']}: members with another name on the wire are not supported: {renamed}")
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
    """Adds the shape and all shapes that it refers to to `reached`."""
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
    """JSON with one line for each operation or shape, for readable diffs after an update of botocore."""
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
