#!/usr/bin/env python3
"""Dev scores beside the AdapterHub program: adapters m = 64, three epochs at 1e-3, the same files, seeds from 0 on.

    python3 tests/reference/quality.py --awb build/release/app/awb --checkpoint FOLDER --data FOLDER \
        --python PYTHON_WITH_ADAPTERS --program adapterhub_train.py [--tasks trec,sst2,cola] [--sides fast,bfloat16] [--seeds 3]

FOLDER of the data holds TREC, SST-2-sentences and GLUE/CoLA. A line per task and side: the scores, their mean and s.e.m. in points.
Ours train with Adam's bias correction, as the program does. Uses a library of its own in a temporary folder.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile

SIDES = {"reference": None,
         "plain": ["--precision", "float32", "--plain-path"],
         "fast": ["--precision", "float32"],
         "bfloat16": ["--precision", "bfloat16"]}


def labelled_lines(source, until, target):
    """Lines of "label text" as label, tab, text: what the program reads."""
    with open(source, encoding="latin-1") as lines, open(target, "w", encoding="utf-8") as out:
        for line in lines:
            label, text = line.rstrip("\n").split(" ", 1)
            out.write(label.split(until)[0] + "\t" + text + "\n")


def prepared(task, data, folder):
    """Files of train and dev, and columns of text and label."""
    if task == "cola":
        return f"{data}/GLUE/CoLA/train.tsv", f"{data}/GLUE/CoLA/dev.tsv", 3, 1
    parts = {"trec": ("TREC/TREC.train", "TREC/TREC.test"),
             "sst2": ("SST-2-sentences/stsa.binary.train", "SST-2-sentences/stsa.binary.dev")}[task]
    files = [os.path.join(folder, f"{task}-{part}.tsv") for part in ("train", "dev")]
    for source, target in zip(parts, files):
        labelled_lines(os.path.join(data, source), ":", target)
    return *files, 1, 0


def json_of(command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(done.stdout[done.stdout.index("{"):])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("awb", "checkpoint", "data", "python", "program"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--tasks", default="trec,sst2,cola")
    parser.add_argument("--sides", default=",".join(SIDES))
    parser.add_argument("--seeds", type=int, default=3)
    o = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        awb = [o.awb, "--home", home, "--json"]
        json_of([*awb, "checkpoints", "add", o.checkpoint, "--name", "sample"])
        for task in o.tasks.split(","):
            train, dev, text, label = prepared(task, o.data, home)
            known = [f"{o.data}/GLUE/CoLA"] if task == "cola" else [train, "--dev", dev, "--text", str(text), "--label", str(label),
                                                                     "--delimiter", "tab", "--quoting", "off", "--header", "off"]
            json_of([*awb, "datasets", "add", *known, "--name", task])
            for side in o.sides.split(","):
                scores = []
                for seed in range(o.seeds):
                    if side == "reference":
                        run = json_of([o.python, o.program, "--checkpoint", o.checkpoint, "--train", train, "--dev", dev, "--text", str(text),
                                       "--label", str(label), "--seed", str(seed)])
                        scores.append(100 * run["mcc" if task == "cola" else "accuracy"])
                    else:
                        run = json_of([*awb, "train", "--checkpoint", "sample", "--dataset", task, "--bottleneck", "64", "--lr", "1e-3",
                                       "--epochs", "3", "--bias-correction", "--seed", str(seed), *SIDES[side]])
                        scores.append(100 * run["score"])
                sem = statistics.stdev(scores) / len(scores) ** 0.5
                print(f"{task:6} {side:10} " + " ".join(f"{score:6.2f}" for score in scores)
                      + f"   {statistics.mean(scores):6.2f} ± {sem:.2f}", flush=True)


if __name__ == "__main__":
    main()
