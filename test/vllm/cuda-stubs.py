"""Stands in for the CUDA libraries that PyPI's torch wants to load and a machine without a GPU never calls.

PyPI has only torch's CUDA build; its CUDA libraries would be 3 GB. For each one that is missing, a library is
written in which every function that torch names answers an error. (libcudart is the real one: it is asked whether
there is a driver.) The same for libnuma where the system lacks it. Run by the environment's python; needs gcc and
readelf. Where all is there it changes nothing.
"""

import collections
import ctypes
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile

SITE = pathlib.Path(sysconfig.get_paths()["purelib"])
TORCH = SITE / "torch" / "lib"
CUDA_LIBRARY = re.compile(r"lib(cu|nv|nccl)(?!dart)")
# Functions of the libraries that give their symbols no version.
CUDA_FUNCTION = re.compile(r"(cufile|cuFile|cusparseLt|p?nccl|curand)")

Symbols = set[tuple[str, str]]  # (name, version or "")


def read(flag: str, library: pathlib.Path) -> str:
    return subprocess.run(["readelf", flag, "-W", library], check=True, capture_output=True, text=True).stdout


def undefined(library: pathlib.Path) -> Symbols:
    rows = (line.split() for line in read("--dyn-syms", library).splitlines())
    names = (row[7].partition("@") for row in rows if len(row) >= 8 and row[6] == "UND")
    return {(name, version) for name, _, version in names}


def versions(library: pathlib.Path) -> dict[str, str]:
    """Symbol version -> the library that defines it."""
    homes, home = {}, ""
    for line in read("--version-info", library).splitlines():
        if found := re.search(r"File: (\S+)", line):
            home = found[1]
        elif home and (found := re.search(r"Name: (\S+)", line)):
            homes[found[1]] = home
    return homes


def write_stub(target: pathlib.Path, symbols: Symbols) -> None:
    by_version = collections.defaultdict(list)
    for name, version in sorted(symbols):
        by_version[version].append(name)
    with tempfile.TemporaryDirectory() as folder:
        source, script = pathlib.Path(folder, "stub.c"), pathlib.Path(folder, "stub.map")
        # -1 is an error to every CUDA library and "not available" to libnuma.
        source.write_text("".join(f"int {name}(void) {{ return -1; }}\n" for name in sorted({name for name, _ in symbols})))
        command = ["gcc", "-shared", "-fPIC", "-s", "-w", "-fno-builtin", f"-Wl,-soname,{target.name}"]
        if any(by_version):
            groups = [f"{version} {{ global: {'; '.join(names)}; }};\n" for version, names in by_version.items() if version]
            script.write_text("".join(groups))
            command.append(f"-Wl,--version-script={script}")
        subprocess.run([*command, "-o", target, source], check=True)
    print(f"{target.name}: {len(symbols)} functions")


def cuda() -> None:
    wanted: dict[str, Symbols] = {}
    unversioned: Symbols = set()
    for library in [*sorted(TORCH.glob("libtorch*.so")), TORCH / "libc10_cuda.so"]:
        needed = re.findall(r"NEEDED.*\[(.*?)\]", read("--dynamic", library))
        for name in needed:
            if CUDA_LIBRARY.match(name) and name != "libcuda.so.1" and not (TORCH / name).exists():
                wanted.setdefault(name, set())
        homes = versions(library)
        for name, version in undefined(library):
            if homes.get(version) in wanted:
                wanted[homes[version]].add((name, version))
            elif version == "" and CUDA_FUNCTION.match(name):
                unversioned.add((name, version))
    for name, symbols in wanted.items():
        # A function without a version may live in any library: all that have no versions of their own offer it.
        write_stub(TORCH / name, symbols or unversioned)


def numa() -> None:
    target = pathlib.Path(sys.prefix, "lib", "libnuma.so.1")
    try:
        ctypes.CDLL(target.name)
    except OSError:
        symbols = {each for each in undefined(SITE / "vllm" / "_C.abi3.so") if each[1].startswith("libnuma")}
        write_stub(target, symbols)


cuda()
numa()
