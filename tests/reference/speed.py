#!/usr/bin/env python3
"""Speed and memory beside the AdapterHub program, in turn, on the same files. Adapters: m = 64, batch 32.

    python3 tests/reference/speed.py --awb build/release/app/awb --checkpoint FOLDER --data FOLDER \
        --python PYTHON_WITH_ADAPTERS --program adapterhub_train.py [--works cola,mrpc] [--rounds 3] [--steps 40]

FOLDER of the data holds GLUE's CoLA, MRPC and RTE. A line per work: medians over the rounds, and the median of the ratios of
each pair. Uses a library of its own in a temporary folder.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

COLUMNS = {"CoLA": ["--text", "3", "--label", "1"],
           "MRPC": ["--text", "3", "--text2", "4", "--label", "0", "--header"],
           "RTE": ["--text", "1", "--text2", "2", "--label", "3", "--header"]}
SHORT = {"float32": "fp32", "bfloat16": "bf16"}
ADAPTERS = ["--bottleneck", "64"]
SPANS = 21  # of the checkpoint's six layers
TOP_HALF = [*ADAPTERS, "--method", "adapter-frozen", "--layers", "top-half"]
# name: data set, precision of ours, of theirs, our options, their options
WORKS = {
    "cola": ("CoLA", "float32", "float32", ADAPTERS, []),
    "cola-bf16": ("CoLA", "bfloat16", "bfloat16", ADAPTERS, []),
    "cola-padded": ("CoLA", "float32", "float32", ADAPTERS, ["--padding", "max"]),
    "cola-padded-bf16": ("CoLA", "bfloat16", "float32", ADAPTERS, ["--padding", "max"]),
    "mrpc": ("MRPC", "float32", "float32", ADAPTERS, []),
    "mrpc-bf16": ("MRPC", "bfloat16", "bfloat16", ADAPTERS, []),
    "rte": ("RTE", "float32", "float32", ADAPTERS, []),
    "rte-bf16": ("RTE", "bfloat16", "bfloat16", ADAPTERS, []),
    "full": ("CoLA", "float32", "float32", ["--method", "full"], ["--method", "finetune"]),
    "full-bf16": ("CoLA", "bfloat16", "bfloat16", ["--method", "full"], ["--method", "finetune"]),
}


def json_of(command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(done.stdout[done.stdout.index("{"):])


def measured(command):
    """Wall seconds and peak resident memory (MB) of a command."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit("failed: " + " ".join(command))
    return time.perf_counter() - start, usage.ru_maxrss / 1024


class Bench:
    def __init__(self, options, home):
        self.o = options
        self.awb = [options.awb, "--home", home]
        self.home = home
        subprocess.run(self.awb + ["checkpoints", "add", options.checkpoint, "--name", "sample"], check=True, stdout=subprocess.DEVNULL)
        for name in COLUMNS:
            subprocess.run(self.awb + ["datasets", "add", f"{options.data}/{name}", "--name", name], check=True, stdout=subprocess.DEVNULL)

    def ours(self, name, precision, more):
        return json_of([*self.awb, "--json", "bench", "--checkpoint", "sample", "--dataset", name, "--precision", precision,
                        "--device", self.o.device, "--steps", str(self.o.steps), "--repetitions", "1", *more])

    def theirs(self, name, precision, more):
        folder = f"{self.o.data}/{name}"
        return json_of([self.o.python, self.o.program, "--checkpoint", self.o.checkpoint, "--train", folder + "/train.tsv",
                        "--dev", folder + "/dev.tsv", *COLUMNS[name], "--m", "64", "--precision", SHORT[precision],
                        "--device", self.o.device, *more])

    def work(self, work):
        name, precision, their_precision, our_options, their_options = WORKS[work]
        pairs = []
        for _ in range(self.o.rounds):
            pairs.append((self.ours(name, precision, our_options),
                          self.theirs(name, their_precision, ["--steps", str(self.o.steps + 5), *their_options])))
        middle = lambda side, key: statistics.median(pair[side][key] for pair in pairs)
        self.line(work, middle(0, "examples_per_s"), middle(1, "examples_per_s"),
                  statistics.median(a["examples_per_s"] / b["examples_per_s"] for a, b in pairs), "examples/s",
                  middle(0, "peak_rss_mb"), middle(1, "peak_rss_mb"), pairs[0][0]["path"])

    def evaluation(self, precision):
        pairs = []
        for _ in range(self.o.rounds):
            ours = self.ours("CoLA", precision, [*ADAPTERS, "--evaluation"])["evaluation_s"]
            pairs.append((1043 / ours, 1043 / self.theirs("CoLA", precision, ["--epochs", "0.02"])["eval_s"]))
        self.line("evaluation " + precision, *(statistics.median(p[i] for p in pairs) for i in (0, 1)),
                  statistics.median(a / b for a, b in pairs), "dev examples/s")

    def top_half(self, precision):
        """Adapters in the top half of the layers from the second epoch on, beside ours in all layers."""
        pairs = []
        for _ in range(self.o.rounds):
            pairs.append((self.ours("CoLA", precision, [*TOP_HALF, "--skip", "270"]), self.ours("CoLA", precision, ADAPTERS)))
        self.line("top half " + precision, *(statistics.median(p[i]["examples_per_s"] for p in pairs) for i in (0, 1)),
                  statistics.median(a["examples_per_s"] / b["examples_per_s"] for a, b in pairs), "examples/s, beside all layers",
                  *(statistics.median(p[i]["peak_rss_mb"] for p in pairs) for i in (0, 1)))

    def eight(self, precision):
        """Eight runs of one epoch of a study, start to end, beside eight times the reference's steps."""
        study = {"name": "eight", "title": "Eight runs", "checkpoint": "sample", "datasets": ["CoLA"],
                 "methods": [{"method": "adapter", "sizes": [1, 2, 4, 8, 16, 32, 64, 128], "learning_rates": [1e-3]}],
                 "recipe": {"epochs": 1, "precision": precision, "device": self.o.device}}
        file = os.path.join(self.home, "eight.json")
        with open(file, "w") as out:
            json.dump(study, out)
        seconds, memory = measured(self.awb + ["study", "run", file])
        theirs = self.theirs("CoLA", precision, ["--steps", str(self.o.steps + 5)])
        examples = 8 * 267 * 32
        self.line("eight runs " + precision, examples / seconds, theirs["examples_per_s"],
                  examples / seconds / theirs["examples_per_s"], "examples/s, dev and start included", memory, theirs["peak_rss_mb"])

    def ablation(self, precision):
        """A map of every span of layers, start to end, beside as many evaluations of the reference."""
        run = json_of([*self.awb, "--json", "train", "--checkpoint", "sample", "--dataset", "CoLA", "--epochs", "1",
                       "--precision", precision, *ADAPTERS])["run"]
        pairs = []
        for _ in range(self.o.rounds):
            ours = measured([*self.awb, "ablation", str(run), "--again"])[0]
            pairs.append((SPANS / ours, 1 / self.theirs("CoLA", precision, ["--epochs", "0.02"])["eval_s"]))
        self.line("ablation map " + precision, *(statistics.median(p[i] for p in pairs) for i in (0, 1)),
                  statistics.median(a / b for a, b in pairs), "cells/s, start included")

    def start(self, precision):
        """Of `awb train`, until it names its run: when the first step is done."""
        times = []
        for _ in range(self.o.rounds):
            begin = time.perf_counter()
            child = subprocess.Popen([*self.awb, "train", "--checkpoint", "sample", "--dataset", "CoLA", "--precision", precision,
                                      *ADAPTERS], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if not any(line.startswith("run ") for line in child.stderr):
                sys.exit("awb train ended before its first step")
            times.append(time.perf_counter() - begin)
            child.terminate()
            child.communicate()
        print(f"{'start to first step ' + precision:28} {statistics.median(times):8.2f} s", flush=True)

    def line(self, work, ours, theirs, ratio, unit, our_memory=0, their_memory=0, note=""):
        memory = f"{our_memory:6.0f} : {their_memory:4.0f} MB = {our_memory / their_memory:.2f}" if their_memory else ""
        print(f"{work:28} {ours:8.0f} : {theirs:6.0f} = {ratio:5.2f}  {unit:14} {memory} {note}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("awb", "checkpoint", "data", "python", "program"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--works", default=",".join([*WORKS, "evaluation", "ablation", "top-half", "eight", "start"]))
    parser.add_argument("--device", default="cpu", help="cpu, cuda:0")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=40)
    o = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(o, home)
        for work in o.works.split(","):
            kind, _, short = work.partition(":")
            precision = short or "float32"
            if kind in WORKS:
                bench.work(kind)
            else:
                {"evaluation": bench.evaluation, "ablation": bench.ablation, "top-half": bench.top_half, "eight": bench.eight,
                 "start": bench.start}[kind](precision)


if __name__ == "__main__":
    main()
