#!/usr/bin/env python3
"""Training speed beside the AdapterHub program, in turn, on the same files: CoLA, m = 64, batch 32.

    python3 tests/reference/speed.py --awb build/release/app/awb --checkpoint FOLDER --cola FOLDER \
        --python PYTHON_WITH_ADAPTERS --program adapterhub_train.py [--rounds 3] [--steps 60]

Prints medians over the rounds and the ratio of each pair. Uses a library of its own in a temporary folder.
"""
import argparse
import json
import statistics
import subprocess
import tempfile


def json_of(command, **more):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **more)
    return json.loads(done.stdout[done.stdout.index("{"):])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("awb", "checkpoint", "cola", "python", "program"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=60)
    o = parser.parse_args()

    with tempfile.TemporaryDirectory() as home:
        awb = [o.awb, "--home", home]
        subprocess.run(awb + ["checkpoints", "add", o.checkpoint, "--name", "sample"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(awb + ["datasets", "add", o.cola, "--name", "cola"], check=True, stdout=subprocess.DEVNULL)
        print(f"{'precision':10} {'ours ms':>8} {'theirs ms':>9} {'ours ex/s':>9} {'theirs ex/s':>11} {'ratio':>6} {'ours MB':>8} {'theirs MB':>9}")
        for precision, short in (("float32", "fp32"), ("bfloat16", "bf16")):
            pairs = []
            for _ in range(o.rounds):
                ours = json_of(awb + ["--json", "bench", "--checkpoint", "sample", "--dataset", "cola", "--bottleneck", "64",
                                        "--precision", precision, "--steps", str(o.steps)])
                theirs = json_of([o.python, o.program, "--checkpoint", o.checkpoint, "--train", o.cola + "/train.tsv",
                                    "--dev", o.cola + "/dev.tsv", "--text", "3", "--label", "1", "--m", "64",
                                    "--precision", short, "--steps", str(o.steps + 5)])
                pairs.append((ours, theirs))
            middle = lambda side, key: statistics.median(pair[side][key] for pair in pairs)
            ratio = statistics.median(a["examples_per_s"] / b["examples_per_s"] for a, b in pairs)
            print(f"{precision:10} {middle(0, 'median_step_ms'):8.0f} {middle(1, 'median_step_ms'):9.0f} "
                  f"{middle(0, 'examples_per_s'):9.0f} {middle(1, 'examples_per_s'):11.0f} {ratio:6.2f} "
                  f"{middle(0, 'peak_rss_mb'):8.0f} {middle(1, 'peak_rss_mb'):9.0f}", flush=True)


if __name__ == "__main__":
    main()
