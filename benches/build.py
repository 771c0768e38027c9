"""What it costs to build: cold and incremental builds of the example `digits`, its speed in a debug build, and a block
repeated 2 and 100 times.

    python benches/build.py [--target FOLDER]

Prints a Markdown table; times are of one run each on an otherwise idle machine.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
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


def timed(command, **environment):
    start = time.perf_counter()
    ran = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{ran.stderr[-2000:]}")
    return time.perf_counter() - start, ran.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", help="a folder to build in; a new one if not given")
    options = parser.parse_args()
    target = options.target or tempfile.mkdtemp(prefix="plywood-build-")
    example = ROOT / "examples" / "digits.rs"
    rows = []
    build = ["cargo", "build", "--example", "digits"]
    for profile, flags in [("debug", []), ("release", ["--release"])]:
        subprocess.run(["cargo", "fetch"], cwd=ROOT, check=True, capture_output=True)
        rows.append((f"`digits`, {profile}, everything", timed(build + flags, CARGO_TARGET_DIR=target)[0]))
        example.touch()
        rows.append((f"`digits`, {profile}, after a change of it", timed(build + flags, CARGO_TARGET_DIR=target)[0]))
        binary = pathlib.Path(target) / profile / "examples" / "digits"
        rows.append((f"`digits`, {profile}, running", timed([str(binary)])[0]))
    scratch = ROOT / "examples" / "repeat_scratch.rs"
    manifest = ROOT / "examples" / "Cargo.toml"
    before = manifest.read_text()
    try:
        manifest.write_text(before + '\n[[example]]\nname = "repeat_scratch"\npath = "repeat_scratch.rs"\n')
        for count in (2, 100, 2, 100):
            for profile, flags in [("debug", []), ("release", ["--release"])]:
                scratch.write_text(REPEAT.replace("COUNT", str(count)))
                build = ["cargo", "build", "--example", "repeat_scratch", *flags]
                rows.append((f"`repeat {count}`, {profile}", timed(build, CARGO_TARGET_DIR=target)[0]))
    finally:
        manifest.write_text(before)
        scratch.unlink(missing_ok=True)
    print("| what | seconds |\n|---|---|")
    for what, seconds in rows:
        print(f"| {what} | {seconds:.2f} |")


if __name__ == "__main__":
    main()
