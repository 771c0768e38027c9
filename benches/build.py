"""What it costs a program of one's own to build with Plywood: a crate outside the repository that holds the example
`digits`, built cold and after a change, in debug and in release, and run; then a block repeated 2 and 100 times.

    python benches/build.py

Prints a Markdown table; times are of one run each, on an otherwise idle machine.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MANIFEST = """[package]
name = "outside"
version = "0.0.0"
edition = "2024"

[dependencies]
plywood = { path = "RUNTIME" }

[workspace]
"""
ADVICE = """
[profile.dev.package]
plywood.opt-level = 3
plywood-kernels.opt-level = 3
"""
REPEAT = """use plywood::prelude::*;

network! {
    pub struct Deep: [64] -> [10] {
        blocks: repeat COUNT { fc1: Linear(64), Gelu, Dropout(0.1), fc2: Linear(64), Tanh },
        out: Linear(10),
    }
}

fn main() -> plywood::Result<()> {
    let x = random::uniform::<[f32; 64]>(8, -1.0..1.0, 1);
    let mut trainer = Trainer::new(Deep::init(1), CrossEntropy, Adam::new(1e-3)).batch(8).on(Device::best())?;
    println!("{}", trainer.step(&x, &[0; 8])?);
    Ok(())
}
"""


def timed(command, folder):
    environment = {**os.environ, "CARGO_TARGET_DIR": str(folder / "target")}
    start = time.perf_counter()
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{ran.stderr[-2000:]}")
    return time.perf_counter() - start


def outside(folder, source, advice):
    """A crate in `folder` whose program is `source`."""
    manifest = MANIFEST.replace("RUNTIME", str(ROOT / "runtime")) + (ADVICE if advice else "")
    (folder / "src").mkdir(exist_ok=True)
    (folder / "Cargo.toml").write_text(manifest)
    (folder / "src" / "main.rs").write_text(source)
    shutil.copytree(ROOT / "examples" / "data", folder / "data", dirs_exist_ok=True)
    subprocess.run(["cargo", "fetch"], cwd=folder, check=True, capture_output=True)


def main():
    rows = []
    digits = (ROOT / "examples" / "digits.rs").read_text()
    for name, flags, advice in [
        ("debug", [], False),
        ("debug, dependencies optimised", [], True),
        ("release", ["--release"], True),
    ]:
        with tempfile.TemporaryDirectory(prefix="plywood-build-") as temporary:
            folder = pathlib.Path(temporary)
            outside(folder, digits, advice)
            build = ["cargo", "build", *flags]
            rows.append((f"`digits`, {name}: everything", timed(build, folder)))
            (folder / "src" / "main.rs").write_text(digits.replace("Linear(128)", "Linear(129)"))
            rows.append((f"`digits`, {name}: after a change of the network", timed(build, folder)))
            binary = folder / "target" / ("release" if "--release" in flags else "debug") / "outside"
            rows.append((f"`digits`, {name}: running", timed([binary], folder)))
            if not advice:
                continue
            for count in (2, 100, 2, 100):
                (folder / "src" / "main.rs").write_text(REPEAT.replace("COUNT", str(count)))
                rows.append((f"`repeat {count}`, {name}", timed(build, folder)))
    print("| what | seconds |\n|---|---|")
    for what, seconds in rows:
        print(f"| {what} | {seconds:.2f} |")


if __name__ == "__main__":
    main()
