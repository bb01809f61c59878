#!/usr/bin/env python3
"""Writes what the tokenizer's tests compare with, from the real `tokenizers` library.

    python tests/reference/tokenizer.py --checkpoint DIR [--data DIR]

DIR of --checkpoint is the sample checkpoint's folder (vocab.txt), DIR of --data that of the real data sets. Into
tests/data/tokenizer go

  vocab.txt             a small vocabulary made from the hard strings
  hard_strings.json     the strings and their ids: under vocab.txt for several options, under the checkpoint's vocabulary
  characters.json       digests of the words of every Unicode character, a block of characters each
  real_digests.json     a digest of the ids of every line of every real data file (only with --data)

To find a difference that a digest shows:

    python tests/reference/tokenizer.py --checkpoint DIR --lines FILE

prints the ids of each line of FILE, as tst_word_piece does when AWB_PRINT_LINES is the file's name in real_digests.json.

Needs: tokenizers (made with 0.22.2).
"""

import argparse
import hashlib
import json
from pathlib import Path

from tokenizers import BertWordPieceTokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from tokenizer_strings import hard_strings

OUT = Path(__file__).resolve().parent.parent / "data" / "tokenizer"

# Null: absent, as in tokenizer_config.json.
OPTIONS = [
    {"name": "lower-cased", "lowerCase": True, "stripAccents": None, "splitChinese": True},
    {"name": "cased", "lowerCase": False, "stripAccents": None, "splitChinese": True},
    {"name": "lower-cased with accents", "lowerCase": True, "stripAccents": False, "splitChinese": True},
    {"name": "lower-cased without CJK words", "lowerCase": True, "stripAccents": None, "splitChinese": False},
    {"name": "cased without accents", "lowerCase": False, "stripAccents": True, "splitChinese": False},
]

FNV_OFFSET, FNV_PRIME, MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1
END_OF_TEXT = 0xFFFFFFFF
BLOCK = 4096  # characters per digest


def fnv(values, digest=FNV_OFFSET):
    """FNV-1a, 64 bits, over a sequence of bytes or of 32-bit words."""
    for value in values:
        digest = ((digest ^ value) * FNV_PRIME) & MASK
    return digest


def normalizer(options):
    return BertNormalizer(clean_text=True, handle_chinese_chars=options["splitChinese"],
                          strip_accents=options["stripAccents"], lowercase=options["lowerCase"])


def words(text, options):
    return [word for word, _ in BertPreTokenizer().pre_tokenize_str(normalizer(options).normalize_str(text))]


def tokenizer(vocabulary, options):
    return BertWordPieceTokenizer(WordPiece.read_file(str(vocabulary)), clean_text=True,
                                  handle_chinese_chars=options["splitChinese"], strip_accents=options["stripAccents"],
                                  lowercase=options["lowerCase"])


def encode(reference, text):
    return reference.encode(text, add_special_tokens=False).ids


def small_vocabulary(strings):
    """Every character of the words, alone and as a continuation, but for some that stay unknown; parts of words; traps."""
    found = sorted({word for options in OPTIONS for text in strings for word in words(text, options)})
    characters = sorted({c for word in found for c in word})
    known = [c for i, c in enumerate(characters) if c.isascii() or i % 23 != 0]
    inside = {c for word in found for c in word[1:]}
    pieces = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "", "##", "##ing", "the", "play", "un", "##aff", "##able"]
    pieces += known + ["##" + c for c in known if c in inside]
    for i, word in enumerate(word for word in found if 4 <= len(word) <= 20):
        half = len(word) // 2
        if i % 3 == 0:
            pieces += [word[:half], "##" + word[half:half + 3]]
        if i % 17 == 0:
            pieces.append(word)
    pieces = list(dict.fromkeys(pieces))
    pieces.append("the")  # of equal pieces the last counts
    return pieces


def write_json(name, fields):
    """Compact, but one entry of a list per line, so that a change shows as lines."""
    def lines(value):
        if isinstance(value, list):
            return "[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in value) + "\n]"
        if isinstance(value, dict):
            return "{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(item)}" for key, item in value.items()) + "\n}"
        return json.dumps(value)
    entries = [f"{json.dumps(key)}: {lines(value)}" for key, value in fields.items()]
    (OUT / name).write_text("{\n" + ",\n".join(entries) + "\n}\n")


def write_hard_strings(checkpoint):
    strings = hard_strings()
    vocabulary = OUT / "vocab.txt"
    vocabulary.write_text("".join(piece + "\n" for piece in small_vocabulary(strings)), encoding="utf-8", newline="\n")
    fields = {"strings": strings, "options": OPTIONS}
    for options in OPTIONS:
        reference = tokenizer(vocabulary, options)
        fields[options["name"]] = [encode(reference, text) for text in strings]
    reference = tokenizer(checkpoint / "vocab.txt", OPTIONS[0])
    fields["checkpoint vocabulary"] = sha256(checkpoint / "vocab.txt")
    fields["checkpoint"] = [encode(reference, text) for text in strings]
    write_json("hard_strings.json", fields)
    print(len(strings), "hard strings")


def write_characters():
    """Each character within a word, before a mark whose order depends on the character's combining class."""
    fields = {"block": BLOCK, "options": OPTIONS}
    for options in OPTIONS:
        normal, split, digests = normalizer(options), BertPreTokenizer(), []
        for first in range(0, 0x110000, BLOCK):
            digest = FNV_OFFSET
            for point in range(first, first + BLOCK):
                if 0xD800 <= point < 0xE000:
                    continue
                parts = split.pre_tokenize_str(normal.normalize_str("A" + chr(point) + "\u302eB"))
                digest = fnv("".join(word + " " for word, _ in parts).encode(), digest)
            digests.append(f"{digest:016x}")
        fields[options["name"]] = digests
    write_json("characters.json", fields)


def decode(line):
    """UTF-8, or else Windows-1252 with its undefined bytes as C1 control characters."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(chr(b) if b in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([b]).decode("cp1252") for b in line)


def lines_of(file):
    """Every physical line, without its line feed; what follows the last one counts, even when empty."""
    return [decode(line) for line in file.read_bytes().split(b"\n")]


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_real_digests(checkpoint, data):
    reference = tokenizer(checkpoint / "vocab.txt", OPTIONS[0])
    files = {}
    for file in sorted(file for file in data.rglob("*") if file.is_file() and file.parent != data):
        texts, tokens, digest = lines_of(file), 0, FNV_OFFSET
        for encoding in reference.encode_batch(texts, add_special_tokens=False):
            digest = fnv(encoding.ids, digest)
            digest = fnv([END_OF_TEXT], digest)
            tokens += len(encoding.ids)
        files[file.relative_to(data).as_posix()] = {"bytes": file.stat().st_size, "texts": len(texts), "tokens": tokens,
                                                    "digest": f"{digest:016x}"}
    write_json("real_digests.json", {"checkpoint vocabulary": sha256(checkpoint / "vocab.txt"), "files": files})
    total = {key: sum(file[key] for file in files.values()) for key in ("texts", "tokens")}
    print(len(files), "files,", total["texts"], "texts,", total["tokens"], "tokens")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--lines", type=Path)
    arguments = parser.parse_args()
    if arguments.lines:
        reference = tokenizer(arguments.checkpoint / "vocab.txt", OPTIONS[0])
        for number, line in enumerate(lines_of(arguments.lines), 1):
            print(number, *encode(reference, line))
        return
    OUT.mkdir(parents=True, exist_ok=True)
    write_hard_strings(arguments.checkpoint)
    write_characters()
    if arguments.data:
        write_real_digests(arguments.checkpoint, arguments.data)


if __name__ == "__main__":
    main()
