#!/usr/bin/env python3
"""The reproduction on five tasks: registers the data, computes both studies and two ablation maps, and draws the figures.

    docs/reproduction/reproduce.py --awb build/release/app/awb --data FOLDER --home FOLDER [--out FOLDER]

The data folder holds TREC/TREC.{train,test}, GLUE/CoLA, CF-corporate-messaging/Corporate-messaging-DFE.csv,
CF-global-warming/1377884570_tweet_global_warming.csv and SMS-Spam/SMSSpamCollection. The checkpoint is the sample library's. Can be stopped and called
again: what is finished stays. Needs about 25 minutes a seed on two cores with AMX, in float32 a hundred with AVX2.
"""
import argparse
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
DATASETS = {
    "trec-own-dev": ["TREC/TREC.train", "--test", "TREC/TREC.test", "--label-until", ":"],
    "cola": ["GLUE/CoLA"],
    "cf-corporate-messaging": ["CF-corporate-messaging/Corporate-messaging-DFE.csv", "--text", "text", "--label", "category"],
    "sms-spam": ["SMS-Spam/SMSSpamCollection"],
    "cf-global-warming": ["CF-global-warming/1377884570_tweet_global_warming.csv", "--text", "tweet", "--label", "existence",
                          "--merge", "Y=Yes", "--merge", "N=No", "--drop", "NA", "--drop", "N/A"],
}
STUDY, SWEEP = "reproduction", "reproduction-initialisation"


class Library:
    def __init__(self, options):
        self.command = [options.awb, "--home", options.home]
        self.data = options.data

    def awb(self, *arguments):
        subprocess.run([*self.command, *arguments], check=True)

    def json(self, *arguments):
        return json.loads(subprocess.run([*self.command, "--json", *arguments], check=True, stdout=subprocess.PIPE).stdout)

    def register(self):
        if not any(c["name"] == "all-MiniLM-L6-v2" for c in self.json("checkpoints", "list")["checkpoints"]):
            self.awb("fetch")
        known = {d["name"] for d in self.json("datasets", "list")["datasets"]}
        for name, arguments in DATASETS.items():
            if name not in known:
                files = [os.path.join(self.data, a) if "/" in a and a != "N/A" else a for a in arguments]
                self.awb("datasets", "add", *files, "--name", name)

    def adapter_run(self, dataset):
        """Number of the run with m = 64, seed 0."""
        for run in self.json("runs", "list")["runs"]:
            spec = run["spec"]
            if (run["study"], run["state"], spec["dataset"], spec["seed"]) == (STUDY, "done", dataset, 0) \
                    and spec["method"].get("bottleneck") == 64:
                return str(run["run"])
        raise SystemExit(f"no run with m = 64 on {dataset}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("awb", "data", "home"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--out", default=os.path.join(HERE, "figures"))
    parser.add_argument("--figures-only", action="store_true", help="draw what is there; compute nothing")
    o = parser.parse_args()
    library = Library(o)
    if not o.figures_only:
        library.register()
        library.awb("study", "run", os.path.join(HERE, "study.json"))
        library.awb("study", "run", os.path.join(HERE, "initialisation.json"))
        library.awb("study", "test", STUDY)
    os.makedirs(o.out, exist_ok=True)

    def figure(kind, name, *arguments, formats=("svg", "csv")):
        for suffix in formats:
            library.awb("figure", kind, *arguments, "--out", os.path.join(o.out, f"{name}.{suffix}"))

    figure("figure1", "figure1", "--study", STUDY)
    figure("figure1", "figure1-tasks", "--study", STUDY, "--tasks")
    for dataset in DATASETS:
        figure("tradeoff", "tradeoff-" + dataset, "--study", STUDY, "--dataset", dataset)
    for table in ("table1", "table2"):
        figure(table, table, "--study", STUDY, formats=("md", "csv"))
        figure(table, table + "-test", "--study", STUDY, "--part", "test", formats=("md", "csv"))
    for dataset, published in (("trec-own-dev", "MNLI-m"), ("cola", "CoLA")):
        run = library.adapter_run(dataset)
        library.awb("ablation", run)
        figure("ablation", "ablation-" + dataset, "--run", run, "--published", published)
        figure("adapterdrop", "adapterdrop-" + dataset, "--run", run)
    figure("init", "initialisation", "--study", SWEEP)


if __name__ == "__main__":
    main()
