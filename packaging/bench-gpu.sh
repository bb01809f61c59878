#!/usr/bin/env bash
# Builds core and awb without Qt against a CUDA LibTorch, compares the GPU's losses with the CPU's, and times training at
# BERT-base shape with random weights (adapters, m = 64, bfloat16, 128 tokens, batch 32): one run, and eight.
#   packaging/bench-gpu.sh
#   packaging/bench-gpu.sh PYTHON PROGRAM VOCABULARY DATA   also beside AdapterHub's program on the same card and files:
#       a Python with `adapters`, the program, a BERT's vocab.txt and a folder with GLUE's CoLA, MRPC and RTE
# LIBTORCH=DIR names the LibTorch, else that of .venv is taken. Needs the packages of packaging/bootstrap but Qt's.
set -euo pipefail
cd "$(dirname "$0")/.."

libtorch=${LIBTORCH:-$(echo "$PWD"/.venv/lib/python3*/site-packages/torch)}
if [ ! -e "$libtorch/lib/libtorch_cuda.so" ]; then
    echo "$libtorch is a LibTorch without CUDA; name another one with LIBTORCH=DIR." >&2
    exit 1
fi
cmake -S . -B build/gpu -G Ninja -D CMAKE_BUILD_TYPE=Release -D AWB_GUI=OFF -D AWB_TESTS=OFF -D "LIBTORCH=$libtorch"
cmake --build build/gpu --target awb
awb=$PWD/build/gpu/app/awb
"$awb" devices
if ! "$awb" --json devices | grep -q '"cuda:0"'; then
    echo "LibTorch finds no GPU here; nothing was measured." >&2
    exit 1
fi

loss() {
    "$awb" --json bench --shape minilm-l6 --skip 0 --steps 20 --repetitions 1 "$@" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["loss"])'
}
for precision in float32 bfloat16; do
    # In float32 with the CPU's dropout masks; flash attention, in bfloat16, draws others.
    same=()
    [ "$precision" = float32 ] || same=(--dropout 0)
    cpu=$(loss --device cpu --precision float32 "${same[@]}")
    gpu=$(loss --device cuda:0 --precision "$precision" "${same[@]}")
    python3 - "$cpu" "$gpu" "$precision" <<'PYTHON'
import sys
cpu, gpu, precision = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
difference, allowed = abs(gpu / cpu - 1), {"float32": 1e-3, "bfloat16": 2e-2}[precision]
print(f"mean loss of 20 steps: CPU {cpu:.6f}, GPU in {precision} {gpu:.6f}, {difference:.1e} apart ({allowed:.0e} allowed)")
sys.exit(difference > allowed)
PYTHON
done

work=(--shape bert-base --length 128 --device cuda:0 --precision bfloat16 --bottleneck 64 --steps 50)
"$awb" bench "${work[@]}"
"$awb" bench "${work[@]}" --runs 8

if [ $# -eq 4 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    "$awb" --home "$folder/library" checkpoints random "$folder/bert-base" --shape bert-base --vocabulary "$3"
    python3 tests/reference/speed.py --awb "$awb" --checkpoint "$folder/bert-base" --data "$4" --python "$1" --program "$2" \
        --device cuda:0 --works cola-bf16,mrpc-bf16,rte-bf16,full-bf16,eight:bfloat16
fi
