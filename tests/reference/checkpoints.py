"""Writes tests/data/checkpoints: tiny BERT folders made by torch, transformers and safetensors themselves.

    python tests/reference/checkpoints.py        (needs torch, transformers, safetensors)

Each folder is a form in which real checkpoints are found. statistics.json holds what torch says of the tensors.
Running it again gives the same tensors; the bytes of the archives may differ with the version of torch.
"""

import collections
import io
import json
import pathlib
import shutil
import zipfile

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForPreTraining, BertModel

ROOT = pathlib.Path(__file__).resolve().parent.parent / "data" / "checkpoints"
VOCABULARY = "[PAD] [UNK] [CLS] [SEP] [MASK] the a cat dog sat ran on mat ##s ##ed . , ! good bad".split()
CONFIG = BertConfig(vocab_size=len(VOCABULARY), hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
                    intermediate_size=16, max_position_embeddings=12, type_vocab_size=2)


def model():
    torch.manual_seed(20)
    made = BertForPreTraining(CONFIG)
    with torch.no_grad():  # biases start at 0 and norms at 1: give each tensor numbers of its own
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return made


def folder(name):
    path = ROOT / name
    path.mkdir(parents=True)
    config = CONFIG.to_diff_dict()
    config.pop("transformers_version")
    config.update(architectures=["BertModel"], hidden_act="gelu", layer_norm_eps=1e-12, type_vocab_size=2)
    for key in ("hidden_dropout_prob", "attention_probs_dropout_prob", "position_embedding_type"):
        config[key] = getattr(CONFIG, key)
    (path / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    (path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    return path


def legacy(name):
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def write_safetensors_forms(whole, bare):
    path = folder("bare")  # as BertModel.save_pretrained wrote it when position_ids was still saved
    save_file({"embeddings.position_ids": torch.arange(12).unsqueeze(0), **bare}, path / "model.safetensors",
              metadata={"format": "pt"})
    path = folder("prefixed")  # as BertForPreTraining saves it
    save_file({k: v.clone() for k, v in whole.items()}, path / "model.safetensors", metadata={"format": "pt"})
    for name, kind in (("bfloat16", torch.bfloat16), ("float16", torch.float16)):
        save_file({k: v.to(kind) for k, v in bare.items()}, folder(name) / "model.safetensors", metadata={"format": "pt"})
    made = BertModel(CONFIG)
    made.load_state_dict(bare)
    made.save_pretrained(ROOT / "sharded", max_shard_size="5KB")
    (ROOT / "sharded" / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")


def write_pickle_forms(whole, bare):
    names = collections.OrderedDict((legacy(k), v) for k, v in whole.items())
    names._metadata = whole._metadata  # torch hangs this on each state dict
    path = folder("legacy")
    torch.save(names, path / "pytorch_model.bin")
    # Google's own description of the model
    config = json.loads((path / "config.json").read_text())
    for key in ("layer_norm_eps", "architectures", "model_type", "position_embedding_type"):
        config.pop(key, None)
    (path / "bert_config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    (path / "config.json").unlink()

    path = folder("dict")  # a plain dict of parameters, some of them views that do not lie row-major
    content = {k: torch.nn.Parameter(v) for k, v in bare.items()}
    content["encoder.layer.0.intermediate.dense.weight"] = bare["encoder.layer.0.intermediate.dense.weight"].t().contiguous().t()
    wide = torch.zeros(8, 20)
    wide[:, 3:11] = bare["pooler.dense.weight"]
    content["pooler.dense.weight"] = wide[:, 3:11]
    both = torch.stack([bare["pooler.dense.bias"], bare["embeddings.LayerNorm.bias"]])  # two tensors in one storage
    content["pooler.dense.bias"], content["embeddings.LayerNorm.bias"] = both[0], both[1]
    torch.save(content, path / "pytorch_model.bin")

    torch.save(content, folder("before_1_6") / "pytorch_model.bin", _use_new_zipfile_serialization=False)

    path = folder("dict16") / "pytorch_model.bin"
    torch.save({k: v.to(torch.bfloat16 if "layer.0" in k else torch.float16) for k, v in bare.items()}, path)

    path = folder("sharded_bin")
    keys = list(bare)
    weight_map = {}
    for i, part in enumerate((keys[:20], keys[20:]), 1):
        file = f"pytorch_model-{i:05d}-of-00002.bin"
        torch.save(collections.OrderedDict((k, bare[k].clone()) for k in part), path / file)
        weight_map.update({k: file for k in part})
    index = {"metadata": {"total_size": sum(v.numel() * 4 for v in bare.values())}, "weight_map": weight_map}
    (path / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=1) + "\n")


def write_refused_forms():
    path = ROOT / "refused"
    path.mkdir(parents=True)
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 1)), buffer)
    with zipfile.ZipFile(buffer) as whole, zipfile.ZipFile(path / "torchscript.bin", "w") as kept:
        for entry in whole.infolist():
            if not entry.filename.endswith(".debug_pkl"):  # names the folders of the machine it was made on
                kept.writestr(entry.filename, whole.read(entry))


def write_kinds():
    # one tensor of each kind of number, and plain values beside them
    content = {"floats": [torch.tensor([0.5, -2.0], dtype=t) for t in (torch.float64, torch.float32, torch.float16, torch.bfloat16)],
               "whole": tuple(torch.tensor([3, 100], dtype=t) for t in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)),
               "bit": torch.tensor([True, False]), "none": None, "number": 1.5, "large": 2 ** 40, "negative": -3, "text": "caf\u00e9",
               "scalar": torch.tensor(7.0), "nothing": torch.zeros(0, 3), 5: torch.arange(3)}
    torch.save(content, ROOT / "kinds.bin")
    torch.save(content, ROOT / "kinds_protocol4.bin", pickle_protocol=4)
    repeated = {"repeated": torch.tensor([1.5]).expand(2, 3), "slice": torch.arange(10)[1::3], "turned": torch.arange(24).reshape(2, 3, 4).permute(2, 0, 1)}
    torch.save(repeated, ROOT / "views.bin")


def write_statistics(bare):
    def describe(tensor):
        values = tensor.double()
        return {"shape": list(tensor.shape), "sum": values.sum().item(), "mean": values.mean().item(),
                "std": values.std(unbiased=False).item(), "min": values.min().item(), "max": values.max().item(),
                "first": values.flatten()[0].item(), "last": values.flatten()[-1].item()}
    kinds = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    statistics = {name: {k: describe(v.to(kind)) for k, v in bare.items()} for name, kind in kinds.items()}
    (ROOT / "statistics.json").write_text(json.dumps(statistics).replace("}, ", "},\n") + "\n")


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    whole = model().state_dict()
    bare = {k.removeprefix("bert."): v.clone() for k, v in whole.items() if k.startswith("bert.")}
    write_safetensors_forms(whole, bare)
    write_pickle_forms(whole, bare)
    write_refused_forms()
    write_kinds()
    write_statistics(bare)


if __name__ == "__main__":
    main()
