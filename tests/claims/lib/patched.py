"""A copy of the source with one planted fault, built aside: what a claim must not hold for."""
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(os.environ["GB_ROOT"])


def build(folder, path, old, new):
    """The program with `old` replaced by `new` in one file; `old` must stand there once."""
    folder = pathlib.Path(folder)
    for name in ("src", "include", "cmake", "CMakeLists.txt", "CMakePresets.json"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        folder.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, folder / name)
    text = (folder / path).read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise RuntimeError(f"{path} holds the text to be replaced {text.count(old)} times")
    (folder / path).write_text(text.replace(old, new), encoding="utf-8")
    for command in (["cmake", "--preset", "release", "-DGB_TESTS=OFF"],
                    ["cmake", "--build", "build/release", "--target", "gridbridge"]):
        done = subprocess.run(command, cwd=folder, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]}")
    return folder / "build/release/gridbridge"
