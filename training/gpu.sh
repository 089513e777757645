#!/bin/sh
# The CLIP's second stage on a GPU that is at hand for minutes: sh training/gpu.sh PICTURES MINUTES OUT
# PICTURES: what `python training/pack.py pack .training/data PICTURES` made (19 MB). It begins at models/compact/clip; OUT gets the exported CLIP (16 MB), logs and a sheet.
# The text tower's stage needs no GPU: where the pictures are, `python training/train.py read --warm OUT/clip --out OUT`, then `export`.
set -eu
work=$(mktemp -d)
python3 training/pack.py unpack "$1" "$work/data"
TRAINING_THREADS=8 python3 training/train.py introspect --device cuda --minutes "$2" --warm models/compact/clip --data "$work/data" --out "$work/out"
TRAINING_THREADS=16 python3 -c "import sys; sys.path.insert(0, 'training'); import export; export.main('$work/out', '$work/models', '$work/judge')"
cp -r "$work/models/clip" "$work/out"/*.jsonl "$work/out"/*.png "$3"
