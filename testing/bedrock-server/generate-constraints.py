#!/usr/bin/env python3
"""Writes constraints.json: the service model of the operations that the in-memory Bedrock supports.

    pip download botocore==1.44.8 --no-deps --dest /tmp/botocore
    unzip -d /tmp/botocore /tmp/botocore/botocore-*.whl 'botocore/data/bedrock*'
    ./generate-constraints.py /tmp/botocore/botocore/data 1.44.8
"""

import gzip
import itertools
import json
import math
import pathlib
import re
import sys

OPERATIONS = {
    "bedrock": [
        "CreateModelImportJob",
        "GetModelImportJob",
        "ListModelImportJobs",
        "GetImportedModel",
        "ListImportedModels",
        "DeleteImportedModel",
        "TagResource",
        "UntagResource",
        "ListTagsForResource",
        "CreateModelInvocationJob",
        "GetModelInvocationJob",
        "ListModelInvocationJobs",
        "StopModelInvocationJob",
    ],
    "bedrock-runtime": ["InvokeModel"],
}

# A hyphen matches both halves of the repeated group, so a backtracking engine tries all ways to split a run of hyphens,
# which is exponential. The group accepts exactly the runs of characters of the class.
# `prove` compares the two patterns for all short strings.
#
# The second pattern counts its groups. Every character after the first can be a group of its own, so its equivalent accepts
# the same names of up to 64 characters: one, and 63 groups. `check_lengths` refuses a shape that allows longer ones.
LINEAR_EQUIVALENTS = {
    r"[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*": (r"[a-zA-Z0-9][a-zA-Z0-9+.-]*", math.inf),
    r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}": (r"[a-zA-Z0-9][a-zA-Z0-9+.-]*", 64),
}

# The properties of a shape that an entry of the table keeps, with the names of the service model.
KEPT = ["type", "enum", "min", "max", "union"]


def prove(original, equivalent):
    for length in range(6):
        for letters in itertools.product("aZ9+-._", repeat=length):
            text = "".join(letters)
            if bool(re.fullmatch(original, text)) != bool(re.fullmatch(equivalent, text)):
                sys.exit(f"{equivalent} is not equivalent to {original}: they differ on {text!r}")
    # The longest names that both must accept: a match needs no backtracking, unlike a refusal.
    for letters in itertools.product("aZ9+-.", repeat=2):
        text = "a" + "".join(letters) * 31
        if not re.fullmatch(original, text) or not re.fullmatch(equivalent, text):
            sys.exit(f"{equivalent} is not equivalent to {original}: one of them refuses {text!r}")


def check_lengths(original, longest, shapes):
    """Checks that the shapes with a pattern do not allow values that are too long for its equivalent."""
    for name, shape in shapes.items():
        if original in shape.get("pattern", "") and shape.get("max", math.inf) > longest:
            sys.exit(f"{name} allows values that are too long for the equivalent of {original}")


def anchored(pattern):
    """The service matches the whole value; a JavaScript RegExp does so only with anchors."""
    for original, (equivalent, _) in LINEAR_EQUIVALENTS.items():
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


def headers_of(shape):
    """The headers of the members that are not in the path, query string or body."""
    return {name: member["locationName"].lower() for name, member in shape["members"].items() if member.get("location") == "header"}


def entry_of_operation(operation, shapes):
    request, response = shapes[operation["input"]["shape"]], shapes[operation["output"]["shape"]]
    members = request["members"]
    renamed = [name for name, member in members.items() if member.get("location") != "header" and member.get("locationName", name) != name]
    if renamed:
        sys.exit(f"{operation['name']}: members with another name on the wire are not supported: {renamed}")
    if request.get("payload") != response.get("payload"):
        sys.exit(f"{operation['name']}: only a payload of both request and response is supported")
    # The members that are not JSON: one is the body, and the others are headers.
    raw = {"payload": request["payload"], "headers": {**headers_of(request), **headers_of(response)}} if "payload" in request else {}
    return {
        "method": operation["http"]["method"],
        "path": operation["http"]["requestUri"],
        "status": operation["http"]["responseCode"],
        "input": operation["input"]["shape"],
        "output": operation["output"]["shape"],
        "uri": [name for name, member in members.items() if member.get("location") == "uri"],
        "querystring": [name for name, member in members.items() if member.get("location") == "querystring"],
        "body": [name for name, member in members.items() if "location" not in member and name != request.get("payload")],
        "errors": [error["shape"] for error in operation["errors"]],
        **raw,
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


def add(entries, more):
    """Adds entries of another service. The same name must mean the same."""
    for name, entry in more.items():
        if entries.setdefault(name, entry) != entry:
            sys.exit(f"{name} differs between the services")


def table(services, version):
    operations, shapes, errors = {}, {}, {}
    for service, names in OPERATIONS.items():
        model = services[service]["shapes"]
        of_service = {name: entry_of_operation(services[service]["operations"][name], model) for name in names}
        reached = {}
        for operation in of_service.values():
            reach(operation["input"], model, reached)
            reach(operation["output"], model, reached)
        add(operations, of_service)
        add(shapes, reached)
        add(errors, {name: model[name]["error"]["httpStatusCode"] for operation in of_service.values() for name in operation["errors"]})
    return {
        "source": {
            "generator": pathlib.Path(__file__).name,
            "botocore": version,
            **{service: services[service]["metadata"]["apiVersion"] for service in OPERATIONS},
        },
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


def read(folder):
    """The newest version of the API of a service."""
    path = max(folder.glob("*/service-2.json*"))
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        return json.load(file)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    data, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    services = {service: read(data / service) for service in OPERATIONS}
    shapes = {f"{service}.{name}": shape for service in services for name, shape in services[service]["shapes"].items()}
    for original, (equivalent, longest) in LINEAR_EQUIVALENTS.items():
        if not any(original in shape.get("pattern", "") for shape in shapes.values()):
            sys.exit(f"The services no longer use {original}: drop its equivalent")
        check_lengths(original, longest, shapes)
        prove(original, equivalent)
    pathlib.Path(__file__).with_name("constraints.json").write_text(one_entry_per_line(table(services, version)))


if __name__ == "__main__":
    main()
