"""Renews requirements.txt from requirements.in and overrides.txt: `python3 lock.py`, with uv on the PATH.

Only wheels for 64-bit Intel Linux and the Pythons below are locked, which keeps the file a tenth of its size.
"""

import pathlib
import re
import subprocess
import tempfile
import tomllib

PYTHONS = ["3.11", "3.12", "3.13"]
WHEEL = re.compile(r"-((cp31[123]|py[\d.py]*)-none|cp31[123]-cp31[123]|cp3\d+-abi3)-(any|.*manylinux.*x86_64.*)\.whl$")
here = pathlib.Path(__file__).parent
found: dict[str, tuple[str, set[str]]] = {}  # "name==version" -> (first Python that needs it, digests)

for python in PYTHONS:
    with tempfile.TemporaryDirectory() as folder:
        lock, known = pathlib.Path(folder, "pylock.toml"), pathlib.Path(folder, "known.txt")
        known.write_text("\n".join(found))  # the same versions on every Python
        command = ["uv", "pip", "compile", "-q", "--format", "pylock.toml", "--only-binary", ":all:"]
        command += ["--python-platform", "x86_64-manylinux_2_31", "--python-version", python]
        command += ["--override", here / "overrides.txt", "--constraint", known, here / "requirements.in", "-o", lock]
        subprocess.run(command, check=True)
        packages = tomllib.loads(lock.read_text())["packages"]
    for package in packages:
        wheels = {wheel["url"].rsplit("/", 1)[1]: wheel["hashes"]["sha256"] for wheel in package["wheels"]}
        digests = {digest for name, digest in wheels.items() if WHEEL.search(name)}
        found.setdefault(f"{package['name']}=={package['version']}", (python, digests))

lines = ["# Made by lock.py: change requirements.in or overrides.txt instead."]
for name, (python, digests) in sorted(found.items()):
    marker = "" if python == PYTHONS[0] else f" ; python_version >= '{python}'"
    lines.append(" \\\n    ".join([name + marker, *(f"--hash=sha256:{digest}" for digest in sorted(digests))]))
(here / "requirements.txt").write_text("\n".join(lines) + "\n")
