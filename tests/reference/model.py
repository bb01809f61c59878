#!/usr/bin/env python3
"""Reference numbers for the encoder and the trainer, made with the real libraries and committed as small files.

    pip install torch==2.13.0 transformers==4.57.6 safetensors numpy
    python tests/reference/model.py --checkpoint <all-MiniLM-L6-v2 folder> [--data <folder of the real data sets>]

Writes tests/data/model:
    tiny/                 a random two-layer BERT (config.json, model.safetensors, vocab.txt)
    tiny_trained.safetensors   the adapters and head that training starts from
    tiny.json             packed batches, logits with and without adapters, losses of 20 training steps per method
    activations.json      logits of the tiny model for the first batch, with other activations in its layers
    minilm.json           logits of the sample checkpoint for the sentences in sentences.txt and for rows of real data sets
"""
import argparse
import json
import math
import pathlib

import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, BertTokenizerFast

OUT = pathlib.Path(__file__).resolve().parent.parent / "data" / "model"
STEPS, BATCH, CLASSES, BOTTLENECK = 20, 4, 3, 5


class Adapter(torch.nn.Module):
    """A(h) = h + W_up g(W_down h + b_down) + b_up (Houlsby et al. 2019, section 2.1; g: tanh form of GELU)."""

    def __init__(self, hidden, bottleneck):
        super().__init__()
        self.down = torch.nn.Linear(hidden, bottleneck)
        self.up = torch.nn.Linear(bottleneck, hidden)

    def forward(self, h):
        return h + self.up(torch.nn.functional.gelu(self.down(h), approximate="tanh"))


def insert_adapters(bert, bottleneck):
    """Before the residual sum and LayerNorm of both sub-layers of every layer."""
    for layer in bert.encoder.layer:
        for output in (layer.attention.output, layer.output):
            output.adapter = Adapter(bert.config.hidden_size, bottleneck)

            def forward(hidden_states, input_tensor, self=output):
                return self.LayerNorm(self.adapter(self.dense(hidden_states)) + input_tensor)

            output.forward = forward


def schedule(step, steps, warmup, peak):
    warm = warmup * steps
    return peak * step / warm if step < warm else peak * (steps - step) / max(1.0, steps - warm)


class BertAdam:
    """Adam without bias correction, epsilon outside the root, decoupled decay (not for LayerNorm and biases), clip 1.0."""

    def __init__(self, named, decay=0.01):
        self.named = [(n, p, torch.zeros_like(p), torch.zeros_like(p)) for n, p in named]
        self.decay = decay

    def step(self, rate):
        torch.nn.utils.clip_grad_norm_([p for _, p, _, _ in self.named], 1.0)
        with torch.no_grad():
            for name, p, m, v in self.named:
                m.mul_(0.9).add_(p.grad, alpha=0.1)
                v.mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
                update = m / (v.sqrt() + 1e-6)
                if "LayerNorm" not in name and not name.endswith(".bias"):
                    update = update + self.decay * p
                p.sub_(rate * update)
                p.grad = None


def logits_of(bert, head, batch):
    longest = max(len(e["ids"]) for e in batch)
    pad = lambda key: torch.tensor([e[key] + [0] * (longest - len(e[key])) for e in batch])
    mask = torch.tensor([[1] * len(e["ids"]) + [0] * (longest - len(e["ids"])) for e in batch])
    return head(bert(input_ids=pad("ids"), token_type_ids=pad("segments"), attention_mask=mask).pooler_output)


def tiny_bert(activation="gelu"):
    config = BertConfig(vocab_size=120, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, hidden_act=activation,
                        max_position_embeddings=48, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
                        initializer_range=0.2, attn_implementation="eager")
    return BertModel(config).eval()


def write_tiny():
    torch.manual_seed(20190613)
    bert, head = tiny_bert(), torch.nn.Linear(32, CLASSES)
    (OUT / "tiny").mkdir(parents=True, exist_ok=True)
    config = bert.config.to_dict()
    keep = ("model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
            "max_position_embeddings", "type_vocab_size", "hidden_dropout_prob", "attention_probs_dropout_prob", "layer_norm_eps")
    (OUT / "tiny" / "config.json").write_text(json.dumps({k: config[k] for k in keep}, indent=1) + "\n")
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [chr(c) for c in range(97, 123)] + ["##" + chr(c) for c in range(97, 123)]
    words = "the adapter layer head model train task score good bad very not is was it of and a on small large film book day".split()
    pieces += [w for w in words if len(w) > 1]
    pieces += ["[unused%d]" % i for i in range(120 - len(pieces))]
    (OUT / "tiny" / "vocab.txt").write_text("\n".join(pieces) + "\n")
    save_file({k: v.contiguous() for k, v in bert.state_dict().items() if "position_ids" not in k},
              OUT / "tiny" / "model.safetensors", metadata={"format": "pt"})
    frozen = {k: v.clone() for k, v in bert.state_dict().items()}

    generator = torch.Generator().manual_seed(7)
    pick = lambda low, high: int(torch.randint(low, high, (1,), generator=generator))
    batches = []
    for _ in range(STEPS):
        batch = []
        for _ in range(BATCH):
            a, b = pick(1, 20), pick(0, 12)
            ids = [2] + [pick(5, 120) for _ in range(a)] + [3]
            segments = [0] * len(ids)
            if b:
                ids += [pick(5, 120) for _ in range(b)] + [3]
                segments += [1] * (b + 1)
            batch.append({"ids": ids, "segments": segments, "label": pick(0, CLASSES), "score": pick(0, 51) / 10})
        batches.append(batch)

    reference = {"batches": batches, "frozen_logits": logits_of(bert, head, batches[0]).tolist()}
    insert_adapters(bert, BOTTLENECK)
    with torch.no_grad():
        for name, p in list(bert.named_parameters()):
            if ".adapter." in name:
                p.normal_(0, 0.3, generator=generator)
    trained = {n: p.detach().clone() for n, p in bert.named_parameters() if ".adapter." in n}
    trained |= {"classifier.weight": head.weight.detach().clone(), "classifier.bias": head.bias.detach().clone()}
    save_file(trained, OUT / "tiny_trained.safetensors")
    reference["adapted_logits"] = logits_of(bert, head, batches[0]).tolist()

    for method, match in (("adapter", lambda n: ".adapter." in n or "LayerNorm" in n or "classifier" in n),
                          ("head", lambda n: "classifier" in n), ("full", lambda n: ".adapter." not in n)):
        model = tiny_bert()
        model.load_state_dict(frozen)
        if method == "adapter":
            insert_adapters(model, BOTTLENECK)
            model.load_state_dict({k: v for k, v in trained.items() if "classifier" not in k}, strict=False)
        head = torch.nn.Linear(32, CLASSES)
        head.load_state_dict({"weight": trained["classifier.weight"], "bias": trained["classifier.bias"]})
        named = [(n, p) for n, p in list(model.named_parameters()) + [("classifier.weight", head.weight), ("classifier.bias", head.bias)]]
        for n, p in named:
            p.requires_grad = match(n)
        adam = BertAdam([(n, p) for n, p in named if p.requires_grad])
        losses = []
        for step, batch in enumerate(batches):
            loss = torch.nn.functional.cross_entropy(logits_of(model, head, batch), torch.tensor([e["label"] for e in batch]))
            loss.backward()
            for _, p in named:
                if p.requires_grad and p.grad is None:
                    p.grad = torch.zeros_like(p)
            adam.step(schedule(step, STEPS, 0.1, 0.01))
            losses.append(loss.item())
        reference["losses_" + method] = losses
    (OUT / "tiny.json").write_text(json.dumps(reference))


def write_activations():
    """Of the committed tiny model and head, so that these can be made without making them anew."""
    batch = json.loads((OUT / "tiny.json").read_text())["batches"][0]
    trained = load_file(OUT / "tiny_trained.safetensors")
    head = torch.nn.Linear(32, CLASSES)
    head.load_state_dict({"weight": trained["classifier.weight"], "bias": trained["classifier.bias"]})
    result = {}
    for activation in ("gelu_new", "relu"):
        bert = tiny_bert(activation)
        bert.load_state_dict(load_file(OUT / "tiny" / "model.safetensors"))
        with torch.no_grad():
            result[activation] = logits_of(bert, head, batch).tolist()
    (OUT / "activations.json").write_text(json.dumps(result))


def write_minilm(checkpoint, data):
    tokenizer = BertTokenizerFast.from_pretrained(checkpoint)
    bert = BertModel.from_pretrained(checkpoint, attn_implementation="eager").eval()
    d = bert.config.hidden_size
    head = torch.nn.Linear(d, CLASSES)
    with torch.no_grad():  # a head that both sides can compute
        head.weight.copy_(torch.tensor([[0.05 * math.sin(c * d + i) for i in range(d)] for c in range(CLASSES)]))
        head.bias.zero_()

    def logits(a, b):
        rows = []
        for i, text in enumerate(a):
            e = tokenizer(text, b[i] if b else None, truncation="longest_first", max_length=128)
            rows += logits_of(bert, head, [{"ids": e["input_ids"], "segments": e["token_type_ids"]}]).tolist()
        return rows

    lines = (OUT / "sentences.txt").read_text(encoding="utf-8").splitlines()
    result = {"sentences": logits(lines, None), "sentence_pairs": logits(lines, lines[1:] + lines[:1])}
    if data:
        rows = [r.split("\t") for r in (data / "GLUE/CoLA/dev.tsv").read_text(encoding="utf-8").splitlines()[:32]]
        result["cola_dev"] = logits([r[3] for r in rows], None)
        rows = [r.split("\t") for r in (data / "GLUE/MRPC/dev.tsv").read_text(encoding="utf-8-sig").split("\n")[1:33]]
        result["mrpc_dev"] = logits([r[3] for r in rows], [r[4] for r in rows])
    (OUT / "minilm.json").write_text(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path)
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    write_tiny()
    write_activations()
    with torch.no_grad():
        write_minilm(options.checkpoint, options.data)


if __name__ == "__main__":
    main()
